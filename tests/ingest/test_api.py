"""Ingest's HTTP door over real PostgreSQL: what core banking posts, and what is answered."""

import asyncio
import json

import pytest

from tests.ingest.posting import BATCH, close_days, opened, paid, report, reversed_, types_said, verdicts

pytestmark = pytest.mark.postgres


async def test_a_loan_is_opened_goes_late_and_is_cured_by_its_payment(ingest):
    assert (await report(ingest, opened()))["accepted"] == 1
    await close_days(ingest, "2025-02-05")
    position = await ingest.get("/v1/loans/L1/position")
    assert (position["past_due_days"], position["bucket"], position["delinquent_amount"]) == (4, "4-30", "100.00")
    await report(ingest, paid("P1", on="2025-02-05"))
    position = await ingest.get("/v1/loans/L1/position")
    assert (position["past_due_days"], position["bucket"], position["outstanding"]) == (0, None, "200.00")
    said = await types_said(ingest)
    assert said[0] == "LoanOpened"
    assert {"InstalmentComingDue", "InstalmentMissed", "DelinquencyChanged", "LoanCured"} <= set(said)


async def test_each_day_that_matters_was_announced_though_the_days_were_closed_at_once(ingest):
    await report(ingest, opened())
    await close_days(ingest, "2025-03-10")
    items = (await ingest.get("/v1/customers/C1/events"))["items"]
    changes = [json.loads(item["data"]) for item in items if item["type"] == "DelinquencyChanged"]
    assert [(one["as_of"], one.get("bucket_to")) for one in changes][:3] == [
        ("2025-02-02", "1-3"), ("2025-02-05", "4-30"), ("2025-03-02", "4-30"),
    ]  # fmt: skip


async def test_a_repeat_is_a_duplicate_and_changes_nothing(ingest):
    await report(ingest, opened(), paid("P1"))
    receipt = await report(ingest, opened(), paid("P1"), paid("P1"))
    assert receipt["duplicates"] == 3
    assert (await ingest.get("/v1/loans/L1/position"))["outstanding"] == "200.00"


async def test_the_same_id_with_other_content_is_contradicted_by_name(ingest):
    await report(ingest, opened(), paid("P1"))
    other_id = paid("P1", amount="50.00") | {"id": "another"}
    receipt = await report(ingest, paid("P1", amount="50.00"), other_id, paid("P2"))
    assert verdicts(receipt) == [(0, "contradicted", "contradiction"), (1, "contradicted", "contradiction")]
    assert receipt["accepted"] == 1


async def test_the_same_payment_under_another_event_id_is_a_duplicate(ingest):
    await report(ingest, opened(), paid("P1"))
    receipt = await report(ingest, paid("P1") | {"id": "another"})
    assert receipt["duplicates"] == 1
    assert (await ingest.get("/v1/loans/L1/position"))["outstanding"] == "200.00"


async def test_an_early_payment_is_held_and_applied_when_its_loan_arrives(ingest):
    receipt = await report(ingest, paid("P1"))
    assert verdicts(receipt) == [(0, "held", "unknown-loan")]
    assert [item["reason"] for item in (await ingest.get("/v1/held"))["items"]] == ["unknown-loan"]
    await report(ingest, opened())
    assert (await ingest.get("/v1/loans/L1/position"))["outstanding"] == "200.00"
    assert (await ingest.get("/v1/held"))["items"] == []


async def test_a_chain_of_early_facts_is_set_free_together(ingest):
    receipt = await report(ingest, reversed_("P1"), paid("P1"))
    assert [reason for _, _, reason in verdicts(receipt)] == ["unknown-loan", "unknown-loan"]
    await report(ingest, opened())
    await close_days(ingest, "2025-02-25")
    assert (await ingest.get("/v1/loans/L1/position"))["outstanding"] == "300.00"
    assert (await ingest.get("/v1/held"))["items"] == []


async def test_a_reversal_before_its_payment_is_held_for_the_payment(ingest):
    await report(ingest, opened())
    assert verdicts(await report(ingest, reversed_("P1"))) == [(0, "held", "unknown-payment")]
    await report(ingest, paid("P1"))
    await close_days(ingest, "2025-02-25")
    assert (await ingest.get("/v1/loans/L1/position"))["outstanding"] == "300.00"


async def test_order_inside_a_call_does_not_matter(ingest):
    receipt = await report(ingest, paid("P1"), paid("P2", "L2"), opened("L2", "C2"), opened())
    assert receipt["accepted"] + receipt["held"] == 4
    for loan in ("L1", "L2"):
        assert (await ingest.get(f"/v1/loans/{loan}/position"))["outstanding"] == "200.00"


@pytest.mark.parametrize("attempt", range(5))
async def test_a_payment_racing_its_loans_opening_is_never_stranded(ingest, attempt):
    payments = [report(ingest, paid(f"P{n}", amount="10.00")) for n in range(8)]
    await asyncio.gather(*payments[:4], report(ingest, opened()), *payments[4:])
    assert (await ingest.get("/v1/loans/L1/position"))["outstanding"] == "220.00"
    assert (await ingest.get("/v1/held"))["items"] == []


async def test_what_needs_a_refused_opening_is_held_not_refused(ingest):
    bad = opened()
    bad["data"]["principal"] = "-1.00"
    receipt = await report(ingest, bad, paid("P1"))
    assert [verdict for _, verdict, _ in verdicts(receipt)] == ["rejected", "held"]
    await report(ingest, opened(id_="second-try"))
    assert (await ingest.get("/v1/loans/L1/position"))["outstanding"] == "200.00"


MARK = "SECRETMARK"
BAD = {
    "a float": ('"amount": 1.5', "float", "/data/amount"),
    "a huge exponent": ('"amount": 1e400000', "float", "/data/amount"),
    "a huge exponent in text": ('"amount": "1e400000"', "bad-value", "/data/amount"),
    "infinity in text": ('"amount": "Infinity"', "bad-value", "/data/amount"),
    "a number": ('"amount": 100', "not-a-decimal", "/data/amount"),
    "no number": (f'"amount": "{MARK}"', "wrong-type", "/data/amount"),
    "too many decimals": ('"amount": "1.001"', "currency-decimals", "/data/amount"),
    "negative": ('"amount": "-5.00"', "amount-not-positive", "/data/amount"),
    "nothing": ('"amount": "0.00"', "amount-not-positive", "/data/amount"),
    "huge": ('"amount": "99999999999999999999"', "bad-value", "/data/amount"),
    "huge and below zero": ('"amount": "-99999999999999999999"', "bad-value", "/data/amount"),
    "U+0000": (f'"amount": "1.00", "channel": "{MARK}\\u0000b"', "invalid-text", "/data/channel"),
    "a lone surrogate": (f'"amount": "1.00", "channel": "{MARK}\\ud800"', "invalid-text", "/data/channel"),
    "no date": ('"amount": "1.00", "value_on": "2025-13-45"', "wrong-type", "/data/value_on"),
}


async def check_rejected(ingest, bad: str, code: str, pointer: str) -> None:
    """*bad* between two payments: it is rejected where it is at fault, nothing of it is told or kept, they are."""
    await report(ingest, opened())
    body = f"[{json.dumps(paid('P1'))}, {bad}, {json.dumps(paid('P2'))}]".encode()
    answer = await ingest.http.post("/v1/events", content=body, headers={"content-type": BATCH})
    receipt = answer.json()
    assert (answer.status_code, receipt["accepted"], receipt["rejected"]) == (202, 2, 1), answer.text
    (item,) = receipt["items"]
    assert (item["index"], item["verdict"], item["reason"], item["pointer"]) == (1, "rejected", code, pointer)
    assert MARK not in answer.text
    assert await ingest.sql("select count(*) from facts") == [(3,)]


@pytest.mark.parametrize(("field", "code", "pointer"), BAD.values(), ids=BAD)
async def test_a_bad_event_is_rejected_alone_and_without_echo(ingest, field, code, pointer):
    bad = json.dumps(paid("BAD")).replace('"kind": "repayment"', f'"kind": "repayment", {field}')  # the last counts
    await check_rejected(ingest, bad, code, pointer)


async def test_a_type_that_no_fact_has_is_rejected_alone(ingest):
    bad = json.dumps(paid("BAD") | {"type": f"{MARK}.received"})
    await check_rejected(ingest, bad, "type-not-supported", "/type")


@pytest.mark.parametrize(
    ("currency", "code"), [("XXX", "bad-value"), ("RMB", "bad-value"), (MARK, "bad-value"), (156, "wrong-type")]
)
async def test_a_loan_in_no_currency_of_this_world_is_rejected_alone(ingest, currency, code):
    bad = opened("L2", "C2", id_="pay-BAD")
    bad["data"]["currency"] = currency
    await check_rejected(ingest, json.dumps(bad), code, "/data/currency")


UNREADABLE = {
    "nothing": (b"", 400, "not-json"),
    "no JSON": (b"{nope", 400, "not-json"),
    "cut off": (b'[{"id": "A"}', 400, "not-json"),
    "not an array": (b"{}", 422, "wrong-type"),
    "bad UTF-8 outside its events": (b'[{"id": "A"}, \xff]', 400, "not-utf-8"),
    "ten megabytes": (b"[" + b" " * 10_000_000 + b"]", 413, "body-too-large"),
    "nested without end": (b"[" * 100_000, 400, "nested-too-deep"),
    "too many events": (b"[" + b"{}," * 1000 + b"{}]", 413, "body-too-large"),
}


@pytest.mark.parametrize(("body", "status", "code"), UNREADABLE.values(), ids=UNREADABLE)
async def test_an_unreadable_body_stores_nothing_and_is_a_problem(ingest, body, status, code):
    answer = await ingest.http.post("/v1/events", content=body, headers={"content-type": BATCH})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await ingest.sql("select count(*) from facts") == [(0,)]


async def test_bad_utf8_in_an_event_rejects_that_event(ingest):
    bad = json.dumps(paid("BAD")).replace('"repayment"', f'"repayment", "channel": "{MARK}?"')
    body = f"[{json.dumps(opened())}, {bad}]".encode().replace(b"?", b"\xff")
    answer = await ingest.http.post("/v1/events", content=body, headers={"content-type": BATCH})
    (item,) = answer.json()["items"]
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert (item["id"], item["reason"], item["pointer"]) == ("pay-BAD", "invalid-text", "/data/channel")
    assert MARK not in answer.text


async def test_one_event_may_come_structured_or_in_binary_mode(ingest):
    single = {"content-type": "application/cloudevents+json"}
    answer = await ingest.http.post("/v1/events", content=json.dumps(opened()), headers=single)
    assert answer.json()["accepted"] == 1
    payment = paid("P1")
    headers = {f"ce-{name}": payment[name] for name in ("specversion", "id", "source", "type", "time")}
    body = json.dumps(payment["data"])
    answer = await ingest.http.post("/v1/events", content=body, headers={"content-type": "application/json"} | headers)
    assert answer.json()["accepted"] == 1


async def test_other_media_are_refused(ingest):
    answer = await ingest.http.post("/v1/events", content=b"a,b", headers={"content-type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (415, "media-type-not-supported")


async def test_as_of_and_known_at_answer_what_was_known_when(ingest):
    await report(ingest, opened())
    await close_days(ingest, "2025-02-10")
    await ingest.put("/v1/clock", {"now": "2025-02-10T00:00:00Z"})
    await report(ingest, paid("P1", on="2025-01-20"))
    assert (await ingest.get("/v1/loans/L1/position"))["past_due_days"] == 0
    before = await ingest.get("/v1/loans/L1/position", as_of="2025-02-09", known_at="2025-02-09T00:00:00Z")
    assert (before["past_due_days"], before["outstanding"]) == (8, "300.00")


async def test_the_business_date_only_moves_forward_and_a_repeat_is_answered(ingest):
    for day, in_force in (("2025-02-05", "2025-02-05"), ("2025-02-05", "2025-02-05"), ("2025-01-01", "2025-02-05")):
        answer = await ingest.post("/v1/business-dates", {"business_date": day})
        assert answer.json()["business_date"] == in_force


async def test_the_statement_ends_at_what_is_owed(ingest):
    await report(ingest, opened(), paid("P1"), paid("P2", amount="30.00"))
    await close_days(ingest, "2025-02-05")
    lines = (await ingest.get("/v1/loans/L1/statement"))["lines"]
    assert lines[-1]["balance"] == (await ingest.get("/v1/loans/L1/position"))["outstanding"] == "170.00"


async def test_a_person_pauses_and_resumes(ingest):
    await report(ingest, opened())
    await close_days(ingest, "2025-02-11")
    pause = {"from_on": "2025-02-05", "until_on": "2025-02-28"}
    assert (await ingest.post("/v1/loans/L1/pauses", pause)).status_code == 201
    position = await ingest.get("/v1/loans/L1/position")
    assert (position["past_due_days"], position["paused_days"], position["delinquent_days"]) == (10, 6, 4)
    assert (await ingest.post("/v1/loans/L1/pauses", pause)).status_code == 422
    assert (await ingest.post("/v1/loans/L1/resumes", {})).status_code == 201
    assert (await ingest.post("/v1/loans/NONE/pauses", pause)).status_code == 404


async def test_aging_counts_loans_and_amounts_per_bucket(ingest):
    await report(ingest, opened(), opened("L2", "C2"), paid("P2", "L2"))
    await close_days(ingest, "2025-02-05")
    buckets = (await ingest.get("/v1/portfolio/aging"))["buckets"]
    assert {(one["bucket"], one["loans"], one["delinquent_amount"]) for one in buckets} == {
        ("4-30", 1, "100.00"), (None, 1, "0"),
    }  # fmt: skip


async def test_no_door_opens_without_its_scope(ingest):
    for scopes, status in (((), 403), (("loans:read",), 403), (("events:write",), 202)):
        headers = ingest.bearer(*scopes) | {"content-type": BATCH}
        answer = await ingest.http.post("/v1/events", content=json.dumps([opened()]), headers=headers)
        assert answer.status_code == status, answer.text


async def test_one_identity_for_two_loans_at_once_is_taken_once(ingest):
    await report(ingest, opened(), opened("L2", "C2"))
    first, second = paid("P1"), paid("P2", "L2") | {"id": "pay-P1"}
    receipts = await asyncio.gather(report(ingest, first), report(ingest, second))
    assert sorted(one["accepted"] for one in receipts) == [0, 1]
    assert [one["verdict"] for receipt in receipts for one in receipt["items"]] == ["contradicted"]
    owed = [(await ingest.get(f"/v1/loans/{loan}/position"))["outstanding"] for loan in ("L1", "L2")]
    assert sorted(owed) == ["200.00", "300.00"]


@pytest.mark.parametrize(("day", "status"), [("2026-02-01", 202), ("2026-02-02", 422), ("9999-12-31", 422)])
async def test_a_business_date_far_ahead_is_refused_as_mistyped(ingest, day, status):
    assert (await ingest.post("/v1/business-dates", {"business_date": day})).status_code == status


@pytest.mark.parametrize("door", ["", "/position", "/history", "/statement"])
async def test_a_loan_id_that_cannot_be_one_is_refused_not_a_fault(ingest, door):
    answer = await ingest.http.get(f"/v1/loans/L%00SECRETMARK{door}")
    assert answer.status_code == 422, answer.text
    assert "SECRETMARK" not in answer.text
