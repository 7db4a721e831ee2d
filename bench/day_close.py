"""How long it takes to close a day on which 1,000 loans change, among 20,000 and among 200,000."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from statistics import median
from typing import Final

import httpx

from bench.bulk import put
from bench.calls import caller
from bench.ground import Ground, prepared_ground
from bench.stories import Teller, Told, key_of, loan, months
from bench.summary import Figures, beside
from shared.clock import wall

HOUSE: Final = "ingest"
SMALL: Final = 20_000
LARGE: Final = 200_000
CHANGING: Final = 1000
REPETITIONS: Final = 3
DAYS: Final = REPETITIONS + 1
"""The first is warm-up."""
SECONDS_MAX: Final = 120.0
LOOK_SECONDS: Final = 0.005
Say = Callable[[str], None]


def measure(say: Say) -> Figures:
    """Seconds from the call that closes a day until nobody is left to age."""
    with prepared_ground() as ground:
        return asyncio.run(_measure(ground, say))


async def _measure(ground: Ground, say: Say) -> Figures:
    today = wall().date()
    small = await _days(ground, SMALL, today, say)
    large = await _days(ground, LARGE, today, say)
    return {"small_s": median(small), "large_s": median(large), "ratio": beside(large, small)}


async def _days(ground: Ground, count: int, today: date, say: Say) -> list[float]:
    """Close a few days among *count* loans; on each the same number of them go past due."""
    database = await ground.migrated(HOUSE)
    started = time.monotonic()
    async with ground.admin(database) as admin:
        await put(admin, portfolio, count, today)
    say(f"{count:,} loans put there in {time.monotonic() - started:.0f} s")
    with ground.running(ground.program(HOUSE, database, await ground.suffix())):
        async with caller(ground.port_of(HOUSE), ground.token) as client:
            took = [await _close(client, today + timedelta(days=day)) for day in range(1, DAYS + 1)]
    async with ground.admin(database) as admin:
        changed = await admin.fetch(
            "select count(*) from standings where as_of > $1 group by as_of order by as_of", today
        )
    assert [row["count"] for row in changed] == [CHANGING] * DAYS, changed
    say(
        f"{count:,} loans, {CHANGING:,} change: {', '.join(f'{seconds:.3f}' for seconds in took)} s, the first left out"
    )
    await ground.drop(database)
    return took[1:]


def portfolio(teller: Teller, first: int, last: int, today: date) -> Iterator[Told]:
    """Day by day, the loans whose first instalment goes by unpaid; all others have two months until theirs."""
    for number in range(first, last):
        day = number // CHANGING + 1
        due = today + timedelta(days=day - 1 if day <= DAYS else 60)
        yield teller.tell(key_of(number), [loan(number, today - timedelta(days=28), months(due, 3))], today)


async def _close(client: httpx.AsyncClient, day: date) -> float:
    """Close *day*, and look until nothing remains. Raises: TimeoutError."""
    started = time.monotonic()
    answer = await client.post("/v1/business-dates", json={"business_date": day.isoformat()})
    answer.raise_for_status()
    async with asyncio.timeout(SECONDS_MAX):
        while (await client.get("/v1/business-dates/current")).raise_for_status().json()["remaining"]:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)
    return time.monotonic() - started
