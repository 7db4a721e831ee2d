"""Alembic's entrance to ingest's schema."""

from services.ingest.tables import metadata
from shared.migrations import run_env

run_env(metadata)
