"""Real houses killed between any two calls: each fact counts once, and every decision, taken again, says the same."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.ingest.domain.figures import figures_on
from services.ingest.store.facts import facts_of
from shared.announcements import Announcement
from shared.codec import decode
from shared.consumer import KafkaConsumer
from shared.database.tables import journal, subjects
from shared.events import ContactDelivered, ContactSent, PromiseKept, PromiseMade, Reading, ReplyReceived
from shared.timers import Timers
from shared.verify import verify
from tests.contact.borrowers import assessed
from tests.ingest.posting import opened, paid, report, reversed_
from tests.ingest.reference import in_cents, reference
from tests.shared.crash import Crash, Fuse, at_every_point, batch_of, fused
from tests.shared.street import check_chains, rows_of, said_by
from tests.shared.verifying import Told
from tests.stories.real_houses import NOW, ZONE, a_feedback, a_scoring, an_ingest, close_day
from tests.stories.spoken import Spoken

pytestmark = pytest.mark.postgres

TODAY = NOW.astimezone(ZONE).date()


def facts_about(name: str) -> list[dict]:
    """A loan, money on it that is taken back, and money that stays."""
    loan = f"L-{name}"
    return [
        opened(loan, f"C-{name}"),
        paid(f"{name}-1", loan, on="2025-02-03"),
        paid(f"{name}-2", loan, "60.00", "2025-02-10"),
        reversed_(f"{name}-1", loan),
    ]


@pytest.mark.timeout(300)
async def test_ingest_may_die_anywhere_while_it_takes_facts_and_ages(databases, tmp_path):
    async with an_ingest(databases, tmp_path) as (client, verification):
        house = verification.house
        await close_day(house, TODAY)

        async def work(n: int) -> None:
            taken = await report(client, *facts_about(str(n)))
            assert taken["accepted"] + taken["duplicates"] == 4
            await close_day(house, TODAY + timedelta(days=n))
            await Timers(house).wake_all()

        async def attempt(n: int, fuse: Fuse) -> None:
            early = await report(client, paid(f"{n}-early", f"L-{n}", "10.00", "2025-02-05"))
            assert early["held"] == 1
            with fused(house.database, fuse), suppress(Crash):
                await work(n)
            await work(n)

        rounds = await at_every_point(attempt) + 1
        assert rounds > 56
        await check_chains(house)
        posted = [row for row in await rows_of(house, journal) if b'"Posted"' in row.body]
        assert len(posted) == 5 * rounds
        assert (await verify(verification)).mismatches == []
        await assert_positions_equal_the_facts(house)


async def assert_positions_equal_the_facts(house) -> None:
    """What each state makes of a loan is what an order-free fold of its facts makes of it."""
    for row in await rows_of(house, subjects):
        state = decode(house.state_type, row.body)
        for loan_id, loan in state.loans.items():
            async with house.database.begin() as connection:
                facts = await facts_of(connection, loan_id)
            assert in_cents(figures_on(loan, state.aged_on)) == reference(facts, state.aged_on)


HEARERS = {"scoring": (a_scoring, 40), "feedback": (a_feedback, 24)}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("hearer", "calls"), HEARERS.values(), ids=HEARERS)
async def test_a_house_may_die_anywhere_while_it_hears_ingest(databases, tmp_path, hearer, calls):
    async with (
        an_ingest(databases, tmp_path) as (client, said),
        hearer(databases, tmp_path, sources_of(said.house)) as verification,
    ):
        await close_day(said.house, TODAY)

        async def attempt(n: int, fuse: Fuse) -> None:
            one, other = [await told_about(client, said.house, f"{name}{n}") for name in "AB"]
            batches = [*one[:2], *other[:3]], [*one[2:], *other[3:]]
            with fused(verification.house.database, fuse), suppress(Crash):
                await hear(verification.house, "ingest", *batches)
            await hear(verification.house, "ingest", *batches)
            assert await heard_by(verification.house, "ingest", one + other) == [one[-1].number, other[-1].number]

        assert await at_every_point(attempt) >= calls
        await check_chains(verification.house)
        found = await verify(verification)
        assert found.mismatches == []
        assert found.decisions > 40
        assert (await verify(said)).mismatches == []


SENT = ContactSent("X1", "A1", "sms"), ContactDelivered("X1", "A1", NOW), ContactSent("X2", "A2", "email")
PROMISED = (
    PromiseMade("P1", ("L1",), Decimal("60.00"), "CNY", TODAY, 1),
    PromiseKept("P1", ("L1",), TODAY, Decimal("60.00"), "CNY"),
    ReplyReceived("R1", "sms", NOW, (Reading("promise", Decimal("0.9"), certain=True),)),
)
# By whom, from whom, what is heard, how often something follows from it, and how many calls that takes.
NEIGHBOURS = {
    "scoring hears contact": (a_scoring, "contact", SENT, 24),
    "scoring hears feedback": (a_scoring, "feedback", PROMISED, 32),
    "feedback hears contact": (a_feedback, "contact", SENT, 20),
    "feedback hears scoring": (a_feedback, "scoring", (assessed(80, 20), assessed(20, 80), assessed(50, 50)), 20),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("hearer", "source", "events", "calls"), NEIGHBOURS.values(), ids=NEIGHBOURS)
async def test_a_house_may_die_anywhere_while_its_neighbour_is_heard(
    databases, tmp_path, hearer, source, events, calls
):
    neighbour = Spoken(source)
    async with (
        an_ingest(databases, tmp_path) as (client, said),
        hearer(databases, tmp_path, sources_of(said.house) | {source: neighbour}) as verification,
    ):
        await close_day(said.house, TODAY)

        async def attempt(n: int, fuse: Fuse) -> None:
            for key in (f"C-A{n}", f"C-B{n}"):
                await hear(verification.house, "ingest", await told_about(client, said.house, key.removeprefix("C-")))
            one, other = (neighbour.say(f"C-{name}{n}", NOW, *events) for name in "AB")
            batches = [one[0], *other[:2]], [*one[1:], other[2]]
            with fused(verification.house.database, fuse), suppress(Crash):
                await hear(verification.house, source, *batches)
            await hear(verification.house, source, *batches)
            assert await heard_by(verification.house, source, one + other) == [3, 3]

        assert await at_every_point(attempt) >= calls
        await check_chains(verification.house)
        assert (await verify(verification)).mismatches == []


def sources_of(ingest) -> dict[str, Any]:
    """Everybody that may be asked: ingest that runs, and neighbours that have said nothing yet."""
    return {name: Spoken(name) for name in ("scoring", "contact", "feedback")} | {"ingest": Told(ingest)}


async def told_about(client, ingest, name: str) -> list[Announcement]:
    """What ingest says of a borrower when it is told the facts about *name*."""
    await report(client, *facts_about(name))
    return await said_by(ingest, f"C-{name}")


async def hear(house, source: str, *batches: list[Announcement]) -> None:
    """A member of the house's group that was just built takes *batches*."""
    consumer = KafkaConsumer(house, "nobody:9")
    for batch in batches:
        await consumer.hear_records(batch_of(source, batch))


async def heard_by(house, source: str, said: list[Announcement]) -> list[int]:
    keys, place = sorted({one.key for one in said}), house.hears.index(source)
    rows = sorted((row for row in await rows_of(house, subjects) if row.key in keys), key=lambda row: row.key)
    return [row.heard[place] for row in rows]
