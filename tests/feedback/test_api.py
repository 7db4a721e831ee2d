"""Feedback's HTTP door over real PostgreSQL, a real ingest beside it: what borrowers say, and what becomes of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.feedback.street import Street, promise, promises_of, two_houses
from tests.harness import Databases

pytestmark = pytest.mark.postgres

REFERENCE = "00000000-0000-4000-8000-000000000002"
START = datetime(2025, 2, 2, 1, tzinfo=UTC)
"""Nine in the morning of 2 February in Shanghai."""


@pytest.fixture
async def street(databases: Databases, tmp_path) -> AsyncIterator[Street]:
    async with two_houses(databases, tmp_path, START) as houses:
        await houses.close_days("2025-02-02")
        await houses.open_loan()
        yield houses


async def test_a_new_promise_takes_the_place_of_the_old_one(street):
    await street.tell("/v1/promises", promise())
    said = await street.tell("/v1/promises", promise("P2", due_on="2025-02-10"))
    assert [one["type"] for one in said["announcements"]] == ["PromiseMade", "PromiseSuperseded"]
    assert await promises_of(street) == [("P1", "superseded", "0"), ("P2", None, "0")]


async def test_a_case_waits_for_its_answer_by_owner_and_deadline(street):
    await street.tell("/v1/hardship-claims", {"claim_id": "H1", "cause": "illness", "horizon": "unknown"})
    await street.tell("/v1/disputes", {"dispute_id": "D1", "loan_ids": ["L1"], "kind": "amount"})
    await street.tell("/v1/complaints", {"complaint_id": "K1", "category": "hours"})
    listed = (await street.feedback.get("/v1/cases"))["items"]
    assert [(case["kind"], case["id"], case["owner"], case["due_on"]) for case in listed] == [
        ("hardship", "H1", "hardship-desk", "2025-02-09"),
        ("complaint", "K1", "complaints-desk", "2025-02-17"),
        ("dispute", "D1", "disputes-desk", "2025-02-22"),
    ]
    assert {case["customer_id"] for case in listed} == {"C1"}
    disputes = (await street.feedback.get("/v1/cases", kind="dispute"))["items"]
    assert [(case["id"], case["loan_ids"]) for case in disputes] == [("D1", ["L1"])]


async def test_cases_are_paged_by_a_cursor(street):
    for name in ("K1", "K2", "K3"):
        await street.tell("/v1/complaints", {"complaint_id": name, "category": "hours"})
    first = await street.feedback.get("/v1/cases", limit=2)
    second = await street.feedback.get("/v1/cases", limit=2, after=first["next"])
    assert [case["id"] for case in first["items"] + second["items"]] == ["K1", "K2", "K3"]
    assert second["next"] is None


async def test_promises_are_paged_by_a_cursor(street):
    await street.open_loan("L2")
    for name, loan in (("P1", "L1"), ("P2", "L2")):
        await street.tell("/v1/promises", promise(name, loan_ids=[loan]))
    first = await street.feedback.get("/v1/customers/C1/promises", limit=1)
    second = await street.feedback.get("/v1/customers/C1/promises", limit=1, after=first["next"])
    assert [one["promise_id"] for one in first["items"] + second["items"]] == ["P1", "P2"]


async def test_an_answered_case_is_no_longer_listed(street):
    await street.tell("/v1/hardship-claims", {"claim_id": "H1", "cause": "illness", "horizon": "unknown"})
    await street.tell("/v1/disputes", {"dispute_id": "D1", "loan_ids": ["L1"], "kind": "amount"})
    await street.tell("/v1/complaints", {"complaint_id": "K1", "category": "hours"})
    await street.tell("/v1/hardship-claims/H1/decision", {"decision": "declined", "reason": "no_evidence"})
    await street.tell("/v1/disputes/D1/decision", {"outcome": "upheld"})
    await street.tell("/v1/complaints/K1/decision", {"outcome": "rejected", "root_cause": "none"})
    assert (await street.feedback.get("/v1/cases"))["items"] == []
    assert await street.types_said() == [
        "HardshipClaimed", "DisputeRaised", "ComplaintRaised", "HardshipDeclined", "DisputeResolved",
        "ComplaintResolved",
    ]  # fmt: skip


async def test_a_confirmed_hardship_ends_by_its_date(street):
    claim = {"claim_id": "H1", "handling": "short_relief", "horizon": "short"}
    await street.tell("/v1/hardship-claims", claim)
    decision = {"decision": "confirmed", "horizon": "short", "until": "2025-02-10"}
    await street.tell("/v1/hardship-claims/H1/decision", decision)
    assert (await street.feedback.get("/v1/cases"))["items"] == []
    await street.next_day("2025-02-10")
    assert (await street.types_said())[-1] == "HardshipConfirmed"
    await street.next_day("2025-02-11")
    assert (await street.said())[-1][1]["reason"] == "expired"


async def test_a_complaint_that_proves_complex_has_more_time(street):
    await street.tell("/v1/complaints", {"complaint_id": "K1", "category": "hours"})
    await street.tell("/v1/complaints/K1/extension", {"reason": "complex"})
    (case,) = (await street.feedback.get("/v1/cases"))["items"]
    assert case["due_on"] == "2025-03-04"
    await street.tell("/v1/complaints/K1/extension", {"reason": "complex"}, status=422)


async def test_the_complaint_rate_counts_complaints_against_borrowers_known(street):
    await street.open_loan("L2", "C2")
    await street.open_loan("L3", "C3")
    await street.tell("/v1/complaints", {"complaint_id": "K1", "category": "hours"})
    rate = await street.feedback.get("/v1/complaints/rate")
    assert (rate["complaints"], rate["borrowers"], rate["per_thousand"]) == (1, 3, "333.33")
    assert (rate["from_on"], rate["until_on"], rate["by_category"]) == ("2025-01-04", "2025-02-02", {"hours": 1})
    await street.move_clock("2025-02-18T00:00:00+08:00")
    assert (await street.feedback.get("/v1/complaints/rate"))["overdue"] == 1
    before = await street.feedback.get("/v1/complaints/rate", from_on="2025-01-01", until_on="2025-02-01")
    assert before["complaints"] == 0
    long_ago = await street.feedback.http.get("/v1/complaints/rate?until_on=0001-01-01")
    assert long_ago.status_code == 422
    backwards = await street.feedback.http.get("/v1/complaints/rate?from_on=2025-02-02&until_on=2025-02-01")
    assert (backwards.status_code, backwards.json()["code"]) == (422, "bad-span")


WISHES = {
    "a stop": ("/v1/stops", {"stop_id": "S1", "scope": {"kind": "everything"}}, "ContactStopped"),
    "a preference": (
        "/v1/preferences",
        {"preference_id": "W1", "kind": "preferred_window", "from_time": "18:00:00", "until_time": "20:00:00"},
        "PreferenceStated",
    ),
    "a consent": (
        "/v1/consents",
        {"consent_id": "A1", "matter": "reminders", "scope": {"kind": "channel", "channel": "sms"}},
        "ConsentGiven",
    ),
    "a representative": (
        "/v1/representatives",
        {"representative_id": "R1", "role": "attorney", "since": "2025-02-01"},
        "RepresentativeNamed",
    ),
    "a vulnerability": (
        "/v1/vulnerabilities",
        {"note_id": "V1", "support": ["extra_time"], "strength": "suspected"},
        "VulnerabilityNoted",
    ),
    "an invalid address": (
        "/v1/addresses/invalid",
        {"address_ref": REFERENCE, "channel": "sms", "reason": "dead"},
        "AddressInvalid",
    ),
    "a payment claimed": ("/v1/payment-claims", {"claim_id": "Z1", "channel": "sms"}, "ReplyReceived"),
}


@pytest.mark.parametrize(("path", "body", "type_"), WISHES.values(), ids=WISHES)
async def test_what_is_stated_is_announced(street, path, body, type_):
    said = await street.tell(path, body)
    assert [one["type"] for one in said["announcements"]] == [type_]
    assert said["customer_id"] == "C1"
    assert await street.types_said() == [type_]


async def test_a_consent_is_taken_back_and_saying_so_twice_is_saying_it_once(street):
    await street.tell("/v1/consents", {"consent_id": "A1", "matter": "reminders", "scope": {"kind": "everything"}})
    await street.tell("/v1/consents/A1/withdrawal", {})
    again = await street.tell("/v1/consents/A1/withdrawal", {})
    assert again["announcements"] == []
    assert await street.types_said() == ["ConsentGiven", "ConsentWithdrawn"]


async def test_a_hardship_is_ended_before_its_date_by_a_person(street):
    await street.tell("/v1/hardship-claims", {"claim_id": "H1", "handling": "care", "horizon": "long"})
    await street.tell("/v1/hardship-claims/H1/decision", {"decision": "confirmed", "horizon": "long"})
    await street.tell("/v1/hardship-claims/H1/end", {"reason": "recovered"})
    assert (await street.types_said())[-1] == "HardshipEnded"


async def test_the_same_promise_again_is_answered_and_not_made_twice(street):
    first = await street.tell("/v1/promises", promise())
    again = await street.tell("/v1/promises", promise(amount="100"))
    assert (again["promise_id"], again["announcements"]) == (first["promise_id"], [])
    assert await street.types_said() == ["PromiseMade"]


async def test_the_same_id_for_something_else_is_a_contradiction(street):
    await street.tell("/v1/promises", promise())
    refused = await street.tell("/v1/promises", promise(amount="90.00"), status=409)
    assert (refused["code"], refused["errors"]) == ("contradiction", [{"pointer": "/promise_id"}])


async def test_the_same_request_is_answered_as_the_first_time_with_the_id_minted_then(street):
    body = {name: value for name, value in promise().items() if name != "promise_id"}
    key = {"Idempotency-Key": "k-1"}
    first, again = [await street.tell("/v1/promises", body, **key) for _ in range(2)]
    assert first == again
    assert [one["type"] for one in first["announcements"]] == ["PromiseMade"]
    assert await promises_of(street) == [(first["promise_id"], None, "0")]
    refused = await street.tell("/v1/promises", body | {"amount": "90.00"}, status=422, **key)
    assert refused["code"] == "idempotency-key-reused"


async def test_many_at_once_with_one_key_make_one_promise(street):
    body, key = promise(), {"Idempotency-Key": "k-1"}
    answers = await asyncio.gather(
        *(street.feedback.post("/v1/promises", {"customer_id": "C1", **body}, **key) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await street.types_said() == ["PromiseMade"]


REFUSED = {
    "a loan nobody knows": (promise(loan_ids=["NONE"]), 422, "unknown-loan"),
    "another currency": (promise(currency="USD"), 422, "currency-mismatch"),
    "a day that is over": (promise(due_on="2025-02-01"), 422, "due-date-past"),
    "the last day that can be promised": (promise(due_on="2025-03-05"), 201, None),
    "the day after": (promise(due_on="2025-03-06"), 422, "due-date-too-far"),
    "the longest tolerance": (promise(tolerance_days=5), 201, None),
    "a day longer": (promise(tolerance_days=6), 422, "tolerance-too-long"),
    "the smallest amount": (promise(amount="10.00"), 201, None),
    "a cent less": (promise(amount="9.99"), 422, "amount-too-small"),
}


@pytest.mark.parametrize(("body", "status", "code"), REFUSED.values(), ids=REFUSED)
async def test_what_the_policy_refuses_is_told_with_a_stable_code(street, body, status, code):
    answer = await street.tell("/v1/promises", body, status=status)
    assert answer.get("code") == code
    assert await street.types_said() == ([] if code else ["PromiseMade"])


async def test_a_decision_about_nothing_is_not_found_and_a_second_one_is_a_conflict(street):
    decision = {"decision": "declined", "reason": "no_evidence"}
    assert (await street.tell("/v1/hardship-claims/H1/decision", decision, status=404))["code"] == "not-found"
    assert (await street.tell("/v1/disputes/D1/decision", {"outcome": "upheld"}, status=404))["code"] == "not-found"
    await street.tell("/v1/hardship-claims", {"claim_id": "H1", "handling": "care", "horizon": "short"})
    await street.tell("/v1/hardship-claims/H1/decision", decision)
    assert (await street.tell("/v1/hardship-claims/H1/decision", decision, status=409))["code"] == "conflict"


async def test_hardship_is_stated_by_its_cause_or_its_handling_and_not_by_both(street):
    for body in ({}, {"cause": "illness", "handling": "care"}):
        refused = await street.tell("/v1/hardship-claims", {"horizon": "short", **body}, status=422)
        assert refused["code"] == "cause-or-handling"
