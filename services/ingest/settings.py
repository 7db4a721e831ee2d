"""Ingest's environment."""

from pydantic import Field

from shared.service import Settings as Base


class Settings(Base):
    """What every house reads, and how many days before a due date it is announced as coming."""

    coming_due_days: int = Field(default=3, ge=0, le=30)
