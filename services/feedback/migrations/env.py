"""Alembic's entrance to feedback's schema."""

from services.feedback.tables import metadata
from shared.migrations import run_env

run_env(metadata)
