"""A house's database put back to what it was at an earlier moment, while the rest of the street goes on."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from deploy.local.databases import database_of, ensure_database
from deploy.local.postgres import PostgresServer
from deploy.local.profile import Profile
from tests.faults.faults import Faults, hurry, taken_port

DISCONNECT = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()"
CONNECTED = "select count(*) from pg_stat_activity where datname = $1"


@asynccontextmanager
async def administering_databases(profile: Profile) -> AsyncIterator[asyncpg.Connection]:
    """The administrator of the profile's PostgreSQL."""
    server = PostgresServer(profile.folder / "postgres", profile.ports["postgres"])
    connection = await asyncpg.connect(server.admin_url(driver=""))
    try:
        yield connection
    finally:
        await connection.close()


async def back_up(profile: Profile, house: str) -> None:
    """Copy the database of *house* as it is now; to the house this is a moment of bad weather."""
    await _copy(profile, house, database_of(house), _backup_of(house))


async def restore(profile: Profile, house: str, before_start: Sequence[str]) -> None:
    """End *house*, put its database back, run the operator's statements *before_start* in it, and let it start."""
    os.kill(Faults(profile).pid(house), signal.SIGKILL)
    async with taken_port(profile.ports[house]):
        async with administering_databases(profile) as admin:
            await admin.execute(f'drop database "{database_of(house)}" with (force)')
        await _copy(profile, house, _backup_of(house), database_of(house))
        await _run_in(profile, house, before_start)
    hurry(profile)


async def _copy(profile: Profile, house: str, source: str, copy: str) -> None:
    async with administering_databases(profile) as admin:
        await admin.execute(f'alter database "{source}" with allow_connections false')
        await admin.execute(DISCONNECT, source)
        try:
            async with asyncio.timeout(20):
                while await admin.fetchval(CONNECTED, source):  # noqa: ASYNC110  it is others who leave
                    await asyncio.sleep(0.05)
            await ensure_database(admin, copy, house, source)
        finally:
            await admin.execute(f'alter database "{source}" with allow_connections true')


async def _run_in(profile: Profile, house: str, statements: Sequence[str]) -> None:
    server = PostgresServer(profile.folder / "postgres", profile.ports["postgres"])
    connection = await asyncpg.connect(server.admin_url(database_of(house), driver=""))
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


def _backup_of(house: str) -> str:
    return f"{database_of(house)}_backup"
