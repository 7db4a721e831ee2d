"""Feedback's HTTP door over real PostgreSQL, a real ingest beside it: what borrowers say, and what becomes of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.feedback.street import Street, paid, promise, reversed_, two_houses
from tests.harness import Databases

pytestmark = pytest.mark.postgres

START = datetime(2025, 2, 2, 1, tzinfo=UTC)
"""Nine in the morning of 2 February in Shanghai."""


@pytest.fixture
async def street(databases: Databases, tmp_path) -> AsyncIterator[Street]:
    async with two_houses(databases, tmp_path, START) as houses:
        await houses.close_days("2025-02-02")
        await houses.open_loan()
        yield houses


async def promises_of(street: Street, customer: str = "C1") -> list[tuple[str, str | None, str]]:
    items = (await street.feedback.get(f"/v1/customers/{customer}/promises"))["items"]
    return [(item["promise_id"], item["outcome"], item["paid"]) for item in items]


async def test_a_promise_made_and_paid_is_kept_once_the_bank_has_closed_its_last_day(street):
    made = await street.tell("/v1/promises", promise())
    assert made["promise_id"] == "P1"
    assert [one["type"] for one in made["announcements"]] == ["PromiseMade"]
    assert await promises_of(street) == [("P1", None, "0")]
    await street.report(paid("A", "2025-02-03", "60.00"), paid("B", "2025-02-05", "40.00"))
    await street.settle()
    assert await promises_of(street) == [("P1", None, "100.00")]
    await street.next_day("2025-02-05")
    assert await street.types_said() == ["PromiseMade"]
    await street.next_day("2025-02-06")
    await street.move_clock("2025-02-06T01:00:00+08:00")
    await street.settle()
    assert await promises_of(street) == [("P1", "kept", "100.00")]
    assert (await street.said())[-1] == (
        "PromiseKept",
        {"promise_id": "P1", "loan_ids": ["L1"], "judged_on": "2025-02-06", "paid": "100.00", "currency": "CNY"},
    )


async def judge_on(street: Street, day: str) -> None:
    """Let *day* begin, and a minute of it pass, so that what could not be judged at once is looked at again."""
    await street.next_day(day)
    await street.move_clock(f"{day}T00:05:00+08:00")
    await street.settle()


async def test_an_unpaid_promise_is_broken_only_after_the_banks_day(street):
    await street.tell("/v1/promises", promise(tolerance_days=2))
    for day in ("2025-02-05", "2025-02-06", "2025-02-07"):
        await judge_on(street, day)
        assert await street.types_said() == ["PromiseMade"]
    await judge_on(street, "2025-02-08")
    assert await promises_of(street) == [("P1", "broken", "0")]


async def test_a_promise_paid_in_part_is_partly_kept(street):
    await street.tell("/v1/promises", promise())
    await street.report(paid("A", "2025-02-04", "60.00"))
    await judge_on(street, "2025-02-06")
    assert await promises_of(street) == [("P1", "partly_kept", "60.00")]


async def test_a_promise_is_judged_again_after_a_reversal(street):
    await street.tell("/v1/promises", promise())
    await street.report(paid("A", "2025-02-04"))
    await judge_on(street, "2025-02-06")
    await street.report(reversed_("A", "2025-02-06"))
    await street.settle()
    assert await promises_of(street) == [("P1", "broken", "0")]
    assert (await street.said())[-1][1] == {
        "promise_id": "P1", "loan_ids": ["L1"], "judged_on": "2025-02-06", "before": "kept", "verdict": "broken",
        "paid": "0", "currency": "CNY", "because": "reversal",
    }  # fmt: skip


async def test_money_dated_in_time_that_comes_late_turns_a_broken_promise_into_a_kept_one(street):
    await street.tell("/v1/promises", promise())
    await judge_on(street, "2025-02-06")
    await street.report(paid("A", "2025-02-05"))
    await street.settle()
    assert await street.types_said() == ["PromiseMade", "PromiseBroken", "PromiseRejudged"]
    assert await promises_of(street) == [("P1", "kept", "100.00")]


async def test_while_the_banks_day_is_late_nothing_is_due_and_it_is_judged_when_the_day_comes(street):
    await street.tell("/v1/promises", promise())
    await street.move_clock("2025-02-06T00:00:00+08:00")
    standing = await street.settle()
    assert standing["due"] == 0
    assert standing["next_wake_at"] == "2025-02-05T16:01:00+00:00"
    await street.move_clock("2025-02-06T09:00:00+08:00")
    standing = await street.settle()
    assert (standing["due"], await street.types_said()) == (0, ["PromiseMade"])
    await street.close_days("2025-02-06")
    await street.move_clock(standing["next_wake_at"])
    await street.settle()
    assert await street.types_said() == ["PromiseMade", "PromiseBroken"]
    assert standing["next_wake_at"] <= "2025-02-06T02:03:00+00:00"


async def test_while_ingest_cannot_be_asked_nothing_is_judged_and_nothing_is_due(street):
    await street.tell("/v1/promises", promise())
    street.line.cut = True
    await street.move_clock("2025-02-06T00:00:00+08:00")
    await street.close_days("2025-02-06")
    standing = await _wait_until_not_due(street)
    assert await street.types_said() == ["PromiseMade"]
    street.line.cut = False
    await street.move_clock(standing["next_wake_at"])
    await street.settle()
    assert await street.types_said() == ["PromiseMade", "PromiseBroken"]


async def _wait_until_not_due(street: Street) -> dict:
    async with asyncio.timeout(20):
        while True:
            standing = await street.feedback.quiet()
            if standing["due"] == 0 and (standing["next_wake_at"] or "") > "2025-02-05T16:00:00+00:00":
                return standing
            await asyncio.sleep(0.02)


async def test_nobody_who_is_not_heard_out_is_judged(street):
    """The payment was accepted before the day was closed, and has not reached feedback: the promise waits for it."""
    await street.tell("/v1/promises", promise())
    street.line.deaf = True
    await street.report(paid("A", "2025-02-05"))
    await street.close_days("2025-02-06")
    await street.move_clock("2025-02-06T00:00:00+08:00")
    standing = await _wait_until_not_due(street)
    assert "/v1/heads" in street.line.asked
    assert await street.types_said() == ["PromiseMade"]
    street.line.deaf = False
    await street.settle()
    await street.move_clock(standing["next_wake_at"])
    await street.settle()
    assert await street.types_said() == ["PromiseMade", "PromiseKept"]


async def test_ingest_is_asked_only_when_a_promise_is_to_be_judged(street):
    claim = {"claim_id": "H1", "handling": "short_relief", "horizon": "short"}
    await street.tell("/v1/hardship-claims", claim)
    decision = {"decision": "confirmed", "horizon": "short", "until": "2025-02-03"}
    await street.tell("/v1/hardship-claims/H1/decision", decision)
    await street.tell("/v1/promises", promise())
    street.line.asked.clear()
    await street.next_day("2025-02-04")
    assert "/v1/heads" not in street.line.asked
    assert (await street.types_said())[-1] == "HardshipEnded"


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
        {"address_ref": "a-1", "channel": "sms", "reason": "dead"},
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
