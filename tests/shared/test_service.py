"""A toy house, assembled: the doors every house has, what they refuse, and an orderly stop."""

import asyncio

import asyncpg
import httpx
import pytest
import uvicorn

from shared.clock import ticks
from shared.fold import apply
from shared.service.assembly import Server
from tests.shared.clients import a_client
from tests.shared.street import (
    a_house,
    app_of,
    eventually,
    messages,
    publish_all,
    state_of,
    told,
)
from tests.shared.toy import speaker

pytestmark = pytest.mark.postgres


async def test_heads_answer_the_last_number_of_each_key_and_its_id(first, client):
    last = (await told(first, "A", "1.00", "2.00"))[-1]
    await told(first, "B", "1.00")
    asked = await client.post("/v1/heads", json={"keys": ["A", "NOBODY"]})
    assert asked.json() == {
        "heads": {"A": 2, "NOBODY": 0},
        "ids": {"A": str(last.event_id), "NOBODY": None},
    }
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


async def test_operators_see_and_settle_what_is_parked(first, second, keys):
    said = await told(first, "A", "1.00", "13.00")
    await apply(second, messages(second, said))
    async with a_client(second, keys) as client:
        (item,) = (await client.get("/v1/parked")).json()["items"]
        assert (item["key"], item["number"]) == ("A", 2)
        path = f"/v1/parked/{item['id']}"
        content = {"payment_id": "P", "loan_id": "L1", "amount": 12.0, "paid_on": "2025-01-01", "kind": "repayment"}
        why = {"reason": "bug-mended", "reference": "OPS-1"}
        refused = await client.post(f"{path}/replace", json={**why, "type": "PaymentReceived", "data": content})
        assert refused.status_code == 422
        assert (await client.get(path)).json()["inside"]["type"] == "PaymentReceived"
        discarded = await client.post(f"{path}/discard", json=why)
        assert (discarded.status_code, discarded.json()) == (200, {"applied": item["id"]})
        for act in ("discard", "release"):
            assert (await client.post(f"{path}/{act}", json=why)).status_code == 404
        assert (await client.get(path)).status_code == 404
        (kept,) = (await client.get("/v1/operator-acts")).json()["items"]
        assert (kept["operator"], kept["act"], kept["item_id"], kept["was"]["key"]) == (
            "tests",
            "discarded",
            item["id"],
            "A",
        )
    assert (await state_of(second, "A")).count == 1


WHY = {
    "no body": (None, 400),
    "no reason": ({}, 422),
    "a reason nobody knows": ({"reason": "because"}, 422),
    "another reason, told nowhere": ({"reason": "other"}, 422),
    "another reason, told in a ticket": ({"reason": "other", "reference": "OPS-12345678"}, 404),
    "a ticket of a repository": ({"reason": "bug-mended", "reference": "lender/loans#17"}, 404),
    "no ticket": ({"reason": "bug-mended"}, 404),
    "a ticket with room for a telephone number": ({"reason": "bug-mended", "reference": "OPS-138000000"}, 422),
    "a sentence for a ticket": ({"reason": "bug-mended", "reference": "Mrs Li asked-1"}, 422),
    "a reference too long": ({"reason": "bug-mended", "reference": "O" * 63 + "-1"}, 422),
    "a note": ({"reason": "bug-mended", "note": "Mrs Li asked"}, 422),
}


@pytest.mark.parametrize(("why", "status"), WHY.values(), ids=WHY)
@pytest.mark.parametrize(
    "act", ["parked/9/release", "parked/9/discard", "dead-letters/9/retry", "dead-letters/9/discard"]
)
async def test_an_operator_says_why_in_words_that_hold_no_person(client, act, why, status):
    answer = await client.post(f"/v1/{act}", **({} if why is None else {"json": why}))
    assert answer.status_code == status, answer.text
    assert "Li" not in answer.text


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


DOCS = ("/docs", "/openapi.json")


@pytest.mark.parametrize("path", DOCS)
async def test_the_description_of_the_api_is_closed_unless_the_settings_open_it(first, keys, path):
    async with a_client(first, keys, "events:read") as client:
        assert (await client.get(path)).status_code == 403
        client.headers["Authorization"] = f"Bearer {keys.token('docs:read')}"
        assert (await client.get(path)).status_code == 200
        client.headers.pop("Authorization")
        assert (await client.get(path)).status_code == 401
    async with a_client(first, keys, docs="open") as client:
        client.headers.pop("Authorization")
        assert (await client.get(path)).status_code == 200
        assert (await client.get("/docs/oauth2-redirect")).status_code == 404


async def test_a_house_accepts_only_its_issuers_and_no_token_that_lives_too_long(first, keys):
    async with a_client(first, keys, issuers=("https://login.example",), token_hours_max=1) as client:
        for claims, status in (({}, 401), ({"iss": "https://login.example"}, 200)):
            client.headers["Authorization"] = f"Bearer {keys.token('street:read', **claims)}"
            assert (await client.get("/v1/clock")).status_code == status
        long = keys.token("street:read", expires_in=3700, iss="https://login.example")
        assert (await client.get("/v1/clock", headers={"Authorization": f"Bearer {long}"})).status_code == 401


async def test_a_caller_above_its_limit_is_told_when_to_come_again_and_nobody_else_suffers(first, keys):
    async with a_client(first, keys, calls_per_second=0.01, calls_at_once=2) as client:
        answers = [await client.get("/v1/parked") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        told = answers[-1]
        assert (told.json()["code"], told.headers["content-type"]) == ("too-many-calls", "application/problem+json")
        assert told.json()["detail"] == "the limit is 0.01 calls a second, 2 at once after a pause, by one caller"
        assert 95 <= int(told.headers["Retry-After"]) <= 100
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/v1/clock")).status_code == 200
        other = {"Authorization": f"Bearer {keys.token('parked:read', sub='another')}"}
        assert (await client.get("/v1/parked", headers=other)).status_code == 200


async def test_what_houses_ask_each_other_has_a_limit_of_its_own(first, keys):
    async with a_client(first, keys, street_calls_per_second=0.01, street_calls_at_once=1) as client:
        assert [(await client.get("/v1/clock")).status_code for _ in range(2)] == [200, 429]
        assert (await client.get("/v1/parked")).status_code == 200


async def test_a_token_without_the_scope_is_told_which_one_it_needs(first, keys):
    async with a_client(first, keys, "events:read") as client:
        refused = await client.get("/v1/quiet")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-missing")
    assert "street:read" in refused.json()["detail"]


async def test_a_house_stops_within_its_bound_and_leaves_no_connection(databases, keys):
    before = asyncio.all_tasks()
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
        left = asyncio.all_tasks() - before
        assert not [task for task in left if task.get_name() in ("Timers", "Relay", "Sweep")]


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
