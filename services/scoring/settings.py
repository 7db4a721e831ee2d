"""Scoring's environment."""

from shared.service import Settings as Base


class Settings(Base):
    """What every house reads; scoring needs nothing more."""
