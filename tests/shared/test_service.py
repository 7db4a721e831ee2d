"""A toy house, assembled: the doors every house has, what they refuse, and an orderly stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest
import uvicorn
from sqlalchemy import text

from shared.clock import SimulatedClock, ticks
from shared.database.tables import announcements, commands, subjects
from shared.fold import Heard, Request, apply
from shared.service.assembly import Server
from shared.timers import Timers
from tests.shared.doors import counter
from tests.shared.street import (
    Keys,
    a_house,
    app_of,
    eventually,
    messages,
    publish_all,
    rows_of,
    state_of,
    told,
)
from tests.shared.toy import RingAt, hearer, make_tables, soon, speaker

pytestmark = pytest.mark.postgres

SCOPES = (
    "street:read", "events:read", "clock:write", "parked:read", "parked:write", "metrics:read", "payments:write",
)  # fmt: skip


@pytest.fixture
def keys(tmp_path) -> Keys:
    return Keys(tmp_path)


@asynccontextmanager
async def a_client(house, keys: Keys, *scopes: str, **given: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a token at the doors of *house*, whose loops do not run."""
    transport = httpx.ASGITransport(app_of(house, keys, routers=[counter(house)], **given))
    headers = {"Authorization": f"Bearer {keys.token(*(scopes or SCOPES))}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://street", headers=headers) as client:
        yield client


@pytest.fixture
async def first(databases):
    async with a_house(databases, speaker) as house:
        yield house


@pytest.fixture
async def second(databases):
    async with a_house(databases, hearer) as house:
        yield house


@pytest.fixture
async def client(first, keys):
    async with a_client(first, keys) as client:
        yield client


async def test_heads_answer_the_last_number_of_each_key(first, client):
    await told(first, "A", "1.00", "2.00")
    await told(first, "B", "1.00")
    asked = await client.post("/v1/heads", json={"keys": ["A", "NOBODY"]})
    assert asked.json() == {"heads": {"A": 2, "NOBODY": 0}}
    pages = [(await client.get("/v1/heads", params={"after": after, "limit": 1})).json() for after in ("", "A", "B")]
    assert [page["heads"] for page in pages] == [{"A": 2}, {"B": 1}, {}]


async def test_announcements_are_read_behind_a_cursor_in_the_order_of_publication(first, client):
    await told(first, "A", "1.00", "2.00")
    assert (await client.get("/v1/announcements")).json() == {"items": []}
    await publish_all(first)
    (one, two) = (await client.get("/v1/announcements")).json()["items"]
    assert [one["number"], two["number"]] == [1, 2]
    assert (await client.get("/v1/announcements", params={"after": one["cursor"]})).json()["items"] == [two]


async def test_a_long_poll_answers_as_soon_as_there_is_something(first, client):
    asked = asyncio.create_task(client.get("/v1/announcements", params={"wait": 20}))
    await told(first, "A", "1.00")
    began = ticks()
    await publish_all(first)
    assert len((await asked).json()["items"]) == 1
    assert ticks() - began < 5
    assert (await client.get("/v1/announcements", params={"after": 99, "wait": 0.1})).json()["items"] == []


async def test_what_is_wanted_is_answered_per_key_in_order(first, client):
    await told(first, "A", "1.00", "2.00", "3.00")
    await told(first, "B", "1.00")
    asked = {"after": {"A": 1, "B": 0, "NOBODY": 0}, "limit_each": 1}
    found = (await client.post("/v1/announcements/wanted", json=asked)).json()["items"]
    assert [(item["key"], item["number"]) for item in found] == [("A", 2), ("B", 1)]


async def test_a_borrower_s_events_are_told_a_page_at_a_time(first, client):
    await told(first, "A", "1.00", "2.00", "3.00")
    page = (await client.get("/v1/customers/A/events", params={"after": 1, "limit": 1})).json()["items"]
    assert [item["number"] for item in page] == [2]


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


async def test_operators_see_and_settle_what_is_parked(first, second, keys):
    said = await told(first, "A", "1.00", "13.00")
    await apply(second, messages(second, said))
    async with a_client(second, keys) as client:
        (item,) = (await client.get("/v1/parked")).json()["items"]
        assert (item["key"], item["number"]) == ("A", 2)
        path = f"/v1/parked/{item['id']}"
        content = {"payment_id": "P", "loan_id": "L1", "amount": 12.0, "paid_on": "2025-01-01", "kind": "repayment"}
        refused = await client.post(f"{path}/replace", json={"type": "PaymentReceived", "data": content})
        assert refused.status_code == 422
        discarded = await client.post(f"{path}/discard")
        assert (discarded.status_code, discarded.json()) == (200, {"applied": item["id"]})
        assert (await client.post(f"{path}/discard")).status_code == 404
        assert (await client.post(f"{path}/release")).status_code == 404
    assert (await state_of(second, "A")).count == 1


async def test_the_process_lives_and_says_what_it_counts(first, keys):
    async with a_client(first, keys) as client:
        client.headers.pop("Authorization")
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/metrics")).status_code == 401
        client.headers["Authorization"] = f"Bearer {keys.token('metrics:read')}"
        await told(first, "A", "1.00")
        metrics = (await client.get("/metrics")).text
    heard = 'forbear_heard_total{door="request",outcome="Applied"}'
    assert all(name in metrics for name in (heard, "forbear_unpublished 1.0", "forbear_http_request_seconds"))


OPEN = {"/livez", "/readyz", "/docs", "/docs/oauth2-redirect", "/openapi.json"}


async def test_no_door_but_health_is_open(first, keys):
    app = app_of(first, keys, routers=[counter(first)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://street") as nobody:
        for path, methods in app.openapi()["paths"].items():
            for method in methods:
                answer = await nobody.request(method, path.format(customer_id="A", parked_id=1), json={})
                assert (answer.status_code == 401) == (path not in OPEN), path
                assert answer.status_code != 401 or answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_token_without_the_scope_is_told_which_one_it_needs(first, keys):
    async with a_client(first, keys, "events:read") as client:
        refused = await client.get("/v1/quiet")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    assert "street:read" in refused.json()["detail"]


async def asked(client: httpx.AsyncClient, amount: str = "1.00") -> httpx.Response:
    body, headers = {"key": "A", "amount": amount}, {"Idempotency-Key": "k"}
    return await client.post("/v1/payments", json=body, headers=headers)


async def test_the_same_request_at_the_same_time_is_in_progress_or_replayed(first, client):
    answers = await asyncio.gather(*(asked(client) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert [answer.json() for answer in answers if answer.status_code == 201].count({"number": 1}) >= 1
    assert (await state_of(first, "A")).count == 1
    assert (await asked(client, amount="2.00")).json()["code"] == "idempotency-key-reused"


async def test_a_stuck_borrower_is_busy_not_broken(first, client):
    await told(first, "A", "1.00")
    async with first.database.begin() as holder:
        await holder.execute(text("select 1 from subjects where key = 'A' for update"))
        answer = await asked(client)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "busy", "2")


async def make_tables_that_refuse_at_commit(database) -> None:
    """As every house's, but nothing said can be committed."""
    await make_tables(database)
    owner = await asyncpg.connect(database.owner_dsn)
    await owner.execute(
        "create function refuse() returns trigger language plpgsql as "
        "$$ begin raise exception 'the commit itself fails' using errcode = '23514'; end $$"
    )
    await owner.execute(
        "create constraint trigger refused after insert on announcements deferrable initially deferred "
        "for each row execute function refuse()"
    )
    await owner.close()


async def test_a_commit_that_fails_is_never_answered_with_2xx(databases, keys):
    from shared.database import Database

    place = await databases.fresh("toy", make_tables_that_refuse_at_commit)
    house = speaker(Database.at(place.app_url, "tests"))
    async with a_client(house, keys) as client:
        answer = await asked(client)
        assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
        for table in (announcements, commands):
            assert not await rows_of(house, table)
        assert not [row for row in await rows_of(house, subjects) if row.said]
    await house.database.close()


async def test_a_backend_that_dies_before_the_commit_is_503_and_nothing_is_kept(first, keys, monkeypatch):
    dialect = first.database.work.sync_engine.dialect
    commit = dialect.do_commit

    def die(connection: Any) -> None:
        connection._connection.terminate()
        commit(connection)

    async with a_client(first, keys) as client:
        monkeypatch.setattr(dialect, "do_commit", die)
        answer = await asked(client)
        monkeypatch.undo()
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert not await rows_of(first, announcements)
        assert (await asked(client)).status_code == 201


async def test_a_house_stops_within_its_bound_and_leaves_no_connection(databases, keys):
    async with a_house(databases, speaker) as first:
        app = app_of(first, keys)
        server = Server(app, "127.0.0.1", 0)
        serving = asyncio.create_task(server.serve())
        await eventually(lambda: _is_started(server))
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await eventually(lambda: _is_ready(client))
        began = ticks()
        server.should_exit = True
        await asyncio.wait_for(serving, 10)
        assert ticks() - began < 5
        name = first.database.work.url.database
        assert await _connections(databases, name) == 0
        left = [task for task in asyncio.all_tasks() if task.get_name() in ("Timers", "Relay", "Sweep")]
        assert not left


async def _is_started(server: uvicorn.Server) -> bool:
    return server.started


async def _is_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/readyz")).status_code == 200


async def _connections(databases, name: str) -> int:
    admin = await asyncpg.connect(databases.server.admin_url(driver=""))
    try:
        return await admin.fetchval("select count(*) from pg_stat_activity where datname = $1", name)
    finally:
        await admin.close()


async def test_a_house_whose_database_is_away_is_alive_and_not_ready(keys):
    from shared.database import Database

    house = speaker(Database.at("postgresql+asyncpg://nobody@127.0.0.1:1/none", "tests"))
    async with a_client(house, keys) as client:
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
        answer = await client.get("/v1/quiet")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
