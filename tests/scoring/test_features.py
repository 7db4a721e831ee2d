"""The features of a loan: by the events' own dates, on both sides of every window."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.scoring.domain.features import features_of
from services.scoring.domain.preview import borrower_as_of
from services.scoring.domain.scoring import evolve
from shared import events as said
from shared.events.repayments import UnpaidPart
from tests.scoring.builders import account, at, bill, day, due_day, known, late, loan, missed, paid


def worst(borrower, as_of):
    return features_of(borrower, day(as_of)).loans[0]


# Dates


def test_due_today_is_not_yet_due():
    borrower = known(loan(), paid("02-05"), paid("03-05"))
    assert worst(borrower, "03-05").payments.dues_seen == 1
    assert worst(evolve(borrower, paid("03-06", "1.00")), "03-06").payments.dues_seen == 2


def test_nobody_is_late_because_the_banks_file_is():
    borrower = known(loan(), paid("02-05"), paid("03-05"))
    assert worst(borrower, "04-20").payments.paid_share_3 == worst(borrower, "03-06").payments.paid_share_3 == 1


def test_days_past_due_follow_from_the_date_alone():
    borrower = known(loan(), missed("02-05"), late("02-06", "02-05", 1))
    assert [worst(borrower, on).lateness.past_due_days for on in ("02-06", "02-28", "03-01")] == [1, 23, 24]


def test_a_late_told_payment_counts_in_the_month_of_its_value():
    borrower = known(loan(), paid("02-05"), paid("05-05"), paid("03-05"), paid("04-05"))
    assert list(worst(borrower, "05-06").months.paid[:4]) == [100, 100, 100, 100]


def test_a_reversed_payment_leaves_the_features_as_if_it_had_never_been():
    reversal = said.PaymentReversed("P", "L1", day("03-07"), Decimal("100.00"), day("02-20"))
    with_it = known(loan(), paid("02-05"), paid("02-20", payment_id="P"), paid("03-07", "1.00"), reversal)
    without = known(loan(), paid("02-05"), paid("03-07", "1.00"))
    assert features_of(with_it, day("03-10")) == features_of(without, day("03-10"))


def test_a_voided_payment_leaves_the_features_as_if_it_had_never_been():
    void = said.FactVoided("/core", "1", "L1", "PaymentReceived", "P", Decimal("100.00"), day("02-20"))
    with_it = known(loan(), paid("02-05"), paid("02-20", payment_id="P"), paid("03-07", "1.00"), void)
    without = known(loan(), paid("02-05"), paid("03-07", "1.00"))
    assert features_of(with_it, day("03-10")) == features_of(without, day("03-10"))


def test_a_payment_counts_again_when_its_reversal_is_voided():
    reversal = said.PaymentReversed("P", "L1", day("03-07"), Decimal("100.00"), day("02-20"))
    void = said.FactVoided("/core", "2", "L1", "PaymentReversed", "P", Decimal("-100.00"), day("02-20"))
    with_it = known(loan(), paid("02-20", payment_id="P"), paid("03-07", "1.00"), reversal, void)
    assert features_of(with_it, day("03-10")) == features_of(
        known(loan(), paid("02-20"), paid("03-07", "1.00")), day("03-10")
    )


def test_a_score_as_of_a_day_uses_nothing_later():
    history = [loan(), paid("02-05"), missed("03-05"), late("03-06", "03-05", 1), paid("03-20"), late("03-20")]
    told = [(event, at(on).date()) for event, on in zip(history, map(day, DAYS), strict=True)]
    then = borrower_as_of(told, day("03-10"))
    assert then == known(*history[:4])
    assert features_of(then, day("03-10")).loans[0].lateness.behind == 1


DAYS = ("01-05", "02-05", "03-06", "03-06", "03-20", "03-20")


def test_news_of_an_old_payment_was_not_known_before_it_came():
    told = [(loan(), day("01-05")), (paid("02-05"), day("03-20"))]
    assert borrower_as_of(told, day("03-19")) == known(loan())


# Lateness

BEHIND = {
    "not late": ((), 0),
    "one instalment, by the schedule": ((late("03-06", "03-05"),), 1),
    "two instalments, by the schedule": ((late("04-06", "03-05"),), 2),
    "as many as ingest counts": ((late("05-06", "03-05", 3),), 3),
    "cured since": ((late("03-06", "03-05", 1), late("03-09")), 0),
    "since a charge-back, before any due date": ((late("02-01", "01-20"),), 1),
}


@pytest.mark.parametrize(("events", "behind"), BEHIND.values(), ids=BEHIND)
def test_instalments_behind(events, behind):
    assert worst(known(loan(), *events), "06-01").lateness.behind == behind


def test_five_weekly_instalments_late_are_two_months_and_not_five():
    dues = [date(2025, 2, 3) + timedelta(days=7 * week) for week in range(20)]
    weekly = tuple(said.Instalment(n, on, Decimal(25)) for n, on in enumerate(dues, start=1))
    four = known(loan(instalments=weekly, principal="500"), late(dues[3] + timedelta(days=1), dues[0], 4))
    five = known(loan(instalments=weekly, principal="500"), late(dues[4] + timedelta(days=1), dues[0], 5))
    assert [worst(four, "06-30").lateness.behind, worst(five, "06-30").lateness.behind] == [1, 2]


WINDOWS = {
    "the month itself": ("02-06", (1, 1, 1)),
    "two months on": ("04-30", (1, 1, 1)),
    "three months on": ("05-01", (0, 1, 1)),
    "five months on": ("07-31", (0, 1, 1)),
    "six months on": ("08-01", (0, 0, 1)),
    "eleven months on": ("2026-01-31", (0, 0, 1)),
    "twelve months on": ("2026-02-01", (0, 0, 0)),
}


@pytest.mark.parametrize(("as_of", "counts"), WINDOWS.values(), ids=WINDOWS)
def test_how_long_a_missed_instalment_counts(as_of, counts):
    found = worst(known(loan(), missed("02-05")), as_of).lateness
    assert (found.late_3, found.late_6, found.late_12) == counts


def test_an_instalment_missed_again_after_a_reversal_is_one_instalment():
    twice = (missed("02-05"), late("02-06", "02-05", 1), late("02-20"), missed("02-05"))
    assert worst(known(loan(), *twice), "02-25").lateness.late_3 == 1


def test_the_longest_streak_is_of_months_in_a_row():
    borrower = known(loan(), *(missed(due_day(number)) for number in (1, 2, 3, 5, 6)))
    assert worst(borrower, "08-01").lateness.late_streak == 3


def test_late_but_in_full_is_told_from_late_and_still_owed():
    two_late = (missed("02-05"), missed("03-05"))
    assert worst(known(loan(), *two_late, late("03-06", "02-05", 2)), "03-10").lateness.cleared_share == 0
    assert worst(known(loan(), *two_late, late("03-20", "03-05", 1)), "03-21").lateness.cleared_share == 0.5
    assert worst(known(loan(), *two_late, late("03-25")), "03-26").lateness.cleared_share == 1
    assert worst(known(loan()), "03-26").lateness.cleared_share is None


def test_the_trend_of_days_past_due_is_against_three_months_ago():
    borrower = known(loan(), late("02-06", "02-05", 1), late("05-02", "04-05", 1))
    found = worst(borrower, "05-20").lateness
    assert (found.past_due_days, found.past_due_days_change) == (45, 45 - 23)


# Payments


def test_paid_against_due_and_its_trend():
    dues = [paid(due_day(number)) for number in range(1, 4)] + [paid(due_day(number), "40.00") for number in (4, 5, 6)]
    found = worst(known(loan(), *dues, late("07-06", "05-05", 3)), "07-31").payments
    assert (found.paid_share_3, found.paid_share_6, found.paid_share_change) == (0.4, 0.7, -0.6)
    assert found.part_paid_6 == 3


def test_who_pays_ahead_has_not_paid_more_than_all():
    assert worst(known(loan(), paid("02-01", "300.00"), late("02-06")), "02-07").payments.paid_share_3 == 1


def test_failures_are_counted_by_their_kind_of_reason():
    codes = ("AM04", "AM04", "AC04", "MD01", "MD07", "bank:17")
    failures = (
        said.PaymentFailed(f"A{n}", "L1", Decimal(1), day("02-05"), code) for n, code in enumerate(codes, start=1)
    )
    found = worst(known(loan(), *failures), "02-06").payments
    assert (found.failed_funds, found.failed_account, found.failed_mandate, found.failed_other) == (2, 1, 1, 2)


def test_paying_while_late_is_seen_for_two_months():
    borrower = known(loan(), late("02-06", "02-05", 1), paid("02-20", "10.00"))
    assert [worst(borrower, on).payments.paying_while_late for on in ("03-31", "04-01")] == [True, False]


# Debt


def test_the_balance_is_what_schedule_and_charges_leave_of_payments():
    fee = said.FeeCharged("F1", "L1", Decimal("7.50"), day("02-06"), "fee")
    waiver = said.BalanceAdjusted("A1", "L1", "fees", Decimal("-2.50"), day("02-07"), "waiver")
    found = worst(known(loan(), paid("02-05"), fee, waiver), "02-10").debt
    assert found.balance == Decimal("1105.00")
    assert (found.term_left, found.age_months) == (round(11 / 12, 4), 1)


def test_a_revolving_account_owes_its_statement_less_what_was_paid_since():
    borrower = known(account(), bill("800", "40", "02-11", "01-26"), paid("02-07", "50.00"))
    found = worst(borrower, "02-12")
    assert (found.debt.balance, found.debt.balance_share) == (750, 0.75)
    assert (found.months.due[0], found.months.owed[0]) == (0, 800)
    assert worst(evolve(borrower, paid("02-12", "1.00")), "02-12").months.due[0] == 40


def test_utilisation_is_compared_with_three_statements_ago():
    amounts = ("200", "300", "400", "500")
    bills = (bill(each, "10", f"{n + 2:02}-11", f"{n + 1:02}-26") for n, each in enumerate(amounts))
    assert worst(known(account(), *bills), "05-12").debt.balance_share_change == 0.3


def test_a_new_schedule_takes_over_what_was_unpaid_and_gives_it_back_when_undone():
    due = tuple(said.Instalment(n, due_day(n + 3), Decimal("250.00")) for n in range(1, 5))
    before = known(loan(), paid("02-05"), paid("03-05"), late("04-06", "04-05", 1))
    after = evolve(before, said.LoanRescheduled("L1", "R1", "restructure", day("04-20"), due))
    assert worst(after, "04-21").debt.balance == 1000
    restored = evolve(after, said.ScheduleRestored("L1", "R1", day("04-25")))
    assert worst(restored, "04-26").debt == worst(before, "04-26").debt


def test_acceleration_makes_all_due_at_once_and_voiding_it_takes_that_back():
    before = known(loan(), paid("02-05"))
    after = evolve(before, said.LoanAccelerated("L1", day("02-20")))
    assert worst(after, "02-20").debt.coming == 1100
    assert evolve(after, said.FactVoided("/core", "1", "L1", "LoanAccelerated")) == before


def test_a_loan_taken_over_is_not_late_for_what_nobody_told_us():
    fields = {name: getattr(loan(), name) for name in loan().__slots__}
    taken = said.LoanImported(**fields, as_of=day("05-31"), unpaid=(UnpaidPart(4, Decimal("60.00")),))
    found = worst(known(taken, paid("06-05"), late("06-06", "05-05", 1)), "06-10")
    assert found.debt.balance == 12 * 100 - 340 - 100
    assert (found.payments.dues_seen, found.payments.paid_share_12) == (1, 1)


def test_a_voided_loan_was_never_there_and_a_voided_ending_never_came():
    charged_off = known(loan(), said.LoanChargedOff("L1", day("06-30")))
    assert known(loan(), said.FactVoided("/core", "1", "L1", "LoanOpened")).loans == ()
    assert evolve(charged_off, said.FactVoided("/core", "2", "L1", "LoanChargedOff")).loans[0].ended == "no"
