"""Feedback's environment."""

from pathlib import Path

from pydantic import Field

from shared.service import Settings as Base


class Settings(Base):
    """What every house reads, and the key under which the borrowers' own keys are kept."""

    master_key_file: Path = Field(description="32 random bytes, base64: wraps the data key of each borrower")
