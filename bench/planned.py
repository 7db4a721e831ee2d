"""How long from a fact's acceptance to the contact that it calls for, at 300 facts a second through three houses."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Final

import asyncpg
import httpx

from bench.calls import bodies, caller, event_of, post
from bench.ground import Ground, prepared_ground
from bench.stories import ZONE, key_of, loan, loan_of, months, payment
from bench.summary import Figures, percentile
from deploy.local.replay.answers import Answers
from deploy.local.replay.portfolio import Borrower
from deploy.local.replay.street import Street
from shared.events.repayments import PaymentReversed

HOUSES: Final = ("ingest", "scoring", "contact")
NOW: Final = datetime(2026, 12, 1, 2, tzinfo=ZONE)
"""At night, when nothing may be sent: what is planned stays planned, and nothing else is measured with it."""
TODAY: Final = NOW.date()
RATE: Final = 300
EACH: Final = 30
WARM_SECONDS: Final = 3
SECONDS: Final = 15
REPETITIONS: Final = 3
ROUND: Final = RATE * (WARM_SECONDS + SECONDS)
HEARD_SECONDS_MAX: Final = 120.0
Say = Callable[[str], None]

_ACCEPTED: Final = "select key, pg_xact_commit_timestamp(xmin) as at from announcements where type = 'PaymentReversed'"
_PLANNED: Final = (
    "select distinct on (key) key, pg_xact_commit_timestamp(xmin) as at from announcements"
    " where type = 'ContactPlanned' order by key, number"
)


def measure(say: Say) -> Figures:
    """A payment on a due instalment comes back, and the borrower is to be reminded: three rounds of it."""
    with prepared_ground(clock_start=NOW.astimezone(UTC).isoformat()) as ground:
        return asyncio.run(_measure(ground, say))


async def _measure(ground: Ground, say: Say) -> Figures:
    databases = {house: await ground.migrated(house) for house in HOUSES}
    suffix = await ground.suffix()
    with ground.running(*(ground.program(house, databases[house], suffix) for house in HOUSES)):
        async with Street(ground.profile.ports, ground.token, HOUSES) as street:
            await _introduce(street, REPETITIONS * ROUND)
            say(f"{REPETITIONS * ROUND:,} borrowers whose first instalment is paid, known to all three")
            async with caller(ground.port_of("ingest"), ground.token) as client:
                for round_ in range(REPETITIONS):
                    await _at_the_rate(client, _reversals(round_))
                    await street.quiet()
        return await _figures(ground, databases, say)


async def _introduce(street: Street, count: int) -> None:
    """Every borrower has a profile, a loan, and paid what was due ten days ago a few days ahead."""
    people = [
        Borrower(key_of(n), ZONE.key, "zh-CN", "email", consent=True, address=f"c{n}@borrowers.example", name=f"C{n}")
        for n in range(count)
    ]
    await Answers(street, ZONE.key).introduce(people, "CN", NOW)
    due = TODAY - timedelta(days=10)
    opened_on = due - timedelta(days=30)
    await street.report([event_of(loan(n, opened_on, months(due, 3)), opened_on) for n in range(count)])
    paid_on = due - timedelta(days=5)
    await street.report([event_of(payment(n, 1, paid_on), paid_on) for n in range(count)])
    await street.close_days(TODAY)
    await street.quiet()


def _reversals(round_: int) -> list[bytes]:
    borrowers = range(round_ * ROUND, (round_ + 1) * ROUND)
    return bodies([event_of(PaymentReversed(f"{loan_of(n)}-P1", loan_of(n), TODAY), TODAY) for n in borrowers], EACH)


async def _at_the_rate(client: httpx.AsyncClient, calls: Sequence[bytes]) -> None:
    """Send each call when its time has come, whether or not those before were answered."""
    started, sent = time.monotonic(), list[asyncio.Task[bytes]]()
    for number, body in enumerate(calls):
        await asyncio.sleep(started + number * EACH / RATE - time.monotonic())
        sent.append(asyncio.create_task(post(client, body)))
    await asyncio.gather(*sent)


async def _figures(ground: Ground, databases: dict[str, str], say: Say) -> Figures:
    """By the instants of commit that PostgreSQL itself kept: of the fact at ingest, of the plan at contact."""
    async with ground.admin(databases["ingest"]) as ingest, ground.admin(databases["contact"]) as contact:
        accepted, planned = await _instants(ingest, _ACCEPTED), await _instants(contact, _PLANNED)
    waits: list[list[float]] = []
    rates: list[float] = []
    for round_ in range(REPETITIONS):
        keys = [key_of(n) for n in range(round_ * ROUND + RATE * WARM_SECONDS, (round_ + 1) * ROUND)]
        waits.append([(planned[key] - accepted[key]).total_seconds() * 1000 for key in keys])
        assert min(waits[-1]) > 0, "nobody was to be contacted before"
        span = max(accepted[key] for key in keys) - min(accepted[key] for key in keys)
        rates.append((len(keys) - EACH) / span.total_seconds())
        say(f"{rates[-1]:.0f}/s: p50 {percentile(waits[-1], 0.5):.0f} ms, p99 {percentile(waits[-1], 0.99):.0f} ms")
    return {
        "rate": median(rates),
        "p50_ms": median(percentile(each, 0.5) for each in waits),
        "p99_ms": median(percentile(each, 0.99) for each in waits),
    }


async def _instants(connection: asyncpg.Connection, statement: str) -> dict[str, datetime]:
    return {row["key"]: row["at"] for row in await connection.fetch(statement)}
