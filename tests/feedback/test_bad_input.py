"""What strangers send to feedback: refused with its place and without an echo, and nothing is kept."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.feedback.street import Street, promise, two_houses
from tests.harness import Databases

pytestmark = pytest.mark.postgres

START = datetime(2025, 2, 2, 1, tzinfo=UTC)
MARK = "SECRETMARK"


@pytest.fixture(scope="module")
async def street(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    async with two_houses(databases, tmp_path_factory.mktemp("keys"), START) as houses:
        await houses.open_loan()
        yield houses


async def refuse(street: Street, path: str, body: bytes, status: int, **headers: str) -> dict:
    """Post *body*, see it refused without an echo and without a trace, and answer the problem."""
    sent = {"content-type": "application/json"} | headers
    answer = await street.feedback.http.post(path, content=body, headers=sent)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert MARK not in answer.text
    for table in ("announcements", "texts", "cases", "promises", "commands"):
        assert await street.feedback.sql(f"select count(*) from {table}") == [(0,)]
    return answer.json()


FIELDS = {
    "a float": ('"amount": 1.5', "float", "/amount"),
    "a number": ('"amount": 100', "not-a-decimal", "/amount"),
    "a huge exponent": ('"amount": 1e400000', "float", "/amount"),
    "a huge exponent in text": ('"amount": "1e400000"', "bad-value", "/amount"),
    "infinity": ('"amount": "Infinity"', "bad-value", "/amount"),
    "more decimals than the currency has": ('"amount": "1.001"', "bad-value", "/amount"),
    "huge": ('"amount": "99999999999999999999"', "bad-value", "/amount"),
    "no currency of this world": (f'"currency": "{MARK[:3]}"', "bad-value", "/currency"),
    "no date": ('"due_on": "2025-13-45"', "wrong-type", "/due_on"),
    "an unknown door": (f'"via": "{MARK}"', "unknown-word", "/via"),
    "U+0000": (f'"promise_id": "{MARK}\\u0000"', "invalid-text", "/promise_id"),
    "a lone surrogate": (f'"promise_id": "{MARK}\\ud800"', "invalid-text", "/promise_id"),
    "a lone surrogate among loans": (f'"loan_ids": ["{MARK}\\ud800"]', "invalid-text", "/loan_ids/0"),
    "an id that is too long": (f'"promise_id": "{MARK * 20}"', "bad-value", "/promise_id"),
    "an empty id": ('"promise_id": ""', "bad-value", "/promise_id"),
    "no list of loans": (f'"loan_ids": "{MARK}"', "wrong-type", "/loan_ids"),
    "a negative tolerance": ('"tolerance_days": -1', "bad-value", "/tolerance_days"),
    "an enormous tolerance": ('"tolerance_days": 99999999999999999999', "number-too-large", "/tolerance_days"),
    "no customer": ('"customer_id": null', "wrong-type", "/customer_id"),
    "an unknown name with a float in it": (f'"{MARK}": 1.5', "float", None),
}


@pytest.mark.parametrize(("field", "code", "pointer"), FIELDS.values(), ids=FIELDS)
async def test_a_bad_field_is_refused_with_its_place_and_without_an_echo(street, field, code, pointer):
    good = json.dumps({"customer_id": "C1", **promise()})
    body = f"{good[:-1]}, {field}}}".encode()  # of a repeated name the last counts
    problem = await refuse(street, "/v1/promises", body, 422)
    assert problem["code"] == code
    assert problem.get("errors", []) == ([{"pointer": pointer}] if pointer else [])


BODIES = {
    "nothing": (b"", 400, "not-json"),
    "no JSON": (b"{nope " + MARK.encode(), 400, "not-json"),
    "bad UTF-8": (b'{"customer_id": "' + MARK.encode() + b'\xff"}', 400, "not-utf-8"),
    "nested without end": (b'{"a": ' + b"[" * 100_000, 400, "nested-too-deep"),
    "nested a little too deep": (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", 400, "nested-too-deep"),
    "a list": (b"[]", 422, "wrong-type"),
    "an empty object": (b"{}", 422, "missing-field"),
    "three hundred kilobytes": (b'{"customer_id": "' + b"x" * 300_000 + b'"}', 413, "body-too-large"),
    "ten megabytes": (b" " * 10_000_000, 413, "body-too-large"),
}


@pytest.mark.parametrize(("body", "status", "code"), BODIES.values(), ids=BODIES)
async def test_a_bad_body_is_refused_whole(street, body, status, code):
    assert (await refuse(street, "/v1/promises", body, status))["code"] == code


async def test_other_media_are_refused(street):
    problem = await refuse(street, "/v1/stops", b"a,b", 415, **{"content-type": "text/csv"})
    assert problem["code"] == "media-type-not-supported"


async def test_an_id_in_the_path_is_checked_like_any_other(street):
    body = json.dumps({"customer_id": "C1", "outcome": "upheld"}).encode()
    problem = await refuse(street, f"/v1/disputes/{MARK * 20}/decision", body, 422)
    assert problem["errors"] == [{"pointer": "/dispute_id"}]
    await refuse(street, f"/v1/disputes/{MARK}%00/decision", body, 422)


async def test_a_decision_that_goes_neither_way_is_refused(street):
    body = json.dumps({"customer_id": "C1", "decision": MARK}).encode()
    problem = await refuse(street, "/v1/hardship-claims/H1/decision", body, 422)
    assert problem["errors"] == [{"pointer": "/decision"}]


async def test_words_are_bounded(street):
    claim = {"customer_id": "C1", "claim_id": "H1", "cause": "other", "horizon": "short"}
    for text, code in ((MARK + "x" * 4096, "bad-value"), ("", "bad-value"), (MARK + "\u0000", "invalid-text")):
        problem = await refuse(street, "/v1/hardship-claims", json.dumps(claim | {"text": text}).encode(), 422)
        assert (problem["code"], problem["errors"]) == (code, [{"pointer": "/text"}])


REFUSED_IN_WORDS = {
    "a dispute about a loan nobody knows": (
        "/v1/disputes", {"dispute_id": "D1", "loan_ids": ["NONE"], "kind": "other"}, 422, "unknown-loan",
    ),
    "a hardship on a loan nobody knows": (
        "/v1/hardship-claims",
        {"claim_id": "H1", "cause": "job_loss", "horizon": "short", "loan_ids": ["NONE"]}, 422, "unknown-loan",
    ),
    "an answer to no dispute": ("/v1/disputes/NONE/decision", {"outcome": "upheld"}, 404, "not-found"),
    "an answer to no complaint": (
        "/v1/complaints/NONE/decision", {"outcome": "upheld", "root_cause": "none"}, 404, "not-found",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status", "code"), REFUSED_IN_WORDS.values(), ids=REFUSED_IN_WORDS)
@pytest.mark.parametrize("named", [{}, {"idempotency-key": "once"}], ids=["unnamed", "named"])
async def test_of_what_is_refused_no_words_are_kept_and_no_key(street, path, body, status, code, named):
    sent = json.dumps({"customer_id": "C1", "text": MARK, **body}).encode()
    for _ in range(2):
        assert (await refuse(street, path, sent, status, **named))["code"] == code
    for table in ("text_uses", "data_keys"):
        assert await street.feedback.sql(f"select count(*) from {table}") == [(0,)]


async def test_a_bad_idempotency_key_is_refused(street):
    body = json.dumps({"customer_id": "C1", **promise()}).encode()
    for key in ("x" * 129, "with space"):
        await refuse(street, "/v1/promises", body, 422, **{"idempotency-key": key})


CURSORS = ("nope", "é", "bnVsbA==", "WyIyMDI1LTAxLTAxIiwiXHUwMDAwIl0=", "W10=", "x" * 2000)


@pytest.mark.parametrize("cursor", CURSORS)
@pytest.mark.parametrize("path", ["/v1/cases", "/v1/customers/C1/promises", "/v1/customers/C1/texts"])
async def test_a_bad_cursor_is_refused(street, path, cursor):
    answer = await street.feedback.http.get(path, params={"after": cursor})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_lists_are_bounded(street):
    for limit in (0, 1001, "x"):
        assert (await street.feedback.http.get("/v1/cases", params={"limit": limit})).status_code == 422
    assert (await street.feedback.http.get("/v1/cases", params={"kind": MARK})).status_code == 422
    assert (await street.feedback.http.get("/v1/customers/%00/promises")).status_code == 422


ADDRESSES = {
    "a stop": ("/v1/stops", {"scope": {"kind": "address", "address_ref": "%s"}}, "/scope/address_ref"),
    "a consent": (
        "/v1/consents", {"matter": "channel", "scope": {"kind": "address", "address_ref": "%s"}}, "/scope/address_ref",
    ),
    "a preference": ("/v1/preferences", {"kind": "address_block", "address_ref": "%s"}, "/address_ref"),
    "a representative": (
        "/v1/representatives", {"role": "attorney", "since": "2025-02-01", "address_ref": "%s"}, "/address_ref",
    ),
    "a dead address": (
        "/v1/addresses/invalid", {"address_ref": "%s", "channel": "email", "reason": "dead"}, "/address_ref",
    ),
}  # fmt: skip


@pytest.mark.parametrize("address", [f"{MARK}@example.org", f"+86138{MARK}", MARK])
@pytest.mark.parametrize(("path", "stated", "pointer"), ADDRESSES.values(), ids=ADDRESSES)
async def test_an_address_in_the_clear_is_refused_where_it_stands(street, path, stated, pointer, address):
    body = json.dumps({"customer_id": "C1", **stated}).replace("%s", address)
    problem = await refuse(street, path, body.encode(), 422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


SCOPES = {
    "/v1/promises": "promises:write",
    "/v1/hardship-claims": "feedback:write",
    "/v1/hardship-claims/H1/decision": "feedback:write",
    "/v1/hardship-claims/H1/end": "feedback:write",
    "/v1/disputes": "disputes:write",
    "/v1/disputes/D1/decision": "disputes:write",
    "/v1/complaints": "complaints:write",
    "/v1/complaints/K1/extension": "complaints:write",
    "/v1/complaints/K1/decision": "complaints:write",
    "/v1/stops": "feedback:write",
    "/v1/preferences": "feedback:write",
    "/v1/consents": "feedback:write",
    "/v1/consents/A1/withdrawal": "feedback:write",
    "/v1/representatives": "feedback:write",
    "/v1/vulnerabilities": "feedback:write",
    "/v1/addresses/invalid": "feedback:write",
    "/v1/payment-claims": "feedback:write",
}


@pytest.mark.parametrize(("path", "scope"), SCOPES.items(), ids=SCOPES)
async def test_no_door_opens_without_its_scope(street, path, scope):
    nearly = [other for other in (*set(SCOPES.values()), "feedback:read") if other != scope]
    for scopes, status in (((), 403), (nearly, 403), ((scope,), 422)):
        await refuse(street, path, b"{}", status, **street.feedback.bearer(*scopes))
    await refuse(street, path, b"{}", 401, authorization="Bearer nonsense")


async def test_what_is_read_has_scopes_of_its_own(street):
    reading = {
        "/v1/cases": "feedback:read",
        "/v1/customers/C1/promises": "feedback:read",
        "/v1/complaints/rate": "feedback:read",
        "/v1/customers/C1/texts": "pii:read",
    }
    for path, scope in reading.items():
        for scopes, status in (((scope,), 200), (("feedback:write",), 403)):
            headers = street.feedback.bearer(*scopes)
            assert (await street.feedback.http.get(path, headers=headers)).status_code == status


async def test_every_post_documents_its_body_with_an_example_that_it_takes(street):
    paths = (await street.feedback.http.get("/openapi.json")).json()["paths"]
    for path in SCOPES:
        template = next(known for known in paths if _fits(known, path))
        content = paths[template]["post"]["requestBody"]["content"]["application/json"]
        assert "$ref" not in json.dumps(content)
        examples = [content["example"]] if "example" in content else [e["value"] for e in content["examples"].values()]
        for example in examples:
            answer = await street.feedback.post(path, example | {"customer_id": "C-nobody"})
            assert answer.status_code == 201 or answer.json()["code"] in {
                "unknown-loan",
                "not-found",
                "due-date-too-far",
            }


def _fits(template: str, path: str) -> bool:
    parts, others = template.split("/"), path.split("/")
    return len(parts) == len(others) and all(
        part == other or part.startswith("{") for part, other in zip(parts, others, strict=True)
    )
