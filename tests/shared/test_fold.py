"""The fold over real PostgreSQL: exactly once, in order, each subject by itself."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select, text

from shared.announcements import Announcement, Cause, Chain, chain, list_of
from shared.codec import decode
from shared.database import Database
from shared.database.tables import gaps, journal, parked, subjects
from shared.events import PaymentReceived, Wake
from shared.fold import Answer, Applied, Busy, Failed, Gap, Heard, House, Parked, Repeat, Replayed, Request, apply
from shared.fold.hearing import heard_from
from shared.refusal import Refusal
from tests.harness import Databases
from tests.shared.toy import Pay, Purse, RingAt, hearer, make_tables, pay, soon, speaker

pytestmark = pytest.mark.postgres


@pytest.fixture
async def first(databases: Databases) -> AsyncIterator[House[Purse]]:
    async for house in _opened(databases, speaker):
        yield house


@pytest.fixture
async def second(databases: Databases) -> AsyncIterator[House[Purse]]:
    async for house in _opened(databases, hearer):
        yield house


async def _opened(databases, make):
    database = Database.at((await databases.fresh("toy", make_tables)).app_url, "tests")
    yield make(database)
    await database.close()


async def state_of(house: House[Purse], key: str) -> Purse:
    async with house.database.begin() as connection:
        row = (await connection.execute(select(subjects).where(subjects.c.key == key))).one()
    return decode(Purse, row.body) if row.body else Purse()


async def said_by(house: House[Purse], key: str) -> list[Announcement]:
    async with house.database.begin() as connection:
        return await list_of(connection, key, 0, 1000)


async def count(house: House[Purse], table) -> int:
    async with house.database.begin() as connection:
        return len((await connection.execute(select(table))).all())


async def told(first: House[Purse], key: str, *amounts: str) -> list[Announcement]:
    """What the first house says when it is told of these payments."""
    await apply(first, [pay(key, number, amount) for number, amount in enumerate(amounts)])
    return await said_by(first, key)


def messages(house: House[Purse], said: list[Announcement]) -> list[Heard]:
    return [heard_from(house, "ingest", one) for one in said]


async def test_what_is_said_is_numbered_and_chained_without_gaps(first):
    await apply(first, [pay("A", 1), pay("B", 1), pay("A", 2)])
    await apply(first, [pay("A", 3)])
    said = await said_by(first, "A")
    assert [one.number for one in said] == [1, 2, 3]
    assert [one.previous for one in said] == [None, said[0].event_id, said[1].event_id]
    assert all(one.is_intact("ingest") for one in said)
    assert not replace(said[1], data=said[1].data.replace(b"1.00", b"9.00")).is_intact("ingest")


async def test_a_refusal_keeps_nothing_and_costs_its_neighbours_nothing(first):
    outcomes = await apply(first, [pay("A", 1), pay("A", 2, "-1.00"), pay("A", 3)])
    assert [type(outcome) for outcome in outcomes] == [Applied, Refusal, Applied]
    assert (await state_of(first, "A")).count == 2
    assert await count(first, journal) == 2


async def test_a_bug_is_told_to_the_request_that_met_it_and_to_nobody_else(first):
    outcomes = await apply(first, [pay("A", 1), pay("A", 2, "666.00"), pay("A", 3), pay("B", 1)])
    assert [type(outcome) for outcome in outcomes] == [Applied, Failed, Applied, Applied]
    assert (await state_of(first, "A")).total == Decimal("2.00")


async def test_a_number_heard_twice_changes_state_once(first, second):
    said = await told(first, "A", "1.00", "2.00")
    outcomes = await apply(second, messages(second, [*said, *said]))
    assert [type(outcome) for outcome in outcomes] == [Applied, Applied, Repeat, Repeat]
    assert [type(outcome) for outcome in await apply(second, messages(second, said))] == [Repeat, Repeat]
    assert await state_of(second, "A") == Purse(Decimal("3.00"), 2)


async def test_a_number_too_high_is_dropped_and_its_gap_noted(first, second):
    said = await told(first, "A", "1.00", "2.00", "4.00")
    outcomes = await apply(second, messages(second, [said[2], said[0], said[2]]))
    assert [type(outcome) for outcome in outcomes] == [Gap, Applied, Gap]
    async with second.database.begin() as connection:
        assert (await connection.execute(select(gaps))).all() == [("A", "ingest", 3)]
    assert (await state_of(second, "A")).total == Decimal("1.00")


def said_again(said: Announcement, previous: UUID | None) -> Announcement:
    """What a source says under the same number when it was restored from a backup and went another way."""
    cause = Cause(said.at, said.basis, None, None, None)
    event = replace(decode(PaymentReceived, said.data), amount=Decimal("9.00"))
    return chain("ingest", said.key, Chain(said.number - 1, previous), [event], cause)[0]


@pytest.mark.parametrize("number", [1, 2, 3], ids=["an earlier number", "the last number heard", "the next number"])
async def test_a_fork_is_parked_not_swallowed(first, second, number):
    said = await told(first, "A", "1.00", "2.00", "3.00")
    await apply(second, messages(second, said[:2]))
    fork = said_again(said[number - 1], said[0].event_id if number > 1 else None)
    assert await apply(second, [heard_from(second, "ingest", fork)]) == [Parked("A", "fork")]
    assert (await state_of(second, "A")).total == Decimal("3.00")


async def test_an_earlier_number_is_known_by_its_id_in_one_batch_and_in_the_next(first, second):
    said = await told(first, "A", "1.00", "2.00", "3.00")
    fork = heard_from(second, "ingest", said_again(said[0], None))
    outcomes = await apply(second, [*messages(second, said), *messages(second, said), fork])
    assert [type(outcome) for outcome in outcomes] == [Applied] * 3 + [Repeat] * 3 + [Parked]
    outcomes = await apply(second, [*messages(second, said), fork])
    assert [type(outcome) for outcome in outcomes] == [Repeat] * 3 + [Gap]


async def test_content_that_does_not_match_its_id_is_parked(first, second):
    said = await told(first, "A", "1.00")
    forged = replace(said[0], data=said[0].data.replace(b"1.00", b"9.00"))
    assert await apply(second, [heard_from(second, "ingest", forged)]) == [Parked("A", "id-does-not-match-content")]


async def test_what_fails_is_parked_and_its_followers_wait_while_others_go_on(first, second):
    said = await told(first, "A", "1.00", "13.00", "2.00")
    others = await told(first, "B", "5.00")
    outcomes = await apply(second, messages(second, [*said, *others]))
    assert [type(outcome) for outcome in outcomes] == [Applied, Parked, Gap, Applied]
    assert (await state_of(second, "A")).total == Decimal("1.00")
    assert (await state_of(second, "B")).total == Decimal("5.00")
    assert [type(outcome) for outcome in await apply(second, messages(second, said))] == [Repeat, Gap, Gap]
    assert await count(second, parked) == 1


async def test_two_writers_for_one_new_borrower_both_count(first):
    batches = [[pay("NEW", 2 * number), pay("NEW", 2 * number + 1)] for number in range(10)]
    await asyncio.gather(*(apply(first, batch) for batch in batches))
    assert (await state_of(first, "NEW")).count == 20
    assert [one.number for one in await said_by(first, "NEW")] == list(range(1, 21))


async def test_overlapping_batches_in_opposite_order_do_not_deadlock(first):
    keys = [f"K{number:03}" for number in range(60)]
    forward = [pay(key, 1) for key in keys]
    backward = [pay(key, 2) for key in reversed(keys)]
    for outcomes in await asyncio.gather(*(apply(first, batch) for batch in [forward, backward] * 4)):
        assert all(isinstance(outcome, Applied) for outcome in outcomes)
    assert (await state_of(first, "K000")).count == 8


async def test_a_stuck_row_makes_its_own_subject_busy_and_no_other(first):
    await apply(first, [pay("STUCK", 1), pay("FREE", 1)])
    async with first.database.begin() as holder:
        await holder.execute(text("select 1 from subjects where key = 'STUCK' for update"))
        outcomes = await apply(first, [pay("STUCK", 2), pay("FREE", 2)])
        assert [type(outcome) for outcome in outcomes] == [Busy, Applied]
    assert (await state_of(first, "STUCK")).count == 1
    assert isinstance((await apply(first, [pay("STUCK", 2)]))[0], Applied)


async def test_a_failed_transaction_leaves_nothing_behind(first, monkeypatch):
    async def broken(*_: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(sys.modules["shared.fold.apply"], "insert_rows", broken)
    with pytest.raises(ConnectionResetError):
        await apply(first, [pay("A", 1)])
    monkeypatch.undo()
    assert await said_by(first, "A") == []
    assert isinstance((await apply(first, [pay("A", 1)]))[0], Applied)


async def test_a_wake_is_applied_once_however_often_it_comes(first):
    at = soon()
    await apply(first, [Heard("A", RingAt(at), Request("tests"))])
    outcomes = await apply(first, [Heard("A", Wake(at), None), Heard("A", Wake(at), None)])
    assert [type(outcome) for outcome in outcomes] == [Applied, Repeat]
    assert (await state_of(first, "A")).rung == 1


async def test_a_wake_before_its_time_moves_nothing(first):
    at = soon(3600)
    await apply(first, [Heard("A", RingAt(at), Request("tests"))])
    assert isinstance((await apply(first, [Heard("A", Wake(at), None)]))[0], Repeat)


async def test_a_state_above_its_limit_is_refused_before_commit(first):
    house = replace(first, evolve=lambda state, fact: replace(state, padding="x" * 70_000))
    assert isinstance((await apply(house, [pay("A", 1)]))[0], Failed)
    await apply(first, [pay("A", 1), pay("B", 1)])
    assert await count(first, journal) == 2


def _keyed(key: str, request_hash: bytes, number: int = 1) -> Heard:
    answer = lambda said: Answer(201, str(said[0].number).encode())  # noqa: E731
    via = Request("app", idempotency_key=key, request_hash=request_hash, answer=answer)
    return Heard("A", Pay(f"P{number}", Decimal("1.00")), via)


async def test_the_same_request_again_gets_the_same_answer_and_changes_nothing(first):
    assert isinstance((await apply(first, [_keyed("k1", b"one")]))[0], Applied)
    assert await apply(first, [_keyed("k1", b"one")]) == [Replayed(Answer(201, b"1"))]
    assert (await state_of(first, "A")).count == 1


async def test_another_request_under_the_same_key_is_refused_by_name(first):
    await apply(first, [_keyed("k1", b"one")])
    outcome = (await apply(first, [_keyed("k1", b"two", 2)]))[0]
    assert isinstance(outcome, Refusal)
    assert outcome.code == "idempotency-key-reused"


async def test_what_was_announced_cannot_be_changed_by_the_service(first):
    await apply(first, [pay("A", 1)])
    for change in ("update announcements set data = ''", "delete from announcements", "delete from journal"):
        async with first.database.work.connect() as connection:
            with pytest.raises(Exception, match="permission denied"):
                await connection.execute(text(change))
