"""What a dispute showed to be wrong stays on hold until core banking puts it right, or a person says go on."""

from decimal import Decimal

import pytest

from services.contact.domain.commands import EndHold
from shared.events import (
    BalanceAdjusted,
    ContactPlanned,
    DisputeRaised,
    DisputeResolved,
    FactVoided,
    HoldEnded,
    HoldPlaced,
    LoanClosed,
)
from tests.contact.borrowers import a_late_borrower, at, day, disputed, late, opened, paid


def upheld(outcome: str = "upheld", kind: str = "amount", loan_ids: tuple[str, ...] = ("L1",)):
    """A borrower whose dispute of *loan_ids* was found to be right."""
    told = a_late_borrower().hears(DisputeRaised("D1", loan_ids, kind, day("03-05")))
    told.now = at("03-06 10:00")
    return told.hears(DisputeResolved("D1", loan_ids, outcome, day("03-06")))


def corrected(kind: str, amount: str = "-50.00", loan_id: str = "L1") -> BalanceAdjusted:
    return BalanceAdjusted("B1", loan_id, "fees", Decimal(amount), day("03-06"), kind)


def voided(what: str) -> FactVoided:
    return FactVoided("core", "E1", "L1", what, "X1")


@pytest.mark.parametrize("outcome", ["upheld", "partly_upheld"])
@pytest.mark.parametrize("kind", ["not_mine", "amount", "identity_theft", "already_settled", "other"])
def test_a_dispute_found_right_holds_on_until_it_is_put_right(outcome, kind):
    told = upheld(outcome, kind)
    assert told.tells()[:2] == ["HoldEnded", "HoldPlaced"]
    [placed] = told.of(HoldPlaced)
    assert (placed.kind, placed.because) == ("identity_theft" if kind == "identity_theft" else "dispute", "D1")
    assert placed.person_releases
    told.hears(late("03-06", "03-01", "90.00"), late("03-07", "03-01", "95.00"))
    assert told.of(ContactPlanned) == []
    assert told.borrower.step is None


PUT_RIGHT = {
    "by a correction": corrected("correction"),
    "by a waiver": corrected("waiver"),
    "by voiding a fee": voided("FeeCharged"),
    "by voiding a reversal": voided("PaymentReversed"),
    "by voiding the loan": voided("LoanOpened"),
    "by closing the loan": LoanClosed("L1", day("03-06")),
}
NOT_PUT_RIGHT = {
    "another day's interest": corrected("accrual", "1.00"),
    "a correction upwards": corrected("correction", "10.00"),
    "a correction of another loan": corrected("correction", loan_id="L2"),
    "a payment that never was": voided("PaymentReceived"),
    "a waiver that never was": voided("BalanceAdjusted"),
    "a closing that never was": voided("LoanClosed"),
    "money": paid("03-06", "40.00"),
}


@pytest.mark.parametrize("fact", PUT_RIGHT.values(), ids=PUT_RIGHT)
def test_what_was_found_right_is_put_right(fact):
    assert upheld().hears(fact).the(HoldEnded).reason == "resolved"


@pytest.mark.parametrize("fact", NOT_PUT_RIGHT.values(), ids=NOT_PUT_RIGHT)
def test_what_was_found_right_is_not_put_right_by(fact):
    told = upheld().hears(fact)
    assert (told.of(HoldEnded), told.of(ContactPlanned)) == ([], [])


def test_a_stolen_identity_is_not_put_right_by_another_amount():
    told = upheld(kind="identity_theft").hears(corrected("correction"))
    assert told.of(HoldEnded) == []
    assert told.hears(voided("LoanOpened")).the(HoldEnded).kind == "identity_theft"


def test_what_was_found_right_is_put_right_loan_by_loan():
    told = upheld(loan_ids=("L1", "L2")).hears(opened("L2"), corrected("correction"))
    assert [hold.names for hold in told.borrower.holds] == [("L2",)]


def test_a_person_may_go_on_with_what_was_found_right():
    told = upheld()
    [hold] = told.borrower.holds
    assert told.hears(EndHold(hold.id, "lead")).the(ContactPlanned)


def test_what_was_found_right_holds_on_even_where_a_person_had_let_contact_go_on():
    told = a_late_borrower().hears(disputed())
    [hold] = told.borrower.holds
    told.hears(EndHold(hold.id, "lead"))
    assert told.hears(DisputeResolved("D1", ("L1",), "upheld", day("03-06"))).the(HoldPlaced).kind == "dispute"
    assert told.borrower.step is None
