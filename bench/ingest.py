"""How fast one process of ingest takes facts in, 500 a call over a real port, beside the least its statements cost."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx
from sqlalchemy import Engine

from bench.calls import EVENTS_PER_CALL, WARM_UP, bodies, caller, event_of, post, post_all, until_published
from bench.capture import Script, Step, bytes_of, captured
from bench.ground import Ground, prepared_ground
from bench.stories import loan, months, payment
from bench.summary import Figures, beside
from services.ingest.app import build
from services.ingest.settings import Settings
from shared.clock import wall

HOUSE: Final = "ingest"
BORROWERS: Final = 20_000
PAYMENTS_EACH: Final = 3
REPETITIONS: Final = 3
FLOOR: Final = (sys.executable, "-m", "bench.ingest_floor")
Say = Callable[[str], None]


def measure(say: Say) -> Figures:
    """Facts a second until all are answered: the house itself and its floor by turns."""
    with prepared_ground() as ground:
        return asyncio.run(_measure(ground, say))


async def _measure(ground: Ground, say: Say) -> Figures:
    today = wall().date()
    calls = bodies(_payments(today))
    say(f"{BORROWERS:,} borrowers, {len(calls):,} calls of {EVENTS_PER_CALL} payments each")
    opened = await _opened(ground, bodies(_openings(today)))
    script = await _script(ground, opened, calls, say)
    ours, floor = list[float](), list[float]()
    for _ in range(REPETITIONS):
        ours.append(await _run(ground, opened, calls, say))
        floor.append(await _run(ground, opened, calls, say, (*FLOOR, str(script))))
    return {"per_second": median(ours), "floor": median(floor), "ratio": beside(ours, floor)}


def _openings(today: date) -> list[dict[str, Any]]:
    opened_on = today - timedelta(days=10)
    loans = [loan(number, opened_on, months(today + timedelta(days=20), 3)) for number in range(BORROWERS)]
    return [event_of(one, opened_on) for one in loans]


def _payments(today: date) -> list[dict[str, Any]]:
    """Each borrower pays a few times ahead; the borrowers of one call are all different."""
    rounds = range(1, PAYMENTS_EACH + 1)
    return [event_of(payment(number, of, today), today) for of in rounds for number in range(BORROWERS)]


async def _opened(ground: Ground, calls: Sequence[bytes]) -> str:
    """A database of ingest in which every loan is open."""
    database = await ground.migrated(HOUSE)
    with ground.running(ground.program(HOUSE, database, await ground.suffix())):
        async with caller(ground.port_of(HOUSE), ground.token) as client:
            await post_all(client, calls)
            await until_published(client)
    async with ground.admin(database) as admin:
        await admin.execute("vacuum analyze")
    return database


async def _run(ground: Ground, opened: str, calls: Sequence[bytes], say: Say, argv: tuple[str, ...] = ()) -> float:
    """Facts a second of the house, or of what *argv* runs in its place."""
    database = await ground.copied(HOUSE, opened)
    program = ground.program(HOUSE, database, await ground.suffix(), argv)
    if argv:
        program = replace(program, name=argv[2])
    with ground.running(program):
        async with caller(ground.port_of(HOUSE), ground.token) as client:
            seconds = await post_all(client, calls)
    await ground.drop(database)
    rate = (len(calls) - int(len(calls) * WARM_UP)) * EVENTS_PER_CALL / seconds
    say(f"{program.name}: {rate:,.0f}/s")
    return rate


async def _script(ground: Ground, opened: str, calls: Sequence[bytes], say: Say) -> Path:
    """What ingest sends to PostgreSQL for each of *calls*, in a file."""
    database, script = await ground.copied(HOUSE, opened), Script()
    settings = Settings(
        database_url=ground.url(database, HOUSE), jwks_file=ground.profile.keys / "jwks.json", jurisdiction="CN"
    )
    transport = httpx.ASGITransport(build(settings))
    headers = {"Authorization": f"Bearer {ground.token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://house", headers=headers) as client:
        await client.get("/readyz")  # the first connection asks the server about itself
        for body in calls:
            step = Step(EVENTS_PER_CALL)
            with captured(Engine, step):
                step.answer = await post(client, body)
            script.steps.append(step)
    path = ground.profile.folder / "ingest.script"
    script.save(path)
    sent = sum(step.statements for step in script.steps)
    say(f"captured: {sent:,} statements in {len(calls):,} calls, {bytes_of(script.steps) / 1e6:,.0f} MB of parameters")
    await ground.drop(database)
    return path
