"""A voided fact never was: its names are free again, and nothing of another fact goes with it."""

import pytest

from tests.ingest.posting import close_days, event, opened, owed, paid, report, reversed_, verdicts, voided

pytestmark = pytest.mark.postgres


def again(payment: str, amount: str, id_: str, **more) -> dict:
    """A payment under a known payment id, as an event of its own."""
    return paid(payment, amount=amount, **more) | {"id": id_}


async def test_a_payment_id_is_free_again_once_its_payment_is_voided(ingest):
    await report(ingest, opened(), paid("P1"))
    assert verdicts(await report(ingest, again("P1", "40.00", "second"))) == [(0, "contradicted", "contradiction")]
    assert (await report(ingest, voided("pay-P1")))["accepted"] == 1
    assert (await report(ingest, again("P1", "40.00", "second")))["accepted"] == 1
    assert await owed(ingest) == "260.00"
    assert verdicts(await report(ingest, paid("P1"))) == [(0, "duplicate", None)]  # its event stays known


async def test_a_void_and_what_takes_its_place_may_come_in_one_call(ingest):
    await report(ingest, opened(), paid("P1"))
    receipt = await report(ingest, voided("pay-P1"), again("P1", "40.00", "second"), voided("second"),
                           again("P1", "30.00", "third"))  # fmt: skip
    assert receipt["accepted"] == 4, receipt
    assert await owed(ingest) == "270.00"


async def test_a_reversal_goes_with_its_payment_and_not_with_the_next_of_that_name(ingest):
    await report(ingest, opened(), paid("P1"), reversed_("P1", on="2025-01-20"))
    await close_days(ingest, "2025-02-05")
    await report(ingest, voided("pay-P1"), again("P1", "40.00", "second"))
    assert await owed(ingest) == "260.00"
    second = reversed_("P1", on="2025-02-01") | {"id": "rev-second"}
    assert (await report(ingest, second))["accepted"] == 1
    assert await owed(ingest) == "300.00"


async def test_voiding_the_reversal_of_a_voided_payment_leaves_the_next_reversal_of_that_name_alone(ingest):
    await report(ingest, opened(), paid("P1"), reversed_("P1"), voided("pay-P1"), again("P1", "40.00", "second"))
    await report(ingest, reversed_("P1") | {"id": "rev-second"})
    assert (await report(ingest, voided("rev-P1")))["accepted"] == 1
    await close_days(ingest, "2025-02-25")
    assert await owed(ingest) == "300.00"
    said = [one for one in (await ingest.get("/v1/customers/C1/events"))["items"] if one["type"] == "FactVoided"]
    assert '"voided"' in said[0]["data"]
    assert '"voided"' not in said[1]["data"]  # nothing was undone, and nobody is told that anything was


async def test_voiding_a_payment_twice_never_strikes_its_twin(ingest):
    await report(ingest, opened(), paid("P1"), paid("P2"))
    first, second, third = voided("pay-P1"), voided("pay-P1", by="other"), voided("pay-P1", by="third")
    assert (await report(ingest, first, second))["accepted"] == 1
    assert verdicts(await report(ingest, third)) == [(0, "duplicate", None)]
    assert await owed(ingest) == "200.00"


async def test_reversing_a_voided_payment_never_touches_its_twin(ingest):
    await report(ingest, opened(), paid("P1"), paid("P2"), voided("pay-P1"))
    assert verdicts(await report(ingest, reversed_("P1"))) == [(0, "held", "unknown-payment")]
    await close_days(ingest, "2025-02-25")
    assert await owed(ingest) == "200.00"
    await report(ingest, again("P1", "40.00", "second"))
    assert (await owed(ingest), (await ingest.get("/v1/held"))["items"]) == ("200.00", [])


async def test_a_reversal_behind_the_void_of_its_payment_in_one_call_is_held(ingest):
    await report(ingest, opened(), paid("P1"), paid("P2"))
    assert verdicts(await report(ingest, voided("pay-P1"), reversed_("P1"))) == [(1, "held", "unknown-payment")]
    assert await owed(ingest) == "200.00"


async def test_what_was_known_before_the_void_is_still_known(ingest):
    await report(ingest, opened(), paid("P1"))
    await ingest.put("/v1/clock", {"now": "2025-02-10T00:00:00Z"})
    await report(ingest, voided("pay-P1"), again("P1", "40.00", "second"))
    assert await owed(ingest, known_at="2025-02-09T00:00:00Z") == "200.00"
    assert await owed(ingest) == "260.00"


async def test_a_void_says_nothing_of_its_own_about_loan_or_money(ingest):
    await report(ingest, opened(), opened("L2", "C2"), paid("P1"))
    false = voided("pay-P1")
    false["data"] |= {"loan_id": "L2", "amount": "99.00", "value_on": "2025-01-01", "voided": "LoanOpened"}
    assert (await report(ingest, false))["accepted"] == 1
    assert (await owed(ingest), await owed(ingest, "L2")) == ("300.00", "300.00")


async def test_identities_that_look_alike_when_joined_are_two(ingest):
    await report(ingest, opened())
    one, other = paid("P1") | {"source": "/a|b", "id": "c"}, paid("P2") | {"source": "/a", "id": "b|c"}
    await report(ingest, one, other)
    voids = voided("c", source="/a|b"), voided("b|c", source="/a")
    assert (await report(ingest, *voids))["accepted"] == 2
    assert await owed(ingest) == "300.00"


async def test_a_voided_opening_leaves_no_loan_and_its_id_to_another_borrower(ingest):
    await report(ingest, opened(), paid("P1"))
    assert verdicts(await report(ingest, voided("open-L1"))) == [(0, "rejected", "loan-has-facts")]
    await report(ingest, voided("pay-P1"), voided("open-L1", by="second-try"))
    assert (await ingest.http.get("/v1/loans/L1")).status_code == 404
    assert (await ingest.http.get("/v1/loans/L1/position")).status_code == 404
    assert (await ingest.get("/v1/portfolio/aging"))["buckets"] == []
    assert verdicts(await report(ingest, paid("P2"))) == [(0, "held", "unknown-loan")]
    assert (await report(ingest, opened(customer="C2", id_="re-opened")))["accepted"] == 1
    assert (await ingest.get("/v1/loans/L1"))["customer_id"] == "C2"
    assert await owed(ingest) == "200.00"


async def test_a_loan_opened_and_voided_in_one_call_was_never_there(ingest):
    assert (await report(ingest, opened(), voided("open-L1")))["accepted"] == 2
    assert (await ingest.http.get("/v1/loans/L1")).status_code == 404


async def test_a_void_of_what_is_not_known_yet_is_held_for_it(ingest):
    assert verdicts(await report(ingest, opened(), voided("pay-P1"))) == [(1, "held", "unknown-fact")]
    await report(ingest, paid("P1"))
    assert await owed(ingest) == "300.00"
    assert (await report(ingest, again("P1", "40.00", "second")))["accepted"] == 1
    assert await owed(ingest) == "260.00"


async def test_a_voided_revision_leaves_its_name_to_another(ingest):
    def revised(id_: str, due: str) -> dict:
        rows = [{"number": 1, "due_on": due, "principal": "300.00"}]
        return event("loan.rescheduled", id_, loan_id="L1", revision_id="R1", kind="reage",
                     effective_on="2025-01-20", instalments=rows)  # fmt: skip

    await report(ingest, opened(), revised("first", "2025-06-01"), voided("first"))
    assert (await report(ingest, revised("second", "2025-07-01")))["accepted"] == 1
    await close_days(ingest, "2025-01-31")
    assert (await ingest.get("/v1/loans/L1/position"))["next_due_on"] == "2025-07-01"
