"""The days facts may speak of, on both sides of both ends; and that at the ends every reckoning still works."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.ingest.domain.dates import FIRST_DAY, LAST_DAY, refuse_dates
from services.ingest.domain.history import history
from shared.events.repayments import (
    DelinquencyPaused,
    FeeCharged,
    Instalment,
    LoanImported,
    LoanRescheduled,
    PaymentReceived,
    UnpaidPart,
)
from tests.ingest.builders import CONTEXT, Bank, day, loan, monthly, paid, types_of

ONE_DAY = timedelta(days=1)
ONE = Decimal(1)
FACTS = {
    "a payment": (lambda on: PaymentReceived("P", "L1", ONE, on, "repayment"), "/value_on"),
    "a pause's start": (lambda on: DelinquencyPaused("L1", on, day("01-01")), "/from_on"),
    "a pause's end": (lambda on: DelinquencyPaused("L1", day("01-01"), on), "/until_on"),
    "a fee": (lambda on: FeeCharged("F", "L1", ONE, on, "fee"), "/due_on"),
    "an instalment": (lambda on: revised(due("01-01"), due(on)), "/instalments/1"),
    "an instalment's period": (lambda on: revised(due("01-01", from_on=on)), "/instalments/0"),
    "an import": (lambda on: imported(as_of=on), "/as_of"),
}  # fmt: skip


def due(on, **more):
    return Instalment(1, day(on) if isinstance(on, str) else on, ONE, **more)


def revised(*instalments):
    return LoanRescheduled("L1", "R", "reage", day("01-01"), instalments)


def imported(as_of):
    opening = monthly(1)
    fields = {name: getattr(opening, name) for name in opening.__dataclass_fields__}
    return LoanImported(**fields, as_of=as_of, unpaid=(UnpaidPart(1, ONE),))


@pytest.mark.parametrize(("made", "pointer"), FACTS.values(), ids=FACTS)
def test_a_date_outside_of_every_calendar_of_loans_is_refused_with_its_place(made, pointer):
    for inside in (FIRST_DAY, LAST_DAY):
        assert refuse_dates(made(inside)) is None
    for outside in (FIRST_DAY - ONE_DAY, LAST_DAY + ONE_DAY, date.min, date.max):
        refusal = refuse_dates(made(outside))
        assert (refusal.code, refusal.pointers) == ("date-out-of-range", (pointer,))


def test_at_the_last_day_everything_is_still_reckoned():
    bank = Bank()
    bank.close("01-20")
    said = [
        bank.post(loan(("01-15", "100"), ("2199-12-31", "100"))),
        bank.post(DelinquencyPaused("L1", day("01-16"), LAST_DAY)),
        bank.post(paid("50", "2199-12-31")),
        bank.post(FeeCharged("F", "L1", ONE, LAST_DAY, "fee")),
    ]
    assert all(types_of(one) for one in said)
    bank.close("03-01")
    assert history(bank.facts, bank.today, CONTEXT)[-1].bucket == "1-3"  # nothing was counted since the pause


def test_a_pause_of_centuries_is_reckoned_at_once():
    bank = Bank()
    bank.close("01-01")
    bank.post(loan(("01-15", "100"), grace=3))
    bank.post(DelinquencyPaused("L1", day("01-10"), LAST_DAY))
    bank.close("06-01")
    assert bank.state.loans["L1"].standing.bucket is None
    assert bank.wake_at() is not None
