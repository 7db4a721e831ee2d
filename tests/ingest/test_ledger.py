"""What a void does to the money received, as it is told to those who count it."""

from decimal import Decimal

import pytest

from shared.events import ChargebackPosted, FactVoided, FeeCharged, PaymentReversed
from tests.ingest.builders import Bank, day, monthly, paid

PAYMENT = paid("100.00", "01-15")
REVERSAL = PaymentReversed("P1", "L1", day("01-20"))
CHARGEBACK = ChargebackPosted("B1", "L1", Decimal("40.00"), day("01-18"), "P1")
FEE = FeeCharged("F1", "L1", Decimal("5.00"), day("02-01"), "fee")

# The facts posted, and which of them are then voided; the last void is looked at.
CASES = {
    "a payment no longer counts": ((PAYMENT,), (0,), ("100.00", "01-15")),
    "a reversed payment did not count any more": ((PAYMENT, REVERSAL), (0,), None),
    "a payment whose reversal never was counts again": ((PAYMENT, REVERSAL), (1,), ("-100.00", "01-15")),
    "a payment is voided once": ((PAYMENT,), (0, 0), None),
    "the reversal of a voided payment is nothing": ((PAYMENT, REVERSAL), (0, 1), None),
    "a payment whose reversal was voided": ((PAYMENT, REVERSAL), (1, 0), ("100.00", "01-15")),
    "money charged back counts again": ((PAYMENT, CHARGEBACK), (1,), ("-40.00", "01-18")),
    "a fee is not money received": ((FEE,), (0,), None),
}


@pytest.mark.parametrize(("facts", "voids", "expected"), CASES.values(), ids=CASES)
def test_a_void_says_which_money_no_longer_counts(facts, voids, expected):
    bank = Bank()
    bank.post(monthly())
    ids = []
    for fact in facts:
        bank.post(fact)
        ids.append(bank.facts[-1].posted.id)
    for index in voids:
        (said, *_) = bank.post(FactVoided("/core", ids[index]))
    amount, value_on = expected or (None, None)
    assert (said.amount, said.value_on) == (amount and Decimal(amount), value_on and day(value_on))
    assert bank.state.withdrawn is None


def test_the_money_of_another_payment_stays():
    bank = Bank()
    bank.post(monthly())
    bank.post(PAYMENT)
    first = bank.facts[-1].posted.id
    bank.post(paid("30.00", "01-16", "P2"))
    (said, *_) = bank.post(FactVoided("/core", first))
    assert said.amount == Decimal("100.00")
    assert [one.amount for one in bank.state.loans["L1"].credits] == [Decimal("30.00")]
