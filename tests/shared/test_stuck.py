"""Somebody holds what a batch needs, and does not let go: its own subject is busy, and nobody else waits for it."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from shared.database.tables import gaps
from shared.fold import Applied, Busy, apply
from shared.fold.rows import note_gaps
from shared.pull import Pull
from tests.shared.street import peer_of, rows_of, said_by, state_of, told
from tests.shared.toy import pay

pytestmark = pytest.mark.postgres

INSERT = """
insert into subjects (key, said, heard, heard_ids, position, schema, body)
select key, 0, array_fill(0::bigint, sizes), array_fill(null::uuid, sizes), 0, 0, ''
from unnest(cast(:keys as text[])) key, (select array[cast(:sources as int)] as sizes)
"""


@asynccontextmanager
async def inserting(house, *keys: str):
    """A transaction that has inserted these new borrowers and does not end."""
    async with house.database.work.connect() as holder:
        await holder.execute(text(INSERT), {"keys": list(keys), "sources": len(house.hears)})
        yield
        await holder.rollback()


@asynccontextmanager
async def holding(house, key: str):
    async with house.database.work.connect() as holder:
        await holder.execute(text("select 1 from subjects where key = :key for update"), {"key": key})
        yield
        await holder.rollback()


async def test_a_stuck_new_borrower_is_busy_and_nobody_else_is(first):
    async with inserting(first, "NEW"):
        outcomes = await apply(first, [pay("NEW", 1), pay("FREE", 1), pay("NEW", 2)])
    assert [type(outcome) for outcome in outcomes] == [Busy, Applied, Busy]
    assert [type(outcome) for outcome in await apply(first, [pay("NEW", 1), pay("NEW", 2)])] == [Applied, Applied]
    assert [one.number for one in await said_by(first, "NEW")] == [1, 2]


async def test_a_few_stuck_new_borrowers_among_many_cost_only_their_own(first):
    stuck = {"K003", "K100", "K199"}
    async with inserting(first, *stuck):
        keys = [f"K{number:03}" for number in range(200)]
        outcomes = await apply(first, [pay(key, 1) for key in keys])
    assert {key for key, outcome in zip(keys, outcomes, strict=True) if isinstance(outcome, Busy)} == stuck
    assert sum(isinstance(outcome, Applied) for outcome in outcomes) == 197


async def test_where_everybody_new_is_stuck_the_answer_is_busy_within_bounds(first):
    keys = [f"K{number:03}" for number in range(300)]
    async with inserting(first, *keys), asyncio.timeout(15):
        outcomes = await apply(first, [pay(key, 1) for key in keys])
    assert {type(outcome) for outcome in outcomes} == {Busy}


async def test_who_is_held_for_a_moment_is_not_busy_beside_one_that_is_stuck(first):
    await apply(first, [pay("BRIEF", 1), pay("STUCK", 1)])
    async with holding(first, "STUCK"):
        async with holding(first, "BRIEF"):
            work = asyncio.create_task(apply(first, [pay("BRIEF", 2), pay("STUCK", 2)]))
            await asyncio.sleep(0.5)
        outcomes = await work
    assert [type(outcome) for outcome in outcomes] == [Applied, Busy]
    assert (await state_of(first, "BRIEF")).count == 2


async def test_a_page_that_is_pulled_goes_on_around_a_stuck_new_borrower(first, second, keys):
    said = [one for key in ("A", "NEW", "Z") for one in await told(first, key, "1.00", "2.00")]
    async with second.database.begin() as connection:
        await note_gaps(connection, {(one.key, "ingest"): 2 for one in said})
    pull = Pull(second, {"ingest": peer_of(first, keys)})
    async with inserting(second, "NEW"):
        assert await pull.close_gaps() == 4
        assert [(await state_of(second, key)).count for key in ("A", "Z")] == [2, 2]
        assert [row.key for row in await rows_of(second, gaps)] == ["NEW"]
    assert await pull.close_gaps() == 2
    assert await rows_of(second, gaps) == []
