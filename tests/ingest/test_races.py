"""Two callers at once, at two instances of ingest over one database; and somebody who holds what a call needs."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from shared.database.locks import Names
from tests.harness import Databases
from tests.houses import Client, running, second_instance
from tests.ingest.posting import BATCH, START, opened, owed, paid, report, verdicts, voided

pytestmark = pytest.mark.postgres

Two = tuple[Client, Client]
BUSY = [(0, "busy", "try-again")]


@pytest.fixture
async def two(databases: Databases, tmp_path) -> AsyncIterator[Two]:
    async with running(databases, tmp_path, "ingest", now=START) as one, second_instance(one, "ingest") as other:
        yield one, other


@asynccontextmanager
async def held(client: Client, statement: str, *values: object) -> AsyncIterator[None]:
    """A transaction that did *statement* and does not end."""
    connection = await asyncpg.connect(client.database.owner_dsn)
    async with connection.transaction():
        await connection.execute(statement, *values)
        yield
    await connection.close()


async def numbers(client: Client, customer: str) -> list[int]:
    found = await client.sql("select number from announcements where key = $1 order by id", customer)
    return [row["number"] for row in found]


async def post_at_once(two: Two, *batches: list[dict]) -> list[Counter[str]]:
    """What became of *batches*, sent at the same time by both in turn."""
    return await asyncio.gather(*(until_taken(two[place % 2], batch) for place, batch in enumerate(batches)))


async def until_taken(client: Client, facts: list[dict]) -> Counter[str]:
    """Send *facts*, and again what was busy, as core banking does; how many were taken how."""
    taken: Counter[str] = Counter()
    while facts:
        found = await report(client, *facts)
        taken.update({verdict: found[verdict] for verdict in ("accepted", "duplicates", "held", "rejected")})
        facts = [facts[index] for index, verdict, _ in verdicts(found) if verdict == "busy"]
    return +taken


async def test_overlapping_calls_in_opposite_order_are_all_accepted(two):
    loans = [f"L{number:02}" for number in range(40)]
    await report(two[0], *(opened(loan, f"C-{loan}") for loan in loans))
    calls = [[paid(f"{call}-{loan}", loan, "10.00") for loan in loans][:: (-1) ** call] for call in range(8)]
    assert await post_at_once(two, *calls) == [Counter(accepted=40)] * 8
    assert [await owed(two[1], loan) for loan in loans] == ["220.00"] * 40
    for loan in loans:
        found = await numbers(two[0], f"C-{loan}")
        assert found == list(range(1, len(found) + 1))


async def test_the_same_facts_in_opposite_order_are_accepted_once(two):
    loans = [f"L{number:02}" for number in range(20)]
    facts = [fact for loan in loans for fact in (opened(loan, f"C-{loan}"), paid(loan, loan))]
    taken = sum(await post_at_once(two, *[facts, facts[::-1]] * 3), Counter())
    assert taken["accepted"] + taken["held"] == len(facts)
    assert taken["duplicates"] == 5 * len(facts)
    assert not taken["rejected"]
    assert [await owed(two[0], loan) for loan in loans] == ["200.00"] * 20
    assert (await two[0].get("/v1/held"))["items"] == []


async def test_voids_among_payments_in_opposite_order_strike_once(two):
    loans = [f"L{number:02}" for number in range(10)]
    await report(two[0], *(opened(loan, f"C-{loan}") for loan in loans), *(paid(loan, loan) for loan in loans))
    strikes = [voided(f"pay-{loan}") for loan in loans]
    again = [paid(f"again-{loan}", loan, "10.00") for loan in loans]
    taken = await post_at_once(two, [*strikes, *again], [*again[::-1], *strikes[::-1]])
    assert sum(taken, Counter()) == Counter(accepted=20, duplicates=20)
    assert [await owed(two[1], loan) for loan in loans] == ["290.00"] * 10


async def test_two_writers_for_one_new_borrower_are_both_accepted(two):
    calls = [[opened(f"L{number}", "NEW"), paid(f"P{number}", f"L{number}", "1.00")] for number in range(10)]
    assert await post_at_once(two, *calls) == [Counter(accepted=2)] * 10
    found = await numbers(two[0], "NEW")
    assert found == list(range(1, len(found) + 1))
    assert [await owed(two[1], f"L{number}") for number in range(10)] == ["299.00"] * 10


async def test_a_payment_racing_its_loans_opening_is_accepted_or_held_and_counts_either_way(two):
    for number in range(20):
        opening, payment = opened(f"L{number}", f"C{number}"), paid(f"P{number}", f"L{number}")
        first, second = await post_at_once(two, [opening], [payment])
        assert first == Counter(accepted=1)
        assert second in (Counter(accepted=1), Counter(held=1))
        assert await owed(two[number % 2], f"L{number}") == "200.00"
    assert (await two[0].get("/v1/held"))["items"] == []


INSERT = (
    "insert into subjects (key, said, heard, heard_ids, position, schema, body) values ('C1', 0, '{}', '{}', 0, 0, '')"
)
LOCK = "select pg_advisory_xact_lock(hashtextextended($1, $2))"
ROW = ("select 1 from subjects where key = 'C1' for update",)
HELD = {
    "its borrower's row": (paid("P1"), ROW),
    "its loan": (paid("P1"), (LOCK, "L1", Names.LOAN)),
    "its identity": (paid("P1"), (LOCK, "/core\npay-P1", Names.EVENT)),
    "the row of its new borrower": (opened("L3", "NEW"), (INSERT.replace("C1", "NEW"),)),
}


@pytest.mark.parametrize(("fact", "stuck"), HELD.values(), ids=HELD)
async def test_a_fact_is_busy_while_somebody_holds_what_it_needs_and_its_neighbours_are_accepted(two, fact, stuck):
    await report(two[0], opened("L1", "C1"), opened("L2", "C2"))
    async with held(two[0], *stuck):
        found = await report(two[0], fact, paid("P2", "L2"), opened("L4", "C4"))
        assert (found["accepted"], verdicts(found)) == (2, BUSY)
        assert await owed(two[0], "L2") == "200.00"
    found = await report(two[1], fact, paid("P2", "L2"))
    assert (found["accepted"], verdicts(found)) == (1, [(1, "duplicate", None)])


async def test_while_voids_are_stuck_every_fact_is_busy_and_none_is_lost(two):
    await report(two[0], opened("L1", "C1"))
    async with held(two[0], LOCK, "forbear voids", Names.OURS):
        found = await report(two[0], paid("P1"), paid("P2"))
        assert [verdict for _, verdict, _ in verdicts(found)] == ["busy", "busy"]
    assert (await report(two[1], paid("P1"), paid("P2")))["accepted"] == 2


async def test_a_stuck_fact_alone_is_answered_busy_not_with_a_fault(two):
    await report(two[0], opened("L1", "C1"))
    async with held(two[0], *ROW):
        body = json.dumps([paid("P1")])
        answer = await two[1].http.post("/v1/events", content=body, headers={"content-type": BATCH})
        assert (answer.status_code, verdicts(answer.json())) == (202, BUSY)


@pytest.mark.parametrize("name", ["forbear relay", "forbear voids", "forbear migrations", "forbear hearing ingest"])
async def test_a_loan_may_be_called_as_a_lock_of_ours_is(two, name):
    assert (await report(two[0], opened(name, "C1"), paid("P1", name)))["accepted"] == 2
    assert (await report(two[1], voided("pay-P1")))["accepted"] == 1
    assert await owed(two[0], name) == "300.00"
