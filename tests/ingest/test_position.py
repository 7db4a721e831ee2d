"""Positions on both sides of every edge that the worked cases leave out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.ingest.domain.policies import Policy
from services.ingest.domain.position import answer, position
from services.ingest.domain.reconciliation import Difference, difference
from shared.events.repayments import (
    BalanceAdjusted,
    BalanceStated,
    ChargebackPosted,
    DelinquencyPaused,
    DelinquencyResumed,
    FeeCharged,
    Instalment,
    LoanAccelerated,
    LoanChargedOff,
    LoanClassified,
    LoanClosed,
    LoanImported,
    LoanRescheduled,
    PaymentReversed,
    ScheduleRestored,
    StatementIssued,
    UnpaidPart,
)
from tests.ingest.builders import CONTEXT, Bank, day, loan, paid, types_of

THREE = loan(("01-10", "100"), ("01-20", "100"), ("01-30", "100"))


def found_on(on, *facts, opening=THREE, recorded="01-01"):
    bank = Bank()
    for fact in (opening, *facts):
        types_of(bank.post(fact, recorded))
    return position(bank.facts, day(on), CONTEXT)


def brief(found):
    since = found.overdue_since and str(found.overdue_since)[5:]
    return (since, found.past_due_days, str(found.delinquent_amount), str(found.outstanding))


def back(amount, on):
    return ChargebackPosted(f"B{on}", "L1", Decimal(amount), day(on))


def fee(amount, due):
    return FeeCharged(f"F{due}", "L1", Decimal(amount), day(due), "fee")


def adjusted(amount, on, number=None):
    return BalanceAdjusted(f"A{on}", "L1", "interest", Decimal(amount), day(on), "correction", number)


def revised(on, *due):
    rows = tuple(Instalment(n, day(when), Decimal(amount)) for n, (when, amount) in enumerate(due, start=1))
    return LoanRescheduled("L1", f"R{on}", "reage", day(on), rows)


FIRST = paid("100", "01-10")
CASES = {
    "before the opening": ("2024-12-31", [], (None, 0, "0", "0")),
    "due today": ("01-10", [], (None, 0, "0", "300")),
    "one day late": ("01-11", [], ("01-10", 1, "100", "300")),
    "two late": ("01-21", [], ("01-10", 11, "200", "300")),
    "money goes to the oldest": ("01-21", [paid("150", "01-15")], ("01-20", 1, "50", "150")),
    "money to come does not count": ("01-14", [paid("150", "01-15")], ("01-10", 4, "100", "300")),
    "overpaid": ("01-31", [paid("301", "01-15")], (None, 0, "0", "0")),
    "paid to the cent": ("01-31", [paid("300", "01-15")], (None, 0, "0", "0")),
    "the day before closing": ("01-14", [LoanClosed("L1", day("01-15"))], ("01-10", 4, "100", "300")),
    "closed": ("01-15", [LoanClosed("L1", day("01-15"))], (None, 0, "0", "0")),
    "a fee rides on the instalment of its period": ("01-21", [fee("7", "01-15")], ("01-10", 11, "207", "307")),
    "a fee on a due date rides on the next": ("01-21", [fee("7", "01-20")], ("01-10", 11, "200", "307")),
    "a fee on the last due date rides on the last": ("01-31", [fee("7", "01-30")], ("01-10", 21, "307", "307")),
    "a fee after the end is due on its own day": (
        "02-03", [paid("300", "01-10"), fee("7", "02-02")], ("02-02", 1, "7", "7"),
    ),
    "and not late on that day": ("02-02", [paid("300", "01-10"), fee("7", "02-02")], (None, 0, "0", "7")),
    "a chargeback is not late on its day": ("01-12", [FIRST, back("40", "01-12")], (None, 0, "0", "240")),
    "and late the day after, alone": ("01-13", [FIRST, back("40", "01-12")], ("01-12", 1, "40", "240")),
    "its clock goes on when the due date passes": ("01-21", [FIRST, back("40", "01-12")], ("01-12", 9, "140", "240")),
    "a chargeback partly covered": (
        "01-13", [FIRST, back("40", "01-12"), paid("15", "01-12", "P2")], ("01-12", 1, "25", "225"),
    ),
    "a chargeback covered": ("01-13", [FIRST, back("40", "01-12"), paid("40", "01-13", "P2")], (None, 0, "0", "200")),
    "covered, the clock is the due date's again": (
        "01-21", [FIRST, back("40", "01-12"), paid("40", "01-13", "P2")], ("01-20", 1, "100", "200"),
    ),
    "the second chargeback is not covered": (
        "01-15", [FIRST, back("40", "01-12"), back("30", "01-13"), paid("50", "01-14", "P2")],
        ("01-13", 2, "20", "220"),
    ),
    "the day before acceleration": ("01-15", [FIRST, LoanAccelerated("L1", day("01-15"))], (None, 0, "0", "200")),
    "everything is due": ("01-16", [FIRST, LoanAccelerated("L1", day("01-15"))], ("01-15", 1, "200", "200")),
    "older arrears keep their age": ("01-16", [LoanAccelerated("L1", day("01-15"))], ("01-10", 6, "300", "300")),
    "a waiver of one instalment": ("01-11", [adjusted("-30", "01-05", 1)], ("01-10", 1, "70", "270")),
    "a waiver is capped by the instalment": ("01-11", [adjusted("-130", "01-05", 1)], (None, 0, "0", "200")),
    "an accrual goes to the oldest unpaid": ("01-21", [FIRST, adjusted("5", "01-12")], ("01-20", 1, "105", "205")),
    "an adjustment to come": ("01-11", [adjusted("-30", "01-12", 1)], ("01-10", 1, "100", "300")),
    "the day before a revision": ("01-14", [revised("01-15", ("03-01", 300))], ("01-10", 4, "100", "300")),
    "a revision clears": ("01-15", [revised("01-15", ("03-01", 300))], (None, 0, "0", "300")),
    "a revision keeps what was paid": ("03-02", [FIRST, revised("01-15", ("03-01", 200))], ("03-01", 1, "200", "200")),
    "a revision contains the charges it had seen": (
        "02-01", [fee("7", "01-12"), back("40", "01-15"), revised("01-15", ("03-01", 347))], (None, 0, "0", "347"),
    ),
    "a charge dated after a revision rides on the new schedule": (
        "03-02", [fee("7", "01-16"), revised("01-15", ("03-01", 300))], ("03-01", 1, "307", "307"),
    ),
    "restored, everything is as before": (
        "01-21", [revised("01-15", ("03-01", 300)), ScheduleRestored("L1", "R01-15", day("01-21"))],
        ("01-10", 11, "200", "300"),
    ),
    "the day before, the revision held": (
        "01-20", [revised("01-15", ("03-01", 300)), ScheduleRestored("L1", "R01-15", day("01-21"))],
        (None, 0, "0", "300"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("on", "facts", "expected"), CASES.values(), ids=CASES)
def test_what_is_owed_and_since_when(on, facts, expected):
    assert brief(found_on(on, *facts)) == expected


def test_money_reported_after_a_revision_counts_towards_the_new_schedule():
    bank = Bank()
    bank.post(THREE, "01-01")
    bank.post(revised("01-15", ("03-01", 300)), "01-15")
    bank.post(paid("100", "01-10"), "01-16")
    assert position(bank.facts, day("01-20"), CONTEXT).outstanding == 200


def test_money_reversed_after_a_revision_opens_the_old_instalment():
    bank = Bank()
    bank.post(THREE, "01-01")
    bank.post(FIRST, "01-10")
    bank.post(revised("01-15", ("03-01", 200)), "01-15")
    bank.post(PaymentReversed("P1", "L1", day("01-20")), "01-20")
    assert brief(position(bank.facts, day("01-20"), CONTEXT)) == ("01-10", 10, "100", "300")


PAUSES = {
    "the day before": ("01-11", False, 0),
    "the first day is paused and none is counted": ("01-12", True, 0),
    "the second counts the first": ("01-13", True, 1),
    "the end date is paused and adds nothing": ("01-15", True, 3),
    "the day after": ("01-16", False, 3),
}


@pytest.mark.parametrize(("on", "paused", "counted"), PAUSES.values(), ids=PAUSES)
def test_a_pause_counts_from_its_start_to_the_day_before_its_end(on, paused, counted):
    found = found_on(on, DelinquencyPaused("L1", day("01-12"), day("01-15")))
    assert (found.paused, found.paused_days) == (paused, counted)


def test_where_two_pauses_touch_a_resume_means_the_later():
    bank = Bank()
    bank.post(THREE, "01-01")
    bank.post(DelinquencyPaused("L1", day("01-10"), day("01-15")), "01-10")
    bank.post(DelinquencyPaused("L1", day("01-15"), day("01-20")), "01-10")
    types_of(bank.post(DelinquencyResumed("L1", day("01-15")), "01-15"))
    found = position(bank.facts, day("01-20"), CONTEXT)
    assert (found.paused_days, found.delinquent_days) == (5, 5)


def test_pause_days_inside_the_grace_days_count():
    found = found_on("01-20", DelinquencyPaused("L1", day("01-10"), day("01-12")), opening=replace(THREE, grace_days=3))
    assert (found.past_due_days, found.paused_days, found.delinquent_days) == (10, 2, 5)
    assert found.delinquent_start_on == day("01-13")


def test_next_due_follows_the_policy_of_the_product():
    earliest = replace(CONTEXT, policies={"personal": Policy(next_due="earliest-unpaid")})
    bank = Bank()
    bank.post(THREE, "01-01")
    bank.post(paid("40", "01-10"), "01-10")
    ahead, oldest = (position(bank.facts, day("01-20"), context) for context in (CONTEXT, earliest))
    assert (ahead.next_due_on, ahead.next_due_amount) == (day("01-20"), 100)
    assert (oldest.next_due_on, oldest.next_due_amount) == (day("01-10"), 60)
    done = position(bank.facts, day("01-31"), CONTEXT)
    assert (done.next_due_on, done.next_due_amount) == (None, 0)


def test_a_charged_off_loan_shows_its_claim_and_others_do_not():
    charged_off = answer(found_on("01-21", LoanChargedOff("L1", day("01-15")), paid("30", "01-20", kind="recovery")))
    assert charged_off["status"] == "charged-off"
    assert (charged_off["charged_off_on"], charged_off["days_at_charge_off"]) == (day("01-15"), 5)
    assert charged_off["recoverable_amount"] == 270
    assert "recoverable_amount" not in answer(found_on("01-14", LoanChargedOff("L1", day("01-15"))))


def test_the_class_that_core_banking_states_wins_over_ours():
    opening = replace(THREE, bucket_set="cn-5")
    stated = LoanClassified("L1", "doubtful", day("01-15"))
    assert found_on("01-14", stated, opening=opening).bucket == "special_mention"
    assert found_on("01-15", stated, opening=opening).bucket == "doubtful"
    assert found_on("01-15", stated).bucket == "4-30"


def test_known_at_tells_what_we_knew():
    bank = Bank()
    bank.post(THREE, "01-01")
    bank.post(paid("100", "01-10"), "01-14")
    before, after = (bank.facts[-1].recorded_at + timedelta(seconds=n) for n in (-1, 0))
    assert position(bank.facts, day("01-15"), CONTEXT, known_at=before).past_due_days == 5
    assert position(bank.facts, day("01-15"), CONTEXT, known_at=after).past_due_days == 0
    assert position(bank.facts, day("01-15"), CONTEXT, known_at=datetime(2024, 1, 1, tzinfo=UTC)) is None


def test_an_imported_loan_owes_what_was_unpaid():
    fields = {name: getattr(THREE, name) for name in THREE.__dataclass_fields__}
    parts = (UnpaidPart(1, Decimal(30)), UnpaidPart(2, Decimal(100)))
    opening = LoanImported(**fields, as_of=day("01-25"), unpaid=parts)
    found = found_on("01-26", paid("70", "01-08"), opening=opening, recorded="01-25")
    assert brief(found) == ("01-10", 16, "130", "230")
    late_news = Bank()
    late_news.post(opening, "01-25")
    late_news.post(paid("30", "01-24"), "01-26")
    assert brief(position(late_news.facts, day("01-26"), CONTEXT)) == ("01-20", 6, "100", "200")


CARD = replace(THREE, kind="revolving", instalments=(), principal=Decimal(0))


def billed(on, amount, minimum, due, period="2025-01"):
    least = None if minimum is None else Decimal(minimum)
    return StatementIssued("L1", period, Decimal(amount), day(on), day(due), least)


SECOND = billed("02-05", "950", "90", "02-25", "2025-02")
REVOLVING = {
    "before the first statement": ("01-04", [billed("01-05", "900", "50", "01-25")], (None, 0, "0", "0")),
    "billed and due today": ("01-25", [billed("01-05", "900", "50", "01-25")], (None, 0, "0", "900")),
    "a minimum missed": ("01-26", [billed("01-05", "900", "50", "01-25")], ("01-25", 1, "50", "900")),
    "all is due where no minimum is stated": ("01-26", [billed("01-05", "9", None, "01-25")], ("01-25", 1, "9", "9")),
    "a minimum paid": (
        "01-26", [billed("01-05", "900", "50", "01-25"), paid("50", "01-20")], (None, 0, "0", "850"),
    ),
    "arrears inside the next minimum are not counted twice": (
        "02-26", [billed("01-05", "900", "50", "01-25"), SECOND], ("01-25", 32, "90", "950"),
    ),
    "more than the minimum pays no later minimum": (
        "02-26", [billed("01-05", "900", "50", "01-25"), SECOND, paid("500", "01-20")], ("02-25", 1, "90", "950"),
    ),
    "later charges join the balance": (
        "01-20", [billed("01-05", "900", "50", "01-25"), back("7", "01-20")], (None, 0, "0", "907"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("on", "facts", "expected"), REVOLVING.values(), ids=REVOLVING)
def test_revolving_accounts_owe_minimums(on, facts, expected):
    assert brief(found_on(on, *facts, opening=CARD)) == expected


def test_the_balance_of_a_revolving_account_carries_its_statement_s_date():
    found = found_on("01-20", billed("01-05", "900", "50", "01-25"), opening=CARD)
    assert answer(found)["statement_on"] == day("01-05")


STATED = {
    "the same figures": ("300", "100", None),
    "the same figures, written otherwise": ("300.00", "100.00", None),
    "owed more": ("301", "100", Difference("L1", day("01-15"), "EUR", Decimal(1), Decimal(0))),
    "late with less": ("300", "60", Difference("L1", day("01-15"), "EUR", Decimal(0), Decimal(-40))),
}


@pytest.mark.parametrize(("outstanding", "overdue", "expected"), STATED.values(), ids=STATED)
def test_core_banking_s_own_figures_are_compared_with_ours(outstanding, overdue, expected):
    stated = BalanceStated("L1", day("01-15"), Decimal(outstanding), Decimal(overdue))
    assert difference(stated, found_on("01-15", stated)) == expected
