"""Alembic's entrance to scoring's schema."""

from services.scoring.tables import metadata
from shared.migrations import run_env

run_env(metadata)
