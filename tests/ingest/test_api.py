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


BAD = {
    "a float": ('"amount": 1.5', "float"),
    "a huge exponent": ('"amount": 1e400000', None),
    "a huge exponent in text": ('"amount": "1e400000"', None),
    "infinity in text": ('"amount": "Infinity"', None),
    "a number": ('"amount": 100', "not-a-decimal"),
    "too many decimals": ('"amount": "1.001"', None),
    "negative": ('"amount": "-5.00"', None),
    "huge": ('"amount": "99999999999999999999"', None),
    "U+0000": ('"amount": "1.00", "channel": "a\\u0000b"', None),
    "a lone surrogate": ('"amount": "1.00", "channel": "\\ud800"', None),
    "no date": ('"amount": "1.00", "value_on": "2025-13-45"', None),
}


@pytest.mark.parametrize(("field", "code"), BAD.values(), ids=BAD)
async def test_a_bad_event_is_rejected_alone_and_without_echo(ingest, field, code):
    await report(ingest, opened())
    marker = "SECRETMARK"
    bad = json.dumps(paid(marker)).replace('"kind": "repayment"', f'"kind": "repayment", {field}')  # the last counts
    body = f"[{json.dumps(paid('P1'))}, {bad}, {json.dumps(paid('P2'))}]".encode()
    answer = await ingest.http.post("/v1/events", content=body, headers={"content-type": BATCH})
    receipt = answer.json()
    assert (answer.status_code, receipt["accepted"], receipt["rejected"]) == (202, 2, 1), answer.text
    assert code is None or receipt["items"][0]["reason"] == code
    assert marker not in json.dumps([{**item, "id": None} for item in receipt["items"]])
    assert await ingest.sql("select count(*) from facts") == [(3,)]


UNREADABLE = {
    "no JSON": (b"{nope", 400),
    "not an array": (b"{}", 400),
    "bad UTF-8": (b'[{"id": "\xff"}]', (202, 400)),
    "ten megabytes": (b"[" + b" " * 10_000_000 + b"]", 413),
    "nested without end": (b"[" * 100_000, 400),
    "too many events": (b"[" + b"{}," * 1000 + b"{}]", 413),
}


@pytest.mark.parametrize(("body", "status"), UNREADABLE.values(), ids=UNREADABLE)
async def test_an_unreadable_body_stores_nothing_and_is_a_problem(ingest, body, status):
    answer = await ingest.http.post("/v1/events", content=body, headers={"content-type": BATCH})
    assert answer.status_code == status or answer.status_code in (status if isinstance(status, tuple) else ())
    assert answer.status_code == 202 or answer.headers["content-type"] == "application/problem+json"
    assert await ingest.sql("select count(*) from facts") == [(0,)]


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
