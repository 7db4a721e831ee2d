"""Four houses, four databases, two roles each: one that owns the tables, one that lives in them and nowhere else."""

import asyncio
import sys
from pathlib import Path

import asyncpg

from deploy.local.postgres import PostgresServer
from deploy.local.profile import load_profile

HOUSES = ("ingest", "scoring", "contact", "feedback")
SHARED_DATABASES = ("postgres", "template1")


def database_of(house: str) -> str:
    """The name of the house's database."""
    return f"forbear_{house}"


def app_role_of(house: str) -> str:
    """The role that the running house uses."""
    return f"forbear_{house}"


def owner_role_of(house: str) -> str:
    """The role that migrates."""
    return f"forbear_{house}_owner"


async def create_databases(server: PostgresServer) -> None:
    """Make what is missing for all four houses; harmless to repeat."""
    connection = await asyncpg.connect(server.admin_url(driver=""))
    try:
        await close_shared_databases(connection)
        for house in HOUSES:
            await ensure_roles(connection, server, house)
            await ensure_database(connection, database_of(house), house)
    finally:
        await connection.close()


async def close_shared_databases(connection: asyncpg.Connection) -> None:
    """Nobody but the superuser has business in the databases that belong to no house."""
    for database in SHARED_DATABASES:
        await connection.execute(f"revoke connect, temporary on database {database} from public")


async def ensure_roles(connection: asyncpg.Connection, server: PostgresServer, house: str) -> None:
    """The house's two roles, with the passwords that the server's file holds."""
    for role in (owner_role_of(house), app_role_of(house)):
        if not await connection.fetchval("select true from pg_roles where rolname = $1", role):
            await connection.execute(f'create role "{role}" nosuperuser nocreatedb nocreaterole noreplication')
        await connection.execute(f"alter role \"{role}\" login password '{server.passwords.of(role)}'")


async def ensure_database(
    connection: asyncpg.Connection, database: str, house: str, template: str = "template1"
) -> None:
    """A database that only its house's two roles may enter."""
    owner, app = owner_role_of(house), app_role_of(house)
    if not await connection.fetchval("select true from pg_database where datname = $1", database):
        await connection.execute(f'create database "{database}" owner "{owner}" template "{template}"')
    await connection.execute(f'revoke all on database "{database}" from public')
    await connection.execute(f'grant connect on database "{database}" to "{owner}", "{app}"')


def main(folder: Path) -> None:
    """Make the databases of the profile in *folder*, whose PostgreSQL runs."""
    profile = load_profile(folder)
    asyncio.run(create_databases(PostgresServer(profile.folder / "postgres", profile.ports["postgres"])))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
