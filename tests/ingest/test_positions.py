"""Positions at their doors: what an amount is made of, other bucket sets, and a borrower with several loans."""

import pytest

from services.ingest.store.facts import LOANS_MAX
from tests.ingest.posting import close_days, event, opened, paid, report

pytestmark = pytest.mark.postgres


def with_interest(loan: str = "L1") -> dict:
    made = opened(loan)
    for row in made["data"]["instalments"]:
        row |= {"interest": "12.00", "fees": "3.00"}
    return made


async def test_what_is_owed_is_told_by_component(ingest):
    penalty = event("fee.charged", "F1", fee_id="F1", loan_id="L1", amount="5.00", due_on="2025-01-20", kind="penalty")
    await report(ingest, with_interest(), penalty, paid("P1", amount="9.50"))
    await close_days(ingest, "2025-02-05")
    position = await ingest.get("/v1/loans/L1/position")
    assert position["delinquent_components"] == {
        "penalties": "0", "fees": "0", "interest": "10.50", "principal": "100.00",
    }  # fmt: skip
    assert sum(float(one) for one in position["outstanding_components"].values()) == float(position["outstanding"])
    before = await ingest.get("/v1/loans/L1/position", known_at="2025-01-31T00:00:00Z", as_of="2025-02-05")
    assert (await ingest.http.get("/v1/loans/L1/position?known_at=2024-01-01T00:00:00Z")).status_code == 404
    assert before["delinquent_components"] == position["delinquent_components"]


async def test_a_position_may_show_several_bucket_sets(ingest):
    await report(ingest, opened())
    await close_days(ingest, "2025-02-05")
    position = await ingest.get("/v1/loans/L1/position", bucket_set=["cn-m", "cn-5"])
    assert (position["bucket"], position["buckets"]) == ("4-30", {"cn-m": "M1", "cn-5": "special_mention"})
    assert "buckets" not in await ingest.get("/v1/loans/L1/position")
    refused = await ingest.http.get("/v1/loans/L1/position?bucket_set=SECRETMARK")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown-bucket-set")
    assert "SECRETMARK" not in refused.text


@pytest.mark.parametrize(("count", "status"), [(8, 200), (9, 422)])
async def test_up_to_eight_bucket_sets_are_shown_at_once(ingest, count, status):
    await report(ingest, opened())
    query = "&".join(["bucket_set=cn-m"] * count)
    assert (await ingest.http.get(f"/v1/loans/L1/position?{query}")).status_code == status


async def test_a_borrower_is_as_late_as_the_worst_of_the_loans(ingest):
    earlier = opened("L2")
    for row in earlier["data"]["instalments"]:
        row["due_on"] = row["due_on"].replace("2025-02-01", "2025-01-20")
    dollars = opened("L3", months=1)
    dollars["data"]["currency"] = "USD"
    await report(ingest, opened("L1"), earlier, dollars, paid("P3", "L3"), opened("X", "C2"))
    assert (await ingest.get("/v1/customers/C1/position"))["past_due_days"] == 0  # no day is closed yet
    await close_days(ingest, "2025-02-05")
    found = await ingest.get("/v1/customers/C1/position")
    assert (found["worst_loan_id"], found["past_due_days"], found["delinquent_days"]) == ("L2", 16, 16)
    assert (found["bucket"], found["overdue_since"]) == ("4-30", "2025-01-20")
    assert found["totals"] == [
        {"currency": "CNY", "loans": 2, "loans_past_due": 2, "outstanding": "600.00", "delinquent_amount": "200.00"},
        {"currency": "USD", "loans": 1, "loans_past_due": 0, "outstanding": "0.00", "delinquent_amount": "0"},
    ]
    assert [one["loan_id"] for one in found["loans"]] == ["L1", "L2", "L3"]


async def test_a_borrower_with_nothing_past_due_has_no_worst_loan(ingest):
    await report(ingest, opened(), paid("P1"))
    await close_days(ingest, "2025-02-05")
    found = await ingest.get("/v1/customers/C1/position")
    assert (found["worst_loan_id"], found["past_due_days"], found["overdue_since"]) == (None, 0, None)
    late = await ingest.get("/v1/customers/C1/position", as_of="2025-03-05")
    assert (late["worst_loan_id"], late["past_due_days"]) == ("L1", 4)


async def test_a_claim_written_off_is_the_worst(ingest):
    await report(ingest, opened("L1"), opened("L2"), event("loan.charged_off", "CO", loan_id="L2", on="2025-01-20"))
    await close_days(ingest, "2025-02-05")
    assert (await ingest.get("/v1/customers/C1/position"))["worst_loan_id"] == "L2"


async def test_nobody_of_that_name_is_known(ingest):
    assert (await ingest.http.get("/v1/customers/nobody/position")).status_code == 404
    refused = await ingest.http.get("/v1/customers/SECRETMARK%00/position")
    assert (refused.status_code, "SECRETMARK" in refused.text) == (422, False)


@pytest.mark.parametrize(("count", "status"), [(LOANS_MAX, 200), (LOANS_MAX + 1, 422)])
async def test_up_to_a_hundred_loans_are_read_together(ingest, count, status):
    await report(ingest, *(opened(f"L{n}", months=1) for n in range(count)))
    assert (await ingest.http.get("/v1/customers/C1/position")).status_code == status
