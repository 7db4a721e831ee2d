"""What ingest says, and when: facts and days in, events out."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.ingest.domain.borrower import Borrower, blank
from services.ingest.domain.decide import decide
from services.ingest.domain.evolve import evolve
from services.ingest.domain.policies import Policy
from services.ingest.domain.position import position_of
from services.ingest.domain.stages import Stage, StageTable
from services.ingest.domain.waking import midnight, wake_at
from shared.codec import decode, encode
from shared.events import Wake
from shared.events.lateness import DelinquencyChanged, InstalmentComingDue, InstalmentMissed, LoanCured
from shared.events.repayments import (
    BalanceAdjusted,
    ChargebackPosted,
    DelinquencyPaused,
    FactVoided,
    LoanChargedOff,
    LoanClosed,
    LoanRescheduled,
    PaymentReversed,
)
from tests.ingest.builders import CONTEXT, Bank, day, loan, monthly, paid, types_of

QUIET = replace(CONTEXT, coming_due_days=0)


def bank_on(today, opening=None, context=QUIET):
    bank = Bank(context)
    bank.close("01-01")
    bank.post(opening or loan(("01-10", "100"), ("02-10", "100")))
    bank.close(today)
    return bank


def of(said, cls):
    return [event for event in said if isinstance(event, cls)]


def test_the_fact_itself_is_said_first():
    bank = bank_on("01-15")
    assert types_of(bank.post(paid("100", "01-15"))) == ["PaymentReceived", "DelinquencyChanged", "LoanCured"]


def test_the_loan_as_announced_always_has_a_jurisdiction():
    (said,) = Bank(replace(CONTEXT, jurisdiction="US-FED")).post(monthly())
    assert said.jurisdiction == "US-FED"
    (said,) = Bank().post(monthly(jurisdiction="GB"))
    assert said.jurisdiction == "GB"


def test_due_today_is_not_late_and_tomorrow_is():
    bank = bank_on("01-10")
    assert of(bank.said, DelinquencyChanged) == []
    missed, changed = bank.close("01-11")
    assert (missed.number, missed.due_on, missed.amount) == (1, day("01-10"), Decimal(100))
    assert (changed.as_of, changed.bucket_to, changed.stage) == (day("01-11"), "1-3", "early")
    assert (changed.overdue_since, changed.delinquent_amount) == (day("01-10"), Decimal(100))


def test_a_wake_speaks_of_the_loans_in_one_order_whether_the_state_was_stored_in_between_or_not():
    bank = Bank(QUIET)
    bank.close("01-01")
    for loan_id in ("L2", "L1"):
        bank.post(loan(("01-10", "100"), loan_id=loan_id))
    wake = Wake(midnight(day("01-11")))
    fresh, stored = evolve(bank.state, wake), evolve(decode(Borrower, encode(bank.state)), wake)
    assert decide(fresh, wake, QUIET) == decide(stored, wake, QUIET)
    assert [one.loan_id for one in of(decide(fresh, wake, QUIET), InstalmentMissed)] == ["L1", "L2"]


def test_nobody_is_told_daily_that_a_day_has_passed():
    bank = bank_on("01-09", loan(("01-10", "100")))
    changed = of(bank.close("2026-12-31"), DelinquencyChanged)
    told = [(one.as_of, one.bucket_to or one.stage) for one in changed]
    assert [(str(on - day("01-10"))[:-9].split()[0], bucket) for on, bucket in told] == [
        ("1", "1-3"), ("4", "4-30"), ("31", "31-60"), ("61", "61-90"), ("91", "91-120"), ("121", "121-150"),
        ("151", "151-180"), ("181", "181-240"), ("241", "241+"),
    ]  # fmt: skip


def test_grace_holds_the_bucket_back_and_not_the_amount():
    bank = bank_on("01-09", loan(("01-10", "100"), grace=3))
    first, second = of(bank.close("01-14"), DelinquencyChanged)
    assert (first.as_of, first.bucket_to, first.delinquent_amount) == (day("01-11"), None, Decimal(100))
    assert (second.as_of, second.bucket_to) == (day("01-14"), "1-3")


def test_a_part_payment_moves_the_anchor_and_every_stage_gets_its_turn_again():
    bank = bank_on("04-15", loan(("01-10", "100"), ("03-20", "100")))
    (_, changed) = bank.post(paid("100", "04-15"))
    assert (changed.stage_from, changed.stage, changed.overdue_since) == ("late", "early", day("03-20"))
    assert [one.stage for one in of(bank.close("10-01"), DelinquencyChanged) if one.stage != one.stage_from] == [
        "middle", "late", "recovery",
    ]  # fmt: skip


def test_a_payment_that_covers_less_than_an_instalment_is_a_change_of_amount():
    bank = bank_on("01-15")
    said = bank.post(paid("40", "01-15"))
    assert types_of(said) == ["PaymentReceived", "DelinquencyChanged"]
    assert (said[1].bucket_from, said[1].bucket_to, said[1].delinquent_amount) == ("4-30", "4-30", Decimal(60))


def test_a_payment_on_time_changes_nothing():
    bank = bank_on("01-10")
    assert types_of(bank.post(paid("100", "01-10"))) == ["PaymentReceived"]
    assert of(bank.close("02-10"), DelinquencyChanged) == []


def test_a_backdated_payment_counts_from_its_value_date_at_once():
    bank = bank_on("02-15")
    said = bank.post(paid("100", "01-10"), "02-15")
    assert said[1].overdue_since == day("02-10")


def test_a_future_dated_payment_cures_on_its_day():
    bank = bank_on("01-15")
    assert types_of(bank.post(paid("100", "01-20"))) == ["PaymentReceived"]
    assert types_of(bank.close("01-19")) == []
    changed, cured = bank.close("01-20")
    assert (changed.bucket_to, changed.as_of) == (None, day("01-20"))
    assert (cured.on, cured.because, cured.overdue_since, cured.bucket_from) == (
        day("01-20"), "payment", day("01-10"), "4-30",
    )  # fmt: skip


def test_a_waiver_cures_too():
    bank = bank_on("01-15")
    said = bank.post(BalanceAdjusted("A1", "L1", "principal", Decimal(-100), day("01-15"), "waiver"))
    assert of(said, LoanCured)[0].because == "waiver"


UNCURED = {
    "closing": LoanClosed("L1", day("01-15")),
    "a new schedule": LoanRescheduled("L1", "R1", "reage", day("01-15"), monthly(12).instalments[3:5]),
    "a correction": BalanceAdjusted("A1", "L1", "principal", Decimal(-100), day("01-15"), "correction", 1),
}


@pytest.mark.parametrize("fact", UNCURED.values(), ids=UNCURED)
def test_what_is_neither_payment_nor_waiver_clears_and_never_cures(fact):
    said = bank_on("01-15").post(fact)
    assert types_of(said) == [type(fact).__name__, "DelinquencyChanged"]
    assert (said[1].bucket_to, said[1].delinquent_amount) == (None, Decimal(0))


def test_a_pause_freezes_days_and_never_cures():
    bank = bank_on("01-15", loan(("01-10", "100")))
    said = bank.post(DelinquencyPaused("L1", day("01-10"), day("03-10")))
    assert types_of(said) == ["DelinquencyPaused", "DelinquencyChanged"]
    assert (said[1].bucket_to, said[1].delinquent_amount, said[1].stage) == (None, Decimal(100), "early")
    told = of(bank.close("03-11"), DelinquencyChanged)
    assert (told[-1].as_of, told[-1].bucket_from, told[-1].bucket_to) == (day("03-11"), None, "1-3")


def test_charge_off_is_the_stage_recovery_and_keeps_the_claim():
    bank = bank_on("01-15")
    said = bank.post(LoanChargedOff("L1", day("01-15")))
    assert (said[1].stage, said[1].delinquent_amount) == ("recovery", Decimal(100))
    found = position_of("L1", bank.state.loans["L1"], day("01-20"), QUIET, QUIET.now)
    assert (found.status, found.recoverable_amount, found.days_at_charge_off) == ("charged-off", Decimal(200), 5)


def test_a_reversal_opens_the_instalment_again_and_says_what_it_took_back():
    bank = bank_on("01-10")
    bank.post(paid("100", "01-10"))
    bank.close("01-20")
    reversal, missed, changed = bank.post(PaymentReversed("P1", "L1", day("01-20")))
    assert (reversal.amount, reversal.value_on) == (Decimal(100), day("01-10"))
    assert (missed.number, changed.overdue_since, changed.bucket_to) == (1, day("01-10"), "4-30")


def test_a_void_says_what_the_others_knew_the_fact_by():
    bank = bank_on("01-15")
    bank.post(paid("100", "01-15"))
    payment_id = bank.facts[-1].posted.id
    void, changed = bank.post(FactVoided("/core", payment_id))
    assert (void.loan_id, void.voided, void.voided_id) == ("L1", "PaymentReceived", "P1")
    assert (changed.overdue_since, changed.delinquent_amount) == (day("01-10"), Decimal(100))


def test_an_instalment_is_missed_once():
    bank = bank_on("01-15")
    bank.post(paid("100", "01-15"))
    bank.close("02-01")
    bank.post(PaymentReversed("P1", "L1", day("02-01")))
    bank.close("03-01")
    assert [one.number for one in of(bank.said, InstalmentMissed)] == [1, 2]


def test_a_late_reported_loan_takes_its_worst_stage_at_once():
    bank = Bank(QUIET)
    bank.close("06-01")
    said = bank.post(loan(("01-10", "100"), ("02-10", "100"), ("07-10", "50")))
    assert types_of(said) == ["LoanOpened", "InstalmentMissed", "InstalmentMissed", "DelinquencyChanged"]
    assert (said[3].as_of, said[3].stage, said[3].bucket_to) == (day("06-01"), "late", "121-150")
    assert wake_at(bank.state, 0) > midnight(day("06-01"))


def test_an_instalment_comes_due_once_and_only_with_something_to_pay():
    bank = bank_on("01-06", context=CONTEXT)
    (coming,) = bank.close("01-10")
    assert isinstance(coming, InstalmentComingDue)
    assert (coming.number, coming.days_before, coming.amount) == (1, 3, Decimal(100))
    bank.post(paid("250", "01-10"))
    assert of(bank.close("03-01"), InstalmentComingDue) == []


def test_a_loan_opened_days_before_its_first_due_date_is_coming_due_at_once():
    bank = Bank(CONTEXT)
    bank.close("01-09")
    said = bank.post(loan(("01-10", "100")))
    assert (said[1].number, said[1].days_before) == (1, 1)


def test_nothing_is_late_before_the_first_business_date():
    bank = Bank(QUIET)
    bank.today = None
    assert types_of(bank.post(loan(("01-10", "100")), "06-01")) == ["LoanOpened"]
    assert of(bank.close("01-11"), DelinquencyChanged)[0].as_of == day("01-11")


def test_a_chargeback_is_past_due_the_day_after():
    bank = bank_on("01-15", loan(("03-10", "100")))
    assert types_of(bank.post(ChargebackPosted("B1", "L1", Decimal(40), day("01-15")))) == ["ChargebackPosted"]
    (changed,) = bank.close("01-16")
    assert (changed.as_of, changed.overdue_since, changed.delinquent_amount) == (day("01-16"), day("01-15"), 40)


def test_a_stage_may_depend_on_a_pause_and_changes_at_both_its_ends():
    table = StageTable("calm", (Stage("chase", past_due_days_min=1), Stage("rest", paused=True)))
    context = replace(QUIET, stage_tables={"calm": table}, policies={"personal": Policy(stage_table="calm")})
    bank = bank_on("01-15", loan(("01-10", "100")), context)
    bank.post(DelinquencyPaused("L1", day("01-20"), day("01-25")))
    told = of(bank.close("01-30"), DelinquencyChanged)
    assert [(one.as_of, one.stage) for one in told] == [(day("01-20"), "rest"), (day("01-26"), "chase")]


def test_money_for_a_closed_loan_is_taken_and_changes_nothing():
    bank = bank_on("01-15")
    bank.post(LoanClosed("L1", day("01-15")))
    assert types_of(bank.post(paid("30", "01-16"))) == ["PaymentReceived"]


def test_the_borrower_is_woken_only_when_something_changes():
    bank = bank_on("01-09", loan(("01-10", "100")))
    wakes = []
    while (at := wake_at(bank.state, 0)) is not None:
        wakes.append((at, types_of(bank.close(at.date()))))
    assert all(said for _, said in wakes)
    assert wakes[:2] == [
        (midnight(day("01-10")), ["InstalmentComingDue"]),
        (midnight(day("01-11")), ["InstalmentMissed", "DelinquencyChanged"]),
    ]


def test_a_product_may_have_its_own_stages():
    table = StageTable("strict", (Stage("fine"), Stage("call", past_due_days_min=2)))
    context = replace(QUIET, stage_tables={"strict": table}, policies={"personal": Policy(stage_table="strict")})
    changed = of(bank_on("02-01", context=context).said, DelinquencyChanged)
    assert [(one.as_of, one.stage) for one in changed] == [
        (day("01-11"), "fine"), (day("01-12"), "call"), (day("01-14"), "call"),
    ]  # fmt: skip


def test_an_unknown_thing_leaves_the_state_as_it_is():
    state = bank_on("01-15").state
    assert evolve(state, LoanCured("L1", day("01-15"), "payment", day("01-10"))) is state
    assert evolve(blank("C1"), object()) == blank("C1")


def test_waking_one_loan_says_nothing_of_another():
    bank = bank_on("01-09")
    bank.post(replace(loan(("05-10", "10")), loan_id="L2"))
    assert {event.loan_id for event in bank.close("01-20")} == {"L1"}


def test_a_refused_fact_leaves_no_event():
    bank = bank_on("01-09")
    state = evolve(bank.state, bank.posted(paid("0", "01-09"), day("01-09")))
    assert decide(state, bank.posted(paid("0", "01-09"), day("01-09")), QUIET).code == "amount-not-positive"
    assert decide(bank.state, Wake(midnight(day("01-09"))), QUIET) == []
