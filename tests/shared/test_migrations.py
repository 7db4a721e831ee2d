"""A house's migrations: the tables every house has, its own, the grants, and a check that finds what has drifted."""

import asyncio
import os
import sys
from pathlib import Path

import asyncpg
import pytest

REPOSITORY = Path(__file__).parents[2]

pytestmark = pytest.mark.postgres

ENV = """
from shared.migrations import run_env
from services.ingest.tables import own

run_env(own)
"""
FIRST = """
import sqlalchemy as sa
from alembic import op
from shared.migrations import create_plumbing

revision, down_revision = "0001", None


def upgrade() -> None:
    create_plumbing()
    op.create_table("readings", sa.Column("key", sa.Text(collation="C"), primary_key=True))
"""
TABLES = """
from sqlalchemy import Column, MetaData, Table, Text

own = MetaData()
readings = Table("readings", own, Column("key", Text(collation="C"), primary_key=True){more})
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    """A repository with one small house in it."""
    house = tmp_path / "services" / "ingest"
    (house / "migrations" / "versions").mkdir(parents=True)
    for package in (tmp_path / "services", house):
        (package / "__init__.py").write_text("")
    (house / "tables.py").write_text(TABLES.format(more=""))
    (house / "migrations" / "env.py").write_text(ENV)
    (house / "migrations" / "versions" / "0001_first.py").write_text(FIRST)
    (tmp_path / "shared").symlink_to(REPOSITORY / "shared")
    return tmp_path


async def migrate(folder: Path, database, *more: str) -> tuple[int, str]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shared.migrations", "ingest", *more,
        cwd=folder,
        env={
            **os.environ, "PYTHONPATH": str(folder),
            "FORBEAR_DATABASE_URL": database.owner_url, "FORBEAR_APP_ROLE": database.app_role,
        },
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(60):
        said, _ = await child.communicate()
    return child.returncode or 0, said.decode()


async def tried(database, statement: str) -> str:
    """What the app role is told when it tries *statement*."""
    connection = await asyncpg.connect(database.app_dsn)
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return type(error).__name__
    finally:
        await connection.close()
    return "done"


async def nothing(_) -> None:
    """An empty database."""


GRANTED = {
    "insert into readings values ('A')": "done",
    "delete from subjects": "done",
    "delete from unpublished": "done",
    "insert into gaps values ('A', 'ingest', 1)": "done",
    "update announcements set data = ''": "InsufficientPrivilegeError",
    "delete from announcements": "InsufficientPrivilegeError",
    "truncate announcements": "InsufficientPrivilegeError",
    "update journal set body = null": "InsufficientPrivilegeError",
    "delete from journal": "InsufficientPrivilegeError",
    "drop table readings": "InsufficientPrivilegeError",
    "insert into alembic_version values ('x')": "InsufficientPrivilegeError",
    "create table mine ()": "InsufficientPrivilegeError",
}


async def test_a_house_is_migrated_granted_and_found_unchanged(databases, folder):
    database = await databases.fresh("toy", nothing)
    for _ in range(2):
        code, said = await migrate(folder, database, "--clock", "2025-01-01T00:00:00+00:00")
        assert code == 0, said
    assert {statement: await tried(database, statement) for statement in GRANTED} == GRANTED
    code, said = await migrate(folder, database, "--check")
    assert code == 0, said


async def test_two_migrations_at_once_wait_for_each_other(databases, folder):
    database = await databases.fresh("toy", nothing)
    found = await asyncio.gather(migrate(folder, database), migrate(folder, database))
    assert [code for code, _ in found] == [0, 0], found


async def test_a_table_that_drifted_from_its_migrations_is_found(databases, folder):
    database = await databases.fresh("toy", nothing)
    await migrate(folder, database)
    (folder / "services" / "ingest" / "tables.py").write_text(TABLES.format(more=', Column("more", Text)'))
    code, said = await migrate(folder, database, "--check")
    assert code != 0
    assert "more" in said
