"""What an amount is made of, on both sides of each step of the allocation."""

from datetime import date
from decimal import Decimal

import pytest

from services.ingest.domain.components import composition
from services.ingest.domain.policies import Policy
from services.ingest.domain.position import loan_from
from shared.events.repayments import (
    BalanceAdjusted,
    ChargebackPosted,
    FactVoided,
    FeeCharged,
    Instalment,
    LoanImported,
    LoanOpened,
    LoanRescheduled,
    PaymentReversed,
    UnpaidPart,
)
from tests.ingest.builders import Bank, day, paid

ORDER = ("penalties", "fees", "interest", "principal")
LATE = day("02-20")


def opened() -> LoanOpened:
    """Two instalments of 100 principal, 10 interest, 5 fees: due on 15 January and 15 February."""
    rows = tuple(
        Instalment(n, day(on), Decimal(100), interest=Decimal(10), fees=Decimal(5))
        for n, on in enumerate(("01-15", "02-15", "03-15"), start=1)
    )
    return LoanOpened("L1", "C1", "personal", "EUR", Decimal(300), day("01-01"), instalments=rows)


def after(*facts, opening=None, on: date = LATE, policy: Policy = Policy()):  # noqa: B008
    """What is past due and what is owed on *on*, in the order penalties, fees, interest, principal."""
    bank = Bank()
    for hour, fact in enumerate((opening or opened(), *facts)):
        said = bank.post(fact, "01-20", hour)
        assert not hasattr(said, "code"), said
    made = composition(bank.facts, loan_from(bank.facts), on, policy)
    return tuple(tuple(int(parts[one]) for one in ORDER) for parts in (made.delinquent, made.outstanding))


def penalty(amount, on="02-01", kind="penalty"):
    return FeeCharged("F1", "L1", Decimal(amount), day(on), kind)


def adjusted(component, amount, instalment=2, kind="correction"):
    return BalanceAdjusted("A1", "L1", component, Decimal(amount), day("01-20"), kind, instalment)


def revision(on="01-20"):
    row = Instalment(1, day("02-10"), Decimal(250), interest=Decimal(20))
    return LoanRescheduled("L1", "R1", "reage", day(on), (row,))


CASES = {
    "nothing paid": ((), (0, 10, 20, 200), (0, 15, 30, 300)),
    "fees are paid first": ((paid("5", "01-15"),), (0, 5, 20, 200), (0, 10, 30, 300)),
    "then interest": ((paid("15", "01-15"),), (0, 5, 10, 200), (0, 10, 20, 300)),
    "then principal": ((paid("16", "01-15"),), (0, 5, 10, 199), (0, 10, 20, 299)),
    "all of the first instalment": ((paid("115", "01-15"),), (0, 5, 10, 100), (0, 10, 20, 200)),
    "a cent more goes to the fees of the next": ((paid("116", "01-15"),), (0, 4, 10, 100), (0, 9, 20, 200)),
    "a penalty is paid before everything on its instalment": (
        (penalty(7), paid("120", "01-15")), (2, 5, 10, 100), (2, 10, 20, 200),
    ),
    "a fee beside the fees": ((penalty(7, kind="fee"),), (0, 17, 20, 200), (0, 22, 30, 300)),
    "interest waived": ((adjusted("interest", -4, kind="waiver"),), (0, 10, 16, 200), (0, 15, 26, 300)),
    "more waived than there was of it takes from the rest": (
        (adjusted("interest", -18, kind="waiver"),), (0, 5, 10, 197), (0, 10, 20, 297),
    ),
    "interest accrued": ((adjusted("interest", 4, kind="accrual"),), (0, 10, 24, 200), (0, 15, 34, 300)),
    "a chargeback brings back principal": (
        (paid("115", "01-15"), ChargebackPosted("B", "L1", Decimal(30), day("01-20"))),
        (0, 5, 10, 130), (0, 10, 20, 230),
    ),
    "a new schedule, older instalments cut to what was paid on them": (
        (paid("15", "01-15"), revision()), (0, 0, 20, 250), (0, 0, 20, 250),
    ),
    "a payment reversed after the new schedule opens what it had paid": (
        (paid("8", "01-15"), revision(), PaymentReversed("P1", "L1", day("01-21"))), (0, 5, 23, 250), (0, 5, 23, 250),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "delinquent", "outstanding"), CASES.values(), ids=CASES)
def test_money_pays_an_instalment_in_the_order_of_the_product(facts, delinquent, outstanding):
    assert after(*facts) == (delinquent, outstanding)


def test_another_product_lets_money_pay_principal_first():
    principal_first = Policy(allocation=("principal", "interest", "fees", "penalties"))
    assert after(penalty(7), paid("120", "01-15"), policy=principal_first)[0] == (7, 5, 10, 95)


def test_of_a_loan_taken_over_what_was_unpaid_is_owed():
    opening = opened()
    fields = {name: getattr(opening, name) for name in opening.__dataclass_fields__}
    unpaid = (UnpaidPart(2, Decimal(40), interest=Decimal(3)),)
    imported = LoanImported(**fields, as_of=day("02-16"), unpaid=unpaid)
    assert after(opening=imported) == ((0, 0, 3, 40), (0, 5, 13, 140))


def test_a_voided_fee_leaves_its_name_to_a_penalty():
    bank = Bank()
    for fact in (opened(), penalty(7, kind="fee"), FactVoided("/core", "2"), penalty(9)):
        bank.post(fact, "01-20")
    made = composition(bank.facts, loan_from(bank.facts), LATE)
    assert (made.delinquent["penalties"], made.delinquent["fees"]) == (9, 10)


def test_an_early_chargeback_is_past_due_as_principal_and_nothing_else_of_its_instalment():
    facts = (paid("230", "01-15"), ChargebackPosted("B", "L1", Decimal(30), day("02-16")))
    assert after(*facts) == ((0, 0, 0, 30), (0, 5, 10, 130))


def test_a_loan_that_is_not_active_owes_nothing_and_a_revolving_one_has_no_components():
    assert after(on=day("2024-12-31")) == ((0, 0, 0, 0), (0, 0, 0, 0))
    bank = Bank()
    bank.post(LoanOpened("L1", "C1", "card", "EUR", Decimal(0), day("01-01"), kind="revolving"))
    assert composition(bank.facts, loan_from(bank.facts), LATE) is None
