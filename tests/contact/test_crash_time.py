"""Contact killed between any two calls while it hears each of its sources, and while it reserves out of a budget."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from services.contact.domain.commands import NoteAccepted
from services.contact.store.budgets import read_funds, set_budget
from shared.consumer import KafkaConsumer
from shared.events import (
    Event,
)
from shared.fold import Answer, Applied, Heard, Request, apply
from shared.timers import Timers
from tests.contact.borrowers import assessed, at, disputed, late, opened, paid, profile, promised, replied
from tests.contact.desk import SHANGHAI
from tests.contact.living import Contact, living_contact
from tests.contact.stories import CAP, eager, tight_packs
from tests.harness import Databases
from tests.shared.crash import Crash, Fuse, at_every_point, batch_of, fused
from tests.shared.street import check_chains

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

MORNING, NOON = at("03-05 09:30"), at("03-05 12:00")
CENT = Decimal("0.01")
# How many calls there are, so that none is left out unseen.
HEARING_CALLS, RESERVING_CALLS, CAPPED_CALLS = 36, 34, 62


@pytest.fixture
async def contact(databases: Databases, tmp_path) -> AsyncIterator[Contact]:
    async with living_contact(databases, tmp_path, MORNING) as contact:
        yield contact


async def hear(contact: Contact, source: str, *batches: list) -> None:
    """A member of the group that was just built takes *batches*."""
    consumer = KafkaConsumer(contact.house, "nobody:9")
    for batch in batches:
        await consumer.hear_records(batch_of(source, batch))


async def go_late(contact: Contact, *keys: str) -> None:
    """Reachable and late, each with a step planned."""
    outcomes = await apply(contact.house, [Heard(key, profile(), Request("tests")) for key in keys])
    assert all(isinstance(one, Applied) for one in outcomes), outcomes
    for key in keys:
        await hear(contact, "ingest", contact.sources["ingest"].say(key, MORNING, opened(), late("03-05", "03-01")))
        assert (await contact.types_said(key))[-1] == "ContactPlanned"


HEARD: dict[str, tuple[str, tuple[Event, ...], str]] = {
    "ingest": (
        "ingest",
        (paid("03-05", "40.00"), paid("03-05", "60.00", payment_id="P2"), late("03-06", None, "0.00")),
        "ContactCancelled",
    ),
    "scoring": ("scoring", (assessed(80, 20, "0.50"), assessed(20, 80, "0.10"), assessed(50, 50, "0.30")), ""),
    "feedback": ("feedback", (promised(), replied("promise", certain=True), disputed()), "ContactCancelled"),
}


@pytest.mark.parametrize("source", HEARD)
async def test_hearing_a_source_may_die_anywhere(contact, source):
    name, events, follows = HEARD[source]

    async def attempt(n: int, fuse: Fuse) -> None:
        keys = [f"A{n}", f"B{n}"]
        await go_late(contact, *keys)
        one, other = (contact.sources[name].say(key, MORNING, *events) for key in keys)
        batches = [one[0], *other[:2]], [*one[1:], other[2]]
        with fused(contact.house.database, fuse), suppress(Crash):
            await hear(contact, name, *batches)
        await hear(contact, name, *batches)
        rows = await contact.shop.sql("select heard from subjects where key = any($1)", keys)
        told = [len(contact.sources[name].said[key]) for key in keys]
        assert [row["heard"][contact.house.hears.index(name)] for row in rows] == told
        stories = [await contact.types_said(key) for key in keys]
        assert stories[0] == stories[1]
        assert not follows or stories[0].count(follows) == 1, stories

    assert await at_every_point(attempt) >= HEARING_CALLS
    await contact.check()


async def test_reserving_out_of_a_budget_that_many_share_may_die_anywhere(contact):
    contact.sources["ingest"].business_date = date(2026, 3, 4)

    async def left() -> Decimal:
        async with contact.house.database.begin() as connection:
            return (await read_funds(connection, NOON, SHANGHAI, to_spend=False)).left["CNY"]

    async def allow(amount: Decimal) -> None:
        async with contact.house.database.begin() as connection:
            await set_budget(connection, "CNY", "day", date(2026, 3, 5), amount, "tests")

    async def attempt(n: int, fuse: Fuse) -> None:
        keys = [f"{name}{n}" for name in "ABC"]
        await contact.set_clock(MORNING)
        await allow(2 * n * CENT)
        await go_late(contact, *keys)
        await contact.set_clock(NOON)
        with fused(contact.house.database, fuse), suppress(Crash):
            await Timers(contact.house).wake_all()
        assert await left() in (0, 2 * CENT), "the batch is whole, or nothing"
        await Timers(contact.house).wake_all()
        said = [name for key in keys for name in (await contact.types_said(key))[-1:]]
        assert sorted(said) == ["ContactDeferred", "ContactReserved", "ContactReserved"]
        rows = await contact.shop.sql("select key from attempts where key = any($1)", keys)
        assert len({row["key"] for row in rows}) == len(rows) == 2
        assert await left() == 0

    assert await at_every_point(attempt) >= RESERVING_CALLS
    await contact.check()


@pytest.fixture
async def capped(databases: Databases, tmp_path) -> AsyncIterator[Contact]:
    """Contact under a pack with one cap over every channel, and a strategy without patience."""
    rules = {"packs": tight_packs(), "strategy": eager()}
    async with living_contact(databases, tmp_path, at("03-02 10:00"), **rules) as contact:
        yield contact


async def live_through(contact: Contact, key: str, days: list[date]) -> None:
    """On each of *days*, which are crossed out, everything that is due happens, and what is sent is accepted."""
    while days:
        contact.sources["ingest"].business_date = days[0] - timedelta(days=1)
        await contact.set_clock(datetime.combine(days[0], time(10), SHANGHAI))
        await Timers(contact.house).wake_all()
        begun = "update attempts set state = 'sending', request_hash = 'h', sending_at = now()"
        await contact.shop.sql(f"{begun} where key = $1 and state = 'reserved'", key)
        await contact.shop.sql("update attempts set state = 'accepted' where key = $1 and state = 'sending'", key)
        for row in await contact.shop.sql("select attempt_id from attempts where key = $1 order by 1", key):
            name = f"{row['attempt_id']}:accepted"
            via = Request("sender", None, None, name, name.encode(), lambda _said: Answer(204, b""))
            await apply(contact.house, [Heard(key, NoteAccepted(row["attempt_id"]), via)])
        days.pop(0)


async def test_a_cap_that_channels_and_loans_share_is_not_passed_wherever_the_process_dies(capped):
    async def attempt(n: int, fuse: Fuse) -> None:
        key, days = f"C{n}", [date(2026, 3, 3)]
        await capped.set_clock(at("03-02 10:00"))
        await apply(capped.house, [Heard(key, profile(jurisdiction="TIGHT"), Request("tests"))])
        loans = [
            event
            for loan in ("L1", "L2")
            for event in (opened(loan, jurisdiction="TIGHT"), late("03-02", "02-27", loan_id=loan))
        ]
        await hear(capped, "ingest", capped.sources["ingest"].say(key, at("03-02 10:00"), *loans))
        await live_through(capped, key, [date(2026, 3, 2)])
        with fused(capped.house.database, fuse), suppress(Crash):
            await live_through(capped, key, days)
        await live_through(capped, key, [*days, date(2026, 3, 4)])
        said = await capped.types_said(key)
        assert [said.count(name) for name in ("ContactReserved", "ContactSent")] == [CAP, CAP], said
        assert len(await capped.shop.sql("select * from attempts where key = $1", key)) == CAP

    assert await at_every_point(attempt) >= CAPPED_CALLS
    await check_chains(capped.house)
