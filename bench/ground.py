"""A PostgreSQL and a Kafka of the bench's own, on ports nobody uses, and houses run there as `make up` runs them."""

import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from shutil import rmtree

import asyncpg

from deploy import ROOT
from deploy.local.databases import (
    app_role_of,
    database_of,
    ensure_database,
    ensure_roles,
    owner_role_of,
)
from deploy.local.java import ensure_jars
from deploy.local.kafka import KafkaServer
from deploy.local.plan import house_program, write_service_tokens
from deploy.local.ports import free_port
from deploy.local.postgres import PostgresServer
from deploy.local.processes import Process, Program, inherited_environment
from deploy.local.profile import RUN, Profile
from deploy.local.secrets import ensure_master_key
from deploy.local.tokens import ensure_keys, make_token
from deploy.local.topics import TOPICS, create_topics

MIGRATION_SECONDS = 120
READY_SECONDS = 60.0
LOG_CHARACTERS = 2000
# Instants of commit are kept, because the way from accepted to planned is measured between two of them.
POSTGRES = {"max_connections": "200", "track_commit_timestamp": "on"}


@dataclass
class Ground:
    """Both servers, running; databases and topics are made for whoever asks, and gone with the servers."""

    profile: Profile
    postgres: PostgresServer
    kafka: KafkaServer
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def token(self) -> str:
        """For everything."""
        return make_token(self.profile.keys)

    def port_of(self, house: str) -> int:
        """Where *house* answers while it runs."""
        return self.profile.ports[house]

    def dsn(self, database: str, role: str | None = None) -> str:
        """asyncpg's own address of *database*, for its administrator unless a role is named."""
        return self.postgres.admin_url(database, "") if role is None else self.postgres.url(database, role, "")

    def url(self, database: str, house: str) -> str:
        """SQLAlchemy's address of *database* for the role of *house*."""
        return self.postgres.url(database, app_role_of(house))

    async def migrated(self, house: str) -> str:
        """A new database with the tables of *house*, as its migrations make them, and its clock, if simulated, set."""
        name = await self._create(house, "template1")
        clock = ("--clock", self.profile.clock_start) if self.profile.clock_start else ()
        done = subprocess.run(  # noqa: ASYNC221  nothing else is under way
            (sys.executable, "-m", "shared.migrations", house, *clock),
            env={
                **inherited_environment(),
                "FORBEAR_HOUSE": house,
                "FORBEAR_DATABASE_URL": self.postgres.url(name, owner_role_of(house)),
                "FORBEAR_APP_ROLE": app_role_of(house),
            },
            cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=MIGRATION_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return name

    async def copied(self, house: str, database: str) -> str:
        """A new database with everything that *database* holds; nobody may be connected to that."""
        return await self._create(house, database)

    async def suffix(self) -> str:
        """A set of the four topics under names nobody else uses: what stands behind each name."""
        suffix = f".{next(self._numbers)}"
        await create_topics(self.kafka.bootstrap, [name + suffix for name in TOPICS], self.profile.partitions)
        return suffix

    async def drop(self, database: str) -> None:
        """Forget *database*, and write out what is dirty, so that the next to run begins on calm ground."""
        async with self.admin() as admin:
            await admin.execute(f'drop database "{database}" with (force)')
            await admin.execute("checkpoint")

    @asynccontextmanager
    async def admin(self, database: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
        """A connection of the administrator."""
        connection = await asyncpg.connect(self.dsn(database))
        try:
            yield connection
        finally:
            await connection.close()

    def program(self, house: str, database: str, suffix: str, argv: tuple[str, ...] = ()) -> Program:
        """The process of *house*, or *argv* in its place, on *database* and the topics with *suffix*."""
        program = house_program(self.profile, house, self.kafka.bootstrap)
        told = {"FORBEAR_DATABASE_URL": self.url(database, house), "FORBEAR_TOPIC_SUFFIX": suffix}
        return replace(program, environment={**program.environment, **told}, argv=argv or program.argv)

    @contextmanager
    def running(self, *programs: Program) -> Iterator[list[int]]:
        """*programs*, answering; ended afterwards. Their ids."""
        processes = [Process(program, self.profile.log_of(program.name)) for program in programs]
        try:
            for process in processes:
                process.spawn()
            for process in processes:
                process.wait_ready(READY_SECONDS)
            yield [process.pid or 0 for process in processes]
        except BaseException as error:
            for process in processes:
                error.add_note(f"{process.program.name} wrote last:\n{_end_of(process.log)}")
            raise
        finally:
            for process in processes:
                process.ask_to_stop()
            for process in processes:
                process.stop()

    async def _create(self, house: str, template: str) -> str:
        name = f"{database_of(house)}_{next(self._numbers)}"
        async with self.admin() as admin:
            await ensure_roles(admin, self.postgres, house)
            await ensure_database(admin, name, house, template)
        return name


@contextmanager
def prepared_ground(**profile: str) -> Iterator[Ground]:
    """Everything the bench stands on, gone afterwards.

    Raises:
        KafkaUnavailable: no broker can run here.
    """
    ensure_jars()
    folder = Path(tempfile.mkdtemp(prefix="forbear-bench-"))
    folder.chmod(0o711)  # PostgreSQL's account passes through it
    made = _profile(folder, profile)
    postgres = PostgresServer(folder / "postgres", made.ports["postgres"], settings=POSTGRES)
    kafka = KafkaServer(folder / "kafka", made.ports["kafka"], made.ports["controller"])
    try:
        ensure_keys(made.keys)
        ensure_master_key(folder / "master.key")
        write_service_tokens(made)
        postgres.start()
        kafka.start()
        yield Ground(made, postgres, kafka)
    finally:
        kafka.remove()
        postgres.remove()
        rmtree(folder, ignore_errors=True)


def _end_of(log: Path) -> str:
    """The log goes with the ground: what stands at its end is told before."""
    return log.read_text(errors="replace")[-LOG_CHARACTERS:] if log.exists() else ""


def _profile(folder: Path, told: Mapping[str, str]) -> Profile:
    ports = {name: free_port() for name in RUN.ports}
    return replace(Profile("bench", folder, ports, keys=folder / "keys"), **told)  # type: ignore[arg-type]
