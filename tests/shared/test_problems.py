"""What a caller is told: always a problem document, never what was sent."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from shared.problems import BODY_BYTES_MAX
from tests.shared.doors import counter
from tests.shared.street import Keys, a_house, app_of
from tests.shared.toy import speaker

pytestmark = pytest.mark.postgres

WANTED = "/v1/announcements/wanted"
SECRET = "Wang-Xiaoming-13800138000"


@pytest.fixture
async def client(databases, tmp_path) -> AsyncIterator[httpx.AsyncClient]:
    keys = Keys(tmp_path)
    async with a_house(databases, speaker) as house:
        transport = httpx.ASGITransport(app_of(house, keys, routers=[counter(house), broken()]))
        token = keys.token("street:read", "events:read", "payments:write", "parked:write", "clock:write")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        async with httpx.AsyncClient(transport=transport, base_url="http://street", headers=headers) as client:
            yield client


def broken():
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/v1/broken")
    async def stumble() -> None:
        raise ValueError(SECRET)

    @router.get("/v1/away")
    async def miss() -> None:
        raise ConnectionRefusedError(SECRET)

    return router


def check_problem(answer: httpx.Response, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "code", "detail"} <= set(body)
    assert SECRET not in answer.text
    assert SECRET not in str(answer.headers)


NESTED, TOO_DEEP, MEDIUM = b'{"keys": [], "x": %s%s}', "nested-too-deep", "media-type-not-supported"
REFUSED: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "an unknown route": ("GET", f"/v1/{SECRET}", {}, 404, "no-such-route"),
    "a method that is not there": ("DELETE", "/v1/heads", {}, 405, "method-not-allowed"),
    "no JSON": ("POST", "/v1/heads", {"content": SECRET}, 400, "not-json"),
    "no text": ("POST", "/v1/heads", {"content": b'{"keys": ["\xff"]}'}, 400, "not-utf-8"),
    "nested without end": ("POST", "/v1/heads", {"content": b"[" * 100_000}, 400, "nested-too-deep"),
    "nothing": ("POST", "/v1/heads", {}, 400, "not-json"),
    "another medium": ("POST", "/v1/heads", {"content": b"a,b", "headers": {"Content-Type": "text/csv"}}, 415, MEDIUM),
    "nested a little too deep": ("POST", "/v1/heads", {"content": NESTED % (b"[" * 32, b"]" * 32)}, 400, TOO_DEEP),
    "a float where nobody looks": ("POST", "/v1/heads", {"json": {"keys": [], SECRET: 1.5}}, 422, "float"),
    "a missing field": ("POST", "/v1/heads", {"json": {SECRET: 1}}, 422, "missing-field"),
    "a wrong type": ("POST", "/v1/heads", {"json": {"keys": SECRET}}, 422, "wrong-type"),
    "a key with U+0000": ("POST", "/v1/heads", {"json": {"keys": [SECRET + "\x00"]}}, 422, "invalid-text"),
    "a lone surrogate": ("POST", "/v1/heads", {"content": b'{"keys": ["\\ud800"]}'}, 422, "invalid-text"),
    "too many keys": ("POST", "/v1/heads", {"json": {"keys": ["k"] * 1001}}, 422, "bad-value"),
    "a name that the caller chose": (
        "POST",
        WANTED,
        {"json": {"after": {SECRET: -1}}},
        422,
        "bad-value",
    ),
    "a number no database holds": (
        "POST",
        WANTED,
        {"json": {"after": {"A": 2**63}}},
        422,
        "number-too-large",
    ),
    "too much wanted": (
        "POST",
        WANTED,
        {"json": {"after": {str(n): 0 for n in range(11)}, "limit_each": 1000}},
        422,
        "bad-value",
    ),
    "a cursor no database holds": ("GET", f"/v1/announcements?after={2**63}", {}, 422, "schema"),
    "a wait without end": ("GET", "/v1/announcements?wait=1e9", {}, 422, "schema"),
    "U+0000 in a path": ("GET", "/v1/customers/%00/events", {}, 422, "schema"),
    "U+0000 in a path without a rule of its own": ("GET", "/v1/broken/%00", {}, 422, "schema"),
    "U+0000 in a query": ("GET", f"/v1/heads?after={SECRET}%00", {}, 422, "schema"),
    "U+0000 in a query that nobody asked for": ("GET", "/v1/announcements?other=%00", {}, 422, "schema"),
    "an item no database holds": ("POST", f"/v1/parked/{10**30}/release", {}, 422, "schema"),
    "an item that is not there": ("POST", "/v1/parked/7/release", {"json": {"reason": "duplicate"}}, 404, "not-found"),
    "money by a float": ("POST", "/v1/payments", {"json": {"key": "A", "amount": 1.5}}, 422, "float"),
    "an idempotency key with a blank": (
        "POST",
        "/v1/payments",
        {"json": {"key": "A", "amount": "1.00"}, "headers": {"Idempotency-Key": f"{SECRET} "}},
        422,
        "schema",
    ),
    "a refusal of the core": ("POST", "/v1/payments", {"json": {"key": "A", "amount": "-1.00"}}, 422, "negative"),
    "a bug of the core": ("POST", "/v1/payments", {"json": {"key": "A", "amount": "666.00"}}, 500, "internal-error"),
    "a bug of a door": ("GET", "/v1/broken", {}, 500, "internal-error"),
    "a dependency that is away": ("GET", "/v1/away", {}, 503, "unavailable"),
}


@pytest.mark.parametrize(("method", "path", "request_", "status", "code"), REFUSED.values(), ids=REFUSED)
async def test_every_refusal_is_a_problem_that_repeats_nothing(client, method, path, request_, status, code):
    check_problem(await client.request(method, path, **request_), status, code)


async def test_a_percent_sign_before_two_noughts_is_text_like_any_other(client):
    assert (await client.get("/v1/heads?after=%2500")).status_code == 200


async def test_u0000_is_pointed_at_and_nothing_is_asked_of_the_database(client):
    answers = [await client.get(path) for path in ("/v1/heads?after=%00", "/v1/%00/x?after=%00")]
    pointers = [[error["pointer"] for error in answer.json()["errors"]] for answer in answers]
    assert pointers == [["/query"], ["/path", "/query"]]


async def test_a_complaint_points_to_the_place_as_far_as_its_names_are_ours(client):
    asked = await client.post(WANTED, json={"after": {SECRET: -1}, "limit_each": 0})
    assert asked.json()["errors"] == [{"pointer": "/after"}, {"pointer": "/limit_each"}]
    assert (await client.post("/v1/heads", json={"keys": ["A", 7]})).json()["errors"] == [{"pointer": "/keys/1"}]


async def test_a_method_that_is_not_there_names_those_that_are(client):
    assert (await client.delete("/v1/heads")).headers["Allow"] in ("GET", "POST")


async def test_a_bug_is_answered_under_the_trace_it_is_logged_under(client, caplog):
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    answer = await client.get("/v1/broken", headers={"traceparent": trace})
    assert answer.json()["trace"] == trace
    (record,) = [record for record in caplog.records if record.name == "forbear.problems"]
    assert record.trace == trace


async def in_chunks(total: int) -> AsyncIterator[bytes]:
    for _ in range(0, total, 64 * 1024):
        yield b" " * 64 * 1024


BODIES = {
    "ten megabytes, stated": {"content": b" " * 10_000_000},
    "ten megabytes, in chunks": {"content": in_chunks(10_000_000)},
    "a length that lies": {"content": in_chunks(10_000_000), "headers": {"Content-Length": "10"}},
    "a length that is none": {"content": b"{}", "headers": {"Content-Length": "-1"}},
    "a length without end": {"content": b"{}", "headers": {"Content-Length": "9" * 5000}},
}


@pytest.mark.parametrize("request_", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/v1/heads", "/v1/payments"])
async def test_a_body_that_is_too_large_is_refused_as_it_comes(client, path, request_):
    if hasattr(request_["content"], "__anext__"):
        request_ = {**request_, "content": in_chunks(10_000_000)}
    check_problem(await client.post(path, **request_), 413, "body-too-large")


async def test_a_body_just_within_the_limit_is_read(client):
    body = json.dumps({"keys": ["A"]}).encode().ljust(BODY_BYTES_MAX)
    assert (await client.post("/v1/heads", content=body)).status_code == 200
