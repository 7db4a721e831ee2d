"""Real houses killed between any two calls: each fact counts once, and every decision, taken again, says the same."""

from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest

from services.ingest.domain.figures import figures_on
from services.ingest.store.facts import facts_of
from shared.codec import decode
from shared.consumer import KafkaConsumer
from shared.database.tables import journal, subjects
from shared.relay import KafkaPublisher, Relay
from shared.timers import Timers
from shared.verify import verify
from tests.ingest.posting import opened, paid, report, reversed_
from tests.ingest.reference import in_cents, reference
from tests.shared.crash import Crash, Fuse, at_every_point, fused
from tests.shared.street import check_chains, eventually, rows_of, running
from tests.shared.topics import suffix_of
from tests.stories.real_houses import NOW, ZONE, a_feedback, a_scoring, an_ingest, close_day, heard_all

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
        assert rounds > 20
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


@pytest.mark.kafka
@pytest.mark.timeout(300)
@pytest.mark.parametrize("hearer", [a_scoring, a_feedback], ids=["scoring", "feedback"])
async def test_a_house_may_die_anywhere_while_it_hears_ingest(databases, topics, tmp_path, hearer):
    topic = (await topics.fresh(partitions=1))["collections.repayments.v1"]
    bootstrap, names = topics.server.bootstrap, count(1)
    async with (
        an_ingest(databases, tmp_path) as (client, said),
        hearer(databases, tmp_path, said.house) as verification,
    ):
        await close_day(said.house, TODAY)

        async def attempt(n: int, fuse: Fuse) -> None:
            for _ in range(2):
                await report(client, *facts_about(str(next(names))))
            await relay_all(said.house, bootstrap, topic)
            for burning in (fuse, Fuse()):
                consumer = KafkaConsumer(
                    verification.house, bootstrap, session_seconds=3, topic_suffix=suffix_of(topic)
                )
                with fused(verification.house.database, burning), suppress(Crash):
                    await hear_all(consumer, verification.house, said.house)

        assert await at_every_point(attempt) > 10
        await check_chains(verification.house)
        found = await verify(verification)
        assert found.mismatches == []
        assert found.decisions > 40
        assert (await verify(said)).mismatches == []


async def relay_all(house, bootstrap: str, topic: str) -> None:
    publisher = KafkaPublisher(house.name, topic, bootstrap)
    try:
        async with house.database.work.connect() as connection:
            while await Relay(house, publisher).publish_some(connection):
                pass
    finally:
        await publisher.close()


async def hear_all(consumer, house, source) -> None:
    async with running(consumer) as (task,):

        async def done() -> bool:
            return task.done() or await heard_all(house, source)

        await eventually(done)
