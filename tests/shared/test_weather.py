"""When PostgreSQL goes down under load every loop waits, and goes on by itself; bad data is told from bad weather."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from shared.consumer import PollingConsumer
from shared.database import is_weather
from shared.database.tables import hearing, parked, subjects
from shared.fold import Applied, Parked, apply
from shared.fold.subject import NewerState
from shared.pull import Pull
from shared.relay import NumberingPublisher, Relay
from shared.timers import Timers
from tests.harness import Databases, running_postgres, until
from tests.shared.street import (
    Keys,
    a_house,
    check_chains,
    check_folds,
    eventually,
    has_heard_all,
    messages,
    peer_of,
    rows_of,
    running,
    told,
)
from tests.shared.toy import hearer, pay, speaker

pytestmark = pytest.mark.postgres


async def test_every_loop_outlives_a_postgres_that_is_stopped_and_one_that_is_killed(tmp_path):
    with running_postgres() as server:
        databases = Databases(server)
        async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
            peer = peer_of(first, Keys(tmp_path))
            loops = [
                Relay(first, NumberingPublisher()), Timers(first), Timers(second),
                PollingConsumer(second, "ingest", peer), Pull(second, {"ingest": peer}),
            ]  # fmt: skip
            async with running(*loops) as tasks:
                await told(first, "A", "1.00")
                await eventually(lambda: has_heard_all(second, first))
                for immediate in (False, True):
                    server.stop(immediate=immediate)
                    assert not await _answers(first)
                    server.spawn()
                    await eventually(lambda: _answers(first))
                    await until(server.is_ready)
                    await eventually(lambda: has_heard_all(second, first))
                assert not any(task.done() for task in tasks)
            await peer.close()
            await check_chains(second)
            await check_folds(second, first)


async def _answers(house) -> bool:
    """Whether a payment could be told; anything but weather that keeps it from that fails the test."""
    try:
        await apply(house, [pay("A", 3)])
    except Exception as error:
        if not is_weather(error):
            raise
        return False
    return True


@pytest.fixture
async def street(databases):
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        yield first, second


async def test_a_value_that_the_driver_refuses_is_the_data_s_fault_and_parks_its_own_subject(street):
    first, second = street
    house = replace(
        second,
        tables={"hearing": hearing},
        rows=lambda said: {"hearing": [{"source": "x", "position": 2**70} for one in said if one.heard.key == "A"]},
    )
    work = messages(house, [*await told(first, "A", "1.00"), *await told(first, "B", "1.00")])
    assert [type(outcome) for outcome in await apply(house, work)] == [Parked, Applied]


@pytest.mark.parametrize("room", ["gather", "rows"])
async def test_a_bug_around_the_core_costs_the_subject_that_meets_it_and_no_other(street, room):
    first, second = street

    def stumble(keys) -> None:
        if "A" in keys:
            raise KeyError("A")

    async def gather(connection, work, prepared, now):
        stumble({item.key for item in work})
        return await second.gather(connection, work, prepared, now)

    def rows(said):
        stumble({one.heard.key for one in said})
        return {}

    house = replace(second, **{room: {"gather": gather, "rows": rows}[room]})
    said = [*await told(first, "A", "1.00"), *await told(first, "B", "1.00")]
    assert [type(outcome) for outcome in await apply(house, messages(house, said))] == [Parked, Applied]
    (row,) = await rows_of(second, parked)
    assert (row.key, row.reason) == ("A", "KeyError around decide")


async def test_a_state_written_by_newer_code_is_waited_for_and_never_overwritten(street):
    first, second = street
    said = await told(first, "A", "1.00", "2.00")
    await apply(second, messages(second, said[:1]))
    async with second.database.begin() as connection:
        await connection.execute(update(subjects).values(schema=2))
    with pytest.raises(NewerState) as waiting:
        await apply(second, messages(second, said[1:]))
    assert is_weather(waiting.value)
    assert not await rows_of(second, parked)
