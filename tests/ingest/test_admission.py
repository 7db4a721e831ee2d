"""Facts that make no sense are refused by name, with a pointer, and without repeating what was sent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.ingest.domain.facts import FACTS, makes_known, name_of, needs_of
from shared.events.repayments import (
    BalanceAdjusted,
    ChargebackPosted,
    DelinquencyPaused,
    DelinquencyResumed,
    FactVoided,
    FeeCharged,
    Instalment,
    LoanChargedOff,
    LoanClosed,
    LoanOpened,
    LoanRescheduled,
    PaymentReversed,
    ScheduleRestored,
    StatementIssued,
)
from shared.refusal import Refusal
from tests.ingest.builders import Bank, day, loan, paid, types_of

TWO = loan(("01-10", "100"), ("02-10", "100"))


def rows(*due):
    return tuple(Instalment(number, day(on), Decimal(amount)) for number, on, amount in due)


def lent(*due):
    return replace(TWO, instalments=rows(*due))


def pause(start, end):
    return DelinquencyPaused("L1", day(start), day(end))


def bank_with(*facts, today="01-15"):
    bank = Bank()
    bank.close("01-01")
    for fact in facts:
        assert not isinstance(bank.post(fact), Refusal)
    bank.close(today)
    return bank


OPENINGS = {
    "no instalments": (loan(principal=Decimal(5)), "instalment-count"),
    "numbers fall": (lent((2, "01-10", 100), (1, "02-10", 100)), "instalments-out-of-order"),
    "a number twice": (lent((1, "01-10", 100), (1, "02-10", 100)), "instalments-out-of-order"),
    "due dates fall": (lent((1, "02-10", 100), (2, "01-10", 100)), "instalments-out-of-order"),
    "due before the opening": (replace(TWO, opened_on=day("01-11")), "due-too-early"),
    "an amount below zero": (replace(TWO, instalments=rows((1, "01-10", -1), (2, "02-10", 201))), "amount-negative"),
    "the principal does not add up": (replace(TWO, principal=Decimal(201)), "principal-mismatch"),
    "no principal": (replace(TWO, instalments=rows((1, "01-10", 0)), principal=Decimal(0)), "amount-not-positive"),
    "half a cent": (
        replace(TWO, instalments=rows((1, "01-10", "100.005"), (2, "02-10", "99.995"))), "currency-decimals",
    ),
    "a period that starts after its end": (
        replace(TWO, instalments=(Instalment(1, day("01-10"), Decimal(200), day("01-11")),)), "due-too-early",
    ),
    "a schedule on a revolving account": (replace(TWO, kind="revolving"), "schedule-on-revolving"),
    "a bucket set nobody made": (replace(TWO, bucket_set="nobody-s"), "unknown-bucket-set"),
    "grace for more than a year": (replace(TWO, grace_days=367), "grace-too-long"),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "code"), OPENINGS.values(), ids=OPENINGS)
def test_a_loan_that_makes_no_sense_is_not_opened(fact, code):
    refused = Bank().post(fact)
    assert isinstance(refused, Refusal)
    assert refused.code == code


FINE = {
    "due on the opening day": loan(("01-01", "100"), opened="01-01"),
    "two due on one day": loan(("01-10", "100"), ("01-10", "50")),
    "numbers that skip": replace(TWO, instalments=rows((3, "01-10", 100), (7, "02-10", 100))),
    "an instalment of nothing": replace(TWO, instalments=rows((1, "01-10", 0), (2, "02-10", 200))),
    "a year of grace": replace(TWO, grace_days=366),
    "a revolving account": replace(TWO, kind="revolving", instalments=(), principal=Decimal(0)),
}


@pytest.mark.parametrize("fact", FINE.values(), ids=FINE)
def test_unusual_loans_are_opened(fact):
    assert types_of(Bank().post(fact)) == ["LoanOpened"]


LATER = {
    "a loan opened twice": ([], TWO, "loan-already-opened"),
    "nothing paid": ([], paid("0", "01-15"), "amount-not-positive"),
    "less than nothing paid": ([], paid("-5", "01-15"), "amount-not-positive"),
    "a tenth of a cent": ([], paid("1.001", "01-15"), "currency-decimals"),
    "a payment on a loan nobody knows": ([], replace(paid("5", "01-15"), loan_id="L9"), "unknown-loan"),
    "a reversal of nothing known": ([], PaymentReversed("P9", "L1", day("01-15")), "unknown-payment"),
    "a second reversal": (
        [paid("5", "01-02"), PaymentReversed("P1", "L1", day("01-03"))],
        PaymentReversed("P1", "L1", day("01-15")), "already-reversed",
    ),
    "closed twice": ([LoanClosed("L1", day("01-03"))], LoanClosed("L1", day("01-04")), "already-closed"),
    "closed before it was opened": ([], LoanClosed("L1", day("2024-12-31")), "before-opening"),
    "charged off twice": (
        [LoanChargedOff("L1", day("01-03"))], LoanChargedOff("L1", day("01-04")), "already-charged-off",
    ),
    "a pause of no days": ([], pause("01-15", "01-15"), "pause-without-days"),
    "a pause from before the opening": ([], pause("2024-12-31", "01-20"), "before-opening"),
    "a pause on a closed loan": ([LoanClosed("L1", day("01-03"))], pause("01-15", "01-20"), "loan-not-active"),
    "a pause on an overpaid loan": ([paid("201", "01-02")], pause("01-15", "01-20"), "loan-not-active"),
    "pauses that share a day": ([pause("01-10", "01-20")], pause("01-19", "01-30"), "pauses-overlap"),
    "a pause inside another": ([pause("01-10", "01-20")], pause("01-12", "01-13"), "pauses-overlap"),
    "a pause around another": ([pause("01-10", "01-20")], pause("01-09", "01-21"), "pauses-overlap"),
    "a resume dated tomorrow": ([pause("01-10", "01-20")], DelinquencyResumed("L1", day("01-16")), "resume-not-today"),
    "a resume without a pause": ([], DelinquencyResumed("L1", day("01-15")), "unknown-pause"),
    "a resume after the pause": ([pause("01-10", "01-14")], DelinquencyResumed("L1", day("01-15")), "unknown-pause"),
    "a revision without instalments": (
        [], LoanRescheduled("L1", "R1", "reage", day("01-15"), ()), "instalment-count",
    ),
    "a revision twice": (
        [LoanRescheduled("L1", "R1", "reage", day("01-02"), rows((1, "03-01", 9)))],
        LoanRescheduled("L1", "R1", "reage", day("01-15"), rows((1, "03-01", 9))), "revision-repeats",
    ),
    "undoing a revision nobody knows": ([], ScheduleRestored("L1", "R1", day("01-15")), "unknown-revision"),
    "undoing a revision before it held": (
        [LoanRescheduled("L1", "R1", "reage", day("01-02"), rows((1, "03-01", 9)))],
        ScheduleRestored("L1", "R1", day("01-01")), "restored-too-early",
    ),
    "an adjustment of nothing": (
        [], BalanceAdjusted("A1", "L1", "fees", Decimal(0), day("01-15"), "correction"), "amount-sign",
    ),
    "a waiver that adds": ([], BalanceAdjusted("A1", "L1", "fees", Decimal(1), day("01-15"), "waiver"), "amount-sign"),
    "an adjustment of an instalment there is not": (
        [], BalanceAdjusted("A1", "L1", "fees", Decimal(-1), day("01-15"), "waiver", 9), "unknown-instalment",
    ),
    "a statement on an instalment loan": (
        [], StatementIssued("L1", "2025-01", Decimal(5), day("01-15"), day("02-01")), "not-revolving",
    ),
    "a fee of nothing": ([], FeeCharged("F1", "L1", Decimal(0), day("01-15"), "fee"), "amount-not-positive"),
    "a chargeback of nothing": ([], ChargebackPosted("B1", "L1", Decimal(0), day("01-15")), "amount-not-positive"),
    "voiding a loan with payments": ([paid("5", "01-02")], FactVoided("/core", "1"), "loan-has-facts"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "fact", "code"), LATER.values(), ids=LATER)
def test_what_contradicts_the_loan_is_refused(before, fact, code):
    bank = bank_with(TWO, *before)
    state = bank.state
    refused = bank.post(fact)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    assert bank.state is state


ACCEPTED = {
    "pauses that touch": ([pause("01-10", "01-20")], pause("01-20", "01-30")),
    "a pause to come": ([], pause("03-10", "03-20")),
    "a pause that is over": ([], pause("01-02", "01-05")),
    "a pause behind one cut short": (
        [pause("01-01", "01-20"), DelinquencyResumed("L1", day("01-01"))], pause("01-01", "01-30"),
    ),
    "a resume on the end date": ([pause("01-10", "01-15")], DelinquencyResumed("L1", day("01-15"))),
    "a resume on the start date": ([pause("01-15", "01-20")], DelinquencyResumed("L1", day("01-15"))),
    "a pause on a charged-off loan": ([LoanChargedOff("L1", day("01-03"))], pause("01-15", "01-20")),
    "closing again after the closing was voided": (
        [LoanClosed("L1", day("01-01")), FactVoided("/core", "2")], LoanClosed("L1", day("01-15")),
    ),
    "money after the end": ([LoanClosed("L1", day("01-03"))], paid("5", "01-15")),
    "money dated before the opening": ([], paid("5", "2024-12-31")),
    "voiding a loan with nothing on it": ([], FactVoided("/core", "1")),
}  # fmt: skip


@pytest.mark.parametrize(("before", "fact"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_unusual_and_possible_is_taken(before, fact):
    said = bank_with(TWO, *before).post(fact)
    assert types_of(said)[0] == type(fact).__name__


def test_a_second_resume_on_one_day_is_refused():
    bank = bank_with(TWO, pause("01-10", "01-30"))
    bank.post(DelinquencyResumed("L1", day("01-15")))
    assert bank.post(DelinquencyResumed("L1", day("01-15"))).code == "already-resumed"


def test_a_refusal_never_repeats_what_was_sent():
    planted = "4c1f0b-planted"
    bank = bank_with(TWO)
    facts = [replace(TWO, loan_id=planted, bucket_set=planted), replace(paid("5", "01-15"), loan_id=planted)]
    facts += [ScheduleRestored("L1", planted, day("01-15")), PaymentReversed(planted, "L1", day("01-15"))]
    for fact in facts:
        refused = bank.post(fact)
        assert planted not in (refused.code, refused.detail, *refused.pointers)
        assert planted not in repr(refused)


NEEDS = {
    "an opening": (TWO, (), "loan:L1"),
    "a payment": (paid("5", "01-15"), ("loan:L1",), "payment:P1"),
    "a reversal": (PaymentReversed("P1", "L1", day("01-15")), ("loan:L1", "payment:P1"), "reversal:P1"),
    "a pause": (pause("01-15", "01-20"), ("loan:L1",), None),
    "a resume": (DelinquencyResumed("L1", day("01-15")), ("loan:L1", "pause:L1"), None),
    "undoing a revision": (
        ScheduleRestored("L1", "R1", day("01-15")), ("loan:L1", "revision:L1/R1"), "restoral:L1/R1",
    ),
    "a chargeback of a payment": (
        ChargebackPosted("B1", "L1", Decimal(1), day("01-15"), "P1"), ("loan:L1", "payment:P1"), "chargeback:B1",
    ),
    "a chargeback alone": (ChargebackPosted("B1", "L1", Decimal(1), day("01-15")), ("loan:L1",), "chargeback:B1"),
    "a void": (FactVoided("/core", "7"), (), "void:/core\n7"),
}  # fmt: skip


@pytest.mark.parametrize(("fact", "needs", "name"), NEEDS.values(), ids=NEEDS)
def test_each_fact_says_what_it_needs_and_what_it_is_called(fact, needs, name):
    assert needs_of(fact) == needs
    assert name_of(fact) == name


def test_whatever_can_be_needed_is_made_known_by_some_fact():
    revision = LoanRescheduled("L1", "R1", "reage", day("01-15"), ())
    known = {
        name for fact in (TWO, paid("5", "01-15"), revision, pause("01-15", "01-20")) for name in makes_known(fact)
    }
    assert known == {"loan:L1", "payment:P1", "revision:L1/R1", "pause:L1"}


def test_every_fact_of_core_banking_is_understood():
    assert len(FACTS) == 19
    assert issubclass(FACTS["loan.imported"], LoanOpened)
