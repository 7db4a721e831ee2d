"""Alembic's entrance to contact's schema."""

from services.contact.tables import metadata
from shared.migrations import run_env

run_env(metadata)
