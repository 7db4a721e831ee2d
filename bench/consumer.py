"""How fast one process of scoring hears, beside the least that its statements cost, and beside the obvious way."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

import asyncpg
from aiokafka import AIOKafkaConsumer

from bench.backlog import Backlog, backlog_on
from bench.capture import Script, Step, bytes_of, captured
from bench.ground import Ground, prepared_ground
from bench.summary import Figures, beside
from bench.topics import Pace, Watch, fill
from services.scoring.app import build_house
from services.scoring.settings import Settings
from shared.announcements import Announcement
from shared.clock import wall
from shared.consumer import KafkaConsumer
from shared.consumer.kafka import RECORDS_MAX
from shared.events import SOURCES

HOUSE: Final = "scoring"
BORROWERS: Final = 20_000
GROUP: Final = f"forbear-{HOUSE}"
REPETITIONS: Final = 3
SECONDS_MAX: Final = 180.0
SAMPLE_ONE_IN: Final = 20
TOPIC: Final = SOURCES["ingest"]
_LEFT: Final = (
    "select sum(said)::bigint from subjects",
    "select percentile_disc(0.5) within group (order by length(body)) from subjects",
    "select max(length(body)) from subjects",
)
Say = Callable[[str], None]
FLOOR: Final = (sys.executable, "-m", "bench.consumer_floor")
OBVIOUS: Final = (sys.executable, "-m", "bench.consumer_obvious")


def measure(say: Say) -> Figures:
    """Events a second until heard and published: the house itself, its floor, and the obvious way, by turns."""
    with prepared_ground() as ground:
        return asyncio.run(_measure(ground, say))


async def _measure(ground: Ground, say: Say) -> Figures:
    backlog = backlog_on(wall().date(), BORROWERS)
    say(f"{BORROWERS:,} borrowers, a backlog of {len(backlog.rest):,}: {backlog.mix()}")
    trial = _Trial(ground, await _opened(ground, backlog))
    script = await trial.script(backlog, say)
    sample = backlog.sample(SAMPLE_ONE_IN)
    ours, floor, obvious = list[float](), list[float](), list[float]()
    for _ in range(REPETITIONS):
        ours.append((await trial.run(backlog.rest, say)).per_second)
        floor.append((await trial.run(backlog.rest, say, (*FLOOR, str(script)))).per_second)
        obvious.append((await trial.run(sample, say, OBVIOUS)).per_second)
    return {
        "per_second": median(ours),
        "floor": median(floor),
        "ratio": beside(ours, floor),
        "obvious": median(obvious),
        "times_obvious": beside(ours, obvious),
    }


async def _opened(ground: Ground, backlog: Backlog) -> str:
    """A database of scoring that has heard every opening, and said what follows."""
    database, suffix = await ground.migrated(HOUSE), await ground.suffix()
    await fill(ground.kafka.bootstrap, TOPIC + suffix, "ingest", backlog.opening)
    with ground.running(ground.program(HOUSE, database, suffix)) as (pid,):
        await _watch(ground, suffix).until_heard(pid, _published(ground, database), SECONDS_MAX)
    async with ground.admin(database) as admin:
        await admin.execute("vacuum analyze")
    return database


@dataclass(frozen=True, slots=True)
class _Trial:
    """Runs of one kind after another, each from the same database and on topics of its own."""

    ground: Ground
    opened: str

    async def run(self, said: Sequence[Announcement], say: Say, argv: tuple[str, ...] = ()) -> Pace:
        """How fast the house, or what *argv* runs in its place, hears *said*."""
        ground, database, suffix = self.ground, await self.ground.copied(HOUSE, self.opened), await self.ground.suffix()
        await fill(ground.kafka.bootstrap, TOPIC + suffix, "ingest", said)
        program, group = ground.program(HOUSE, database, suffix, argv), GROUP
        if argv:
            group = argv[2]
            program = replace(program, name=group, is_ready=_at_once)
        with ground.running(program) as (pid,):
            pace = await _watch(ground, suffix, group).until_heard(pid, _published(ground, database), SECONDS_MAX)
        async with ground.admin(database) as admin:
            own = f"{pace.per_second:,.0f}/s, {pace.busy_microseconds:.0f} µs of its own processor time each"
            say(f"{program.name}: {own}; {await _standing(admin)}")
        await ground.drop(database)
        return pace

    async def script(self, backlog: Backlog, say: Say) -> Path:
        """What scoring sends to PostgreSQL while it hears the backlog, in a file."""
        ground, database, suffix = self.ground, await self.ground.copied(HOUSE, self.opened), await self.ground.suffix()
        await fill(ground.kafka.bootstrap, TOPIC + suffix, "ingest", backlog.rest)
        script = await _captured(ground, database, suffix, len(backlog.rest))
        path = ground.profile.folder / "consumer.script"
        script.save(path)
        sent, steps = sum(step.statements for step in script.steps), len(script.steps)
        say(f"captured: {sent:,} statements in {steps:,} batches, {bytes_of(script.steps) / 1e6:,.0f} MB of parameters")
        await ground.drop(database)
        return path


async def _captured(ground: Ground, database: str, suffix: str, total: int) -> Script:
    settings = Settings(
        database_url=ground.url(database, HOUSE), jwks_file=ground.profile.keys / "jwks.json", jurisdiction="CN"
    )
    house, script, heard = build_house(settings), Script(), 0
    hearer = KafkaConsumer(house, ground.kafka.bootstrap, topic_suffix=suffix)
    source = AIOKafkaConsumer(
        TOPIC + suffix, bootstrap_servers=ground.kafka.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await source.start()
    try:
        async with house.database.begin() as connection:
            await house.clock.read(connection)
        while heard < total:
            records = await source.getmany(timeout_ms=1000, max_records=RECORDS_MAX)
            step = Step(sum(map(len, records.values())))
            with captured(house.database.work.sync_engine, step):
                await hearer.hear_records(records)
            script.steps.append(step)
            heard += step.records
        return script
    finally:
        await source.stop()
        await house.database.close()


def _watch(ground: Ground, suffix: str, group: str = GROUP) -> Watch:
    return Watch(ground.kafka.bootstrap, group, [TOPIC + suffix], ground.profile.partitions)


def _published(ground: Ground, database: str) -> Callable[[], Awaitable[bool]]:
    async def is_published() -> bool:
        async with ground.admin(database) as admin:
            return not await admin.fetchval("select exists (select from unpublished)")

    return is_published


async def _standing(admin: asyncpg.Connection) -> str:
    """What the run left: said so far, and how large a state is; nothing may have been set aside."""
    aside = await admin.fetchval("select (select count(*) from parked) + (select count(*) from gaps)")
    assert aside == 0, f"{aside} were set aside"
    said, middle, largest = [await admin.fetchval(statement) for statement in _LEFT]
    return f"{said:,} said in all, states of {middle} bytes in the median, {largest} at most"


def _at_once() -> bool:
    return True
