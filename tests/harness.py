"""Real PostgreSQL and real Kafka for the tests: one of each a session, databases and topics for whoever asks."""

import asyncio
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from deploy.local.databases import (
    HOUSES,
    app_role_of,
    close_shared_databases,
    database_of,
    ensure_database,
    ensure_roles,
    owner_role_of,
)
from deploy.local.java import ensure_jars
from deploy.local.kafka import KafkaServer
from deploy.local.ports import free_port
from deploy.local.postgres import PostgresServer
from deploy.local.topics import PARTITIONS, TOPICS, create_topics

POLL_SECONDS = 0.05
MIGRATION_SECONDS = 60


@dataclass(frozen=True, slots=True)
class HouseDatabase:
    """A database of its own for one test; URLs are SQLAlchemy's for asyncpg, *dsn* is asyncpg's own."""

    name: str
    owner_url: str
    app_url: str
    owner_dsn: str
    app_dsn: str
    app_role: str


Fill = Callable[[HouseDatabase], Awaitable[None]]


class Databases:
    """Makes databases in a moment, by copying one that was filled once."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._numbers = itertools.count(1)
        self._templates: dict[tuple[str, Fill | None], str] = {}

    async def fresh(self, house: str, fill: Fill | None = None) -> HouseDatabase:
        """A new database with the tables *fill* makes as its owner: once, by default with the house's migrations.

        *house* need not be one of the four: then, without *fill*, the database is empty. *fill* must close its
        connections. The app role sees what *fill* grants it.
        """
        if fill is None and house in HOUSES:
            fill = migrate(house)
        template = await self._template(house, fill)
        return await self._create(house, f"{database_of(house)}_{next(self._numbers)}", template)

    async def drop(self, database: HouseDatabase) -> None:
        """Remove it, whoever is connected; the end of the session does so anyway."""
        await self._as_admin(lambda admin: admin.execute(f'drop database if exists "{database.name}" with (force)'))

    async def _template(self, house: str, fill: Fill | None) -> str:
        key = (house, fill)
        if key not in self._templates:
            name = f"{database_of(house)}_template_{next(self._numbers)}"
            database = await self._create(house, name, "template1")
            if fill is not None:
                await fill(database)
            self._templates[key] = name
        return self._templates[key]

    async def _create(self, house: str, name: str, template: str) -> HouseDatabase:
        async def create(admin: asyncpg.Connection) -> None:
            await close_shared_databases(admin)
            await ensure_roles(admin, self.server, house)
            await ensure_database(admin, name, house, template)

        await self._as_admin(create)
        owner, app = owner_role_of(house), app_role_of(house)
        url = self.server.url
        return HouseDatabase(name, url(name, owner), url(name, app), url(name, owner, ""), url(name, app, ""), app)

    async def _as_admin(self, work: Callable[[asyncpg.Connection], Awaitable[object]]) -> None:
        admin = await asyncpg.connect(self.server.admin_url(driver=""))
        try:
            await work(admin)
        finally:
            await admin.close()


def _migrations_by_house() -> dict[str, Fill]:
    def of(house: str) -> Fill:
        async def fill(database: HouseDatabase) -> None:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "shared.migrations", house,
                env={
                    **os.environ,
                    "FORBEAR_HOUSE": house,
                    "FORBEAR_DATABASE_URL": database.owner_url,
                    "FORBEAR_APP_ROLE": database.app_role,
                },
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            async with asyncio.timeout(MIGRATION_SECONDS):
                said, _ = await child.communicate()
            assert child.returncode == 0, f"migrations of {house} failed:\n{said.decode(errors='replace')}"

        return fill

    return {house: of(house) for house in HOUSES}


_MIGRATIONS = _migrations_by_house()


def migrate(house: str) -> Fill:
    """Fill a template with the house's own migrations, as in production."""
    return _MIGRATIONS[house]


class Topics:
    """Makes sets of the four topics under names nobody else uses."""

    _numbers = itertools.count(1)

    def __init__(self, server: KafkaServer) -> None:
        self.server = server

    async def fresh(self, partitions: int = PARTITIONS) -> Mapping[str, str]:
        """Fresh topics on the broker: the published name of each -> its suffixed name."""
        suffix = next(self._numbers)
        names = {name: f"{name}.{suffix}" for name in TOPICS}
        await create_topics(self.server.bootstrap, names.values(), partitions)
        return names


async def until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    """Let the loop run until *is_so*: for a server that was ended and spawned again in the middle of a test."""
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110  what is awaited lives in another process
            await asyncio.sleep(POLL_SECONDS)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that other users may enter, as PostgreSQL's account must when the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="forbear-tests-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL of one's own, gone afterwards."""
    with open_folder() as folder:
        server = PostgresServer(folder / "postgres", free_port(), settings={"max_connections": "200"})
        try:
            server.start()
            yield server
        finally:
            server.remove()


@contextmanager
def running_kafka() -> Iterator[KafkaServer]:
    """A broker of one's own, gone afterwards.

    Raises:
        KafkaUnavailable: none can run here.
    """
    ensure_jars()
    with open_folder() as folder:
        server = KafkaServer(folder / "kafka", free_port(), free_port())
        try:
            server.start()
            yield server
        finally:
            server.remove()
