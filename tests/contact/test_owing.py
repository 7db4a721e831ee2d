"""What is still owed: money whose arrival was accepted is asked of nobody, whatever day it counts from."""

from decimal import Decimal

import pytest

from services.contact.domain.owing import coming_due, owing
from shared.events import (
    BalanceAdjusted,
    ContactCancelled,
    ContactPlanned,
    FactVoided,
    LoanAccelerated,
    LoanChargedOff,
    LoanCured,
    LoanRescheduled,
    PaymentReversed,
    ScheduleRestored,
)
from tests.contact.borrowers import Told, assessed, at, coming, day, late, opened, paid, profile


def a_current_borrower(now: str = "03-05 10:00") -> Told:
    """Nothing is past due."""
    return Told(at(now)).hears(opened(), profile(), late("02-01", None, "0.00", stage="current"))


OWED = {
    "counts from the day after the figure": ("03-07", "0.00"),
    "counts from the figure's own day, which contains it": ("03-06", "100.00"),
}


@pytest.mark.parametrize(("value_on", "owed"), OWED.values(), ids=OWED)
def test_money_accepted_before_anything_was_due_is_not_asked_for_if_it(value_on, owed):
    told = a_current_borrower().hears(paid(value_on), late("03-06", "03-06", "100.00"))
    assert told.borrower.loans["L1"].owed == Decimal(owed)
    assert bool(told.of(ContactPlanned)) == (owed != "0.00")


def test_money_accepted_in_part_before_anything_was_due_lowers_what_is_asked():
    told = a_current_borrower().hears(paid("03-10", "60.00"), late("03-06", "03-06", "100.00"))
    assert told.borrower.loans["L1"].owed == Decimal("40.00")


def test_money_that_counts_after_a_cure_is_not_forgotten_with_it():
    told = a_current_borrower().hears(late("03-04", "03-03", "100.00"), paid("03-10"))
    told.hears(LoanCured("L1", day("03-05"), "waiver", day("03-03")), late("03-06", "03-06", "100.00"))
    assert owing(told.borrower) == ()


def test_money_that_counted_before_a_cure_is_forgotten_with_it():
    told = a_current_borrower().hears(late("03-04", "03-03", "100.00"), paid("03-05"))
    told.hears(LoanCured("L1", day("03-05"), "payment", day("03-03")))
    assert told.borrower.loans["L1"].payments == ()


REMINDED = {
    "all of it": ("03-08", "100.00", "0.00"),
    "more than it": ("03-08", "130.00", "0.00"),
    "a part of it": ("03-08", "60.00", "40.00"),
    "what its amount contains already": ("03-05", "60.00", "100.00"),
    "what counts from the day after": ("03-06", "60.00", "40.00"),
}


@pytest.mark.parametrize(("value_on", "amount", "unpaid"), REMINDED.values(), ids=REMINDED)
def test_an_instalment_that_comes_due_is_lowered_by_money_accepted_before(value_on, amount, unpaid):
    told = a_current_borrower().hears(assessed(willingness=50), paid(value_on, amount), coming("03-08"))
    known = told.borrower.loans["L1"].coming
    assert known is not None
    assert known.unpaid == Decimal(unpaid)
    assert bool(coming_due(told.borrower, day("03-05"))) == bool(known.unpaid)
    assert (told.borrower.step is None) == (not known.unpaid)


def test_money_goes_first_to_what_is_past_due():
    told = a_current_borrower().hears(late("03-04", "03-03", "50.00"), paid("03-10", "120.00"), coming("03-08"))
    known = told.borrower.loans["L1"].coming
    assert known is not None
    assert known.unpaid == Decimal("30.00")


@pytest.mark.parametrize(
    "fact",
    [
        PaymentReversed("P-L1-03-10", "L1", day("03-06")),
        FactVoided("core", "E1", "L1", "PaymentReceived", "P-L1-03-10"),
    ],
    ids=["reversed", "voided"],
)
def test_money_that_did_not_come_is_asked_for_when_it_is_due(fact):
    told = a_current_borrower().hears(paid("03-10"), fact, late("03-06", "03-06", "100.00"))
    assert told.the(ContactPlanned)


DUE_OTHERWISE = {
    "another schedule from then on": (LoanRescheduled("L1", "R1", "extension", day("03-08"), ()), True),
    "another schedule from later on": (LoanRescheduled("L1", "R1", "extension", day("03-09"), ()), False),
    "another loan's schedule": (LoanRescheduled("L2", "R1", "extension", day("03-08"), ()), False),
    "the schedule of before": (ScheduleRestored("L1", "R1", day("03-08")), True),
    "all of it due": (LoanAccelerated("L1", day("03-06")), True),
    "written off": (LoanChargedOff("L1", day("03-06")), True),
    "a schedule that never was": (FactVoided("core", "E1", "L1", "LoanRescheduled", "R1"), True),
    "a part waived": (BalanceAdjusted("B1", "L1", "interest", Decimal("-5.00"), day("03-06"), "waiver"), True),
    "a day's interest": (BalanceAdjusted("B1", "L1", "interest", Decimal("1.00"), day("03-06"), "accrual"), False),
}


@pytest.mark.parametrize(("fact", "is_over"), DUE_OTHERWISE.values(), ids=DUE_OTHERWISE)
def test_nobody_is_reminded_of_a_date_and_an_amount_that_are_no_longer_due(fact, is_over):
    told = a_current_borrower().hears(assessed(willingness=50), opened("L2"), coming("03-08"))
    assert told.borrower.step is not None
    told.hears(fact)
    assert [one.reason for one in told.of(ContactCancelled)] == (["replanned"] if is_over else [])
    assert (told.borrower.step is None) == is_over
    assert told.hears(coming("03-10")).borrower.step is not None


def test_years_of_payments_on_time_are_not_kept():
    told = a_current_borrower()
    for month in range(3, 9):
        told.hears(paid(f"{month:02}-01", "100.00"), coming(f"{month:02}-10"))
    assert len(told.borrower.loans["L1"].payments) <= 1


def test_of_more_payments_underway_than_are_told_apart_the_first_to_count_are_added_up():
    told = a_current_borrower()
    told.hears(paid("09-01", "1.00", payment_id="far"), *(paid("03-09", "2.00", payment_id=f"P{n}") for n in range(8)))
    payments = told.borrower.loans["L1"].payments
    assert len(payments) == 8
    assert sum(one.amount for one in payments) == Decimal("17.00")
    assert [(one.payment_id, one.amount) for one in payments if one.value_on == day("09-01")] == [
        ("far", Decimal("1.00"))
    ]


def test_no_reversal_takes_back_money_that_was_added_up_with_it():
    told = a_current_borrower().hears(*(paid("03-09", "100.00", payment_id=f"P{n}") for n in range(9)))
    told.hears(PaymentReversed("P0", "L1", day("03-06")), late("03-06", "03-06", "800.00"))
    assert owing(told.borrower) == ()
