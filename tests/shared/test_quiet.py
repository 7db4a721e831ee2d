"""How a house stands, and its clock: counted and moved as the plumbing says."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.clock import SimulatedClock
from shared.fold import Heard, Request, apply
from shared.timers import Timers
from tests.shared.clients import a_client
from tests.shared.street import (
    messages,
    publish_all,
    told,
)
from tests.shared.toy import RingAt, soon

pytestmark = pytest.mark.postgres


QUIET = {"now", "next_wake_at", "said", "heard", "set_aside", "unpublished", "due", "sending", "gaps", "parked"}


async def quiet(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = (await client.get("/v1/quiet")).json()
    assert set(answer) == QUIET
    return answer


async def test_quiet_counts_what_is_said_due_and_unpublished(first, client):
    assert (await quiet(client))["heard"] == {}
    await told(first, "A", "1.00", "2.00")
    await told(first, "B", "1.00")
    await apply(first, [Heard("C", RingAt(soon()), Request("tests")), Heard("D", RingAt(soon(3600)), Request("tests"))])
    found = await quiet(client)
    assert (found["said"], found["unpublished"], found["due"], found["gaps"], found["parked"]) == (3, 3, 1, 0, 0)
    await publish_all(first)
    await Timers(first).wake_all()
    found = await quiet(client)
    assert (found["unpublished"], found["due"], found["sending"]) == (0, 0, 0)
    assert found["next_wake_at"] is not None


async def test_quiet_sets_aside_what_a_parked_subject_has_seen_and_not_applied(first, second, keys):
    said = await told(first, "A", "1.00", "13.00", "2.00", "3.00")
    others = await told(first, "B", "1.00", "2.00", "3.00")
    await apply(second, messages(second, [*said, others[0], others[2]]))
    async with a_client(second, keys) as client, a_client(first, keys) as source:
        found = await quiet(client)
        assert (found["heard"], found["set_aside"]) == ({"ingest": 2}, {"ingest": 3})
        assert (found["parked"], found["gaps"]) == (1, 1)
        await apply(second, messages(second, others[1:]))
        found, there = await quiet(client), await quiet(source)
        assert found["heard"]["ingest"] + found["set_aside"]["ingest"] == there["said"]


async def test_a_parked_subject_is_not_due(first, keys):
    await apply(first, [Heard("A", RingAt(soon()), Request("tests"))])
    broken = replace(first, decide=lambda state, fact, context: 1 / 0)
    await Timers(broken).wake_all()
    async with a_client(first, keys) as client:
        found = await quiet(client)
    assert (found["due"], found["parked"], found["next_wake_at"]) == (0, 1, None)


async def test_the_system_s_clock_is_read_and_cannot_be_moved(client):
    assert (await client.get("/v1/clock")).json()["simulated"] is False
    assert (await client.put("/v1/clock", json={"now": "2030-01-01T00:00:00Z"})).status_code == 404


async def test_the_simulated_clock_moves_forward_only(first, keys):
    house = replace(first, clock=SimulatedClock())
    async with house.database.begin() as connection:
        await connection.execute(text("insert into clock (now) values ('2025-01-01T00:00:00Z')"))
    async with a_client(house, keys) as client:
        moved = await client.put("/v1/clock", json={"now": "2025-01-02T00:00:00Z"})
        assert (moved.status_code, (await quiet(client))["now"]) == (200, "2025-01-02T00:00:00+00:00")
        assert (await client.put("/v1/clock", json={"now": "2025-01-02T00:00:00Z"})).status_code == 200
        back = await client.put("/v1/clock", json={"now": "2025-01-01T23:59:59Z"})
        assert (back.status_code, back.json()["code"]) == (409, "clock-moves-forward")
        assert (await client.put("/v1/clock", json={"now": "2025-01-03T00:00:00"})).status_code == 422
        for beyond in ("9000-01-01T00:00:00.000001Z", "9999-12-31T23:59:59-14:00", "1970-01-01T23:59:59Z"):
            refused = await client.put("/v1/clock", json={"now": beyond})
            assert (refused.status_code, refused.json()["code"]) == (422, "bad-value")
        assert (await client.put("/v1/clock", json={"now": "9000-01-01T00:00:00Z"})).status_code == 200
