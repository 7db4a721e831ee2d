"""History and statement: what was true, since when, and since when we knew."""

from decimal import Decimal

from services.ingest.domain.history import history
from services.ingest.domain.statement import statement
from shared.events.repayments import LoanRescheduled, PaymentReversed
from tests.ingest.builders import CONTEXT, Bank, day, loan, monthly, paid

TWO = loan(("01-10", "100"), ("03-10", "100"))


def rows_of(bank, until, known_at=None):
    rows = history(bank.facts, day(until), CONTEXT, known_at=known_at)
    return [(str(one.from_on)[5:], one.until_on and str(one.until_on)[5:], one.bucket, one.stage) for one in rows]


def bank_with_payment():
    bank = Bank()
    bank.post(TWO, "01-01")
    bank.post(paid("100", "01-14"), "01-14")
    return bank


def test_the_history_is_effective_dated_without_gaps():
    assert rows_of(bank_with_payment(), "02-01") == [
        ("01-01", "01-11", None, "current"),
        ("01-11", "01-14", "1-3", "early"),
        ("01-14", None, None, "current"),
    ]


def test_the_history_ends_with_the_business_date():
    assert rows_of(bank_with_payment(), "01-13")[-1] == ("01-11", None, "1-3", "early")
    assert rows_of(bank_with_payment(), "01-10")[-1] == ("01-01", None, None, "current")


def test_a_reversal_shows_the_class_again_as_news_and_known_at_the_old_truth():
    bank = bank_with_payment()
    bank.post(PaymentReversed("P1", "L1", day("01-20")), "01-20")
    news = bank.facts[-1].recorded_at
    rows = history(bank.facts, day("02-01"), CONTEXT)
    assert [(str(one.from_on)[5:], one.bucket, one.recorded_at == news) for one in rows] == [
        ("01-01", None, False),
        ("01-11", "1-3", False),
        ("01-14", "4-30", True),
    ]
    assert rows_of(bank, "02-01", known_at=bank.facts[1].recorded_at)[-1] == ("01-14", None, None, "current")


def test_a_row_is_dated_by_the_news_it_rests_on_not_by_the_day_that_was_closed():
    bank = bank_with_payment()
    rows = history(bank.facts, day("02-01"), CONTEXT)
    opening, payment = (one.recorded_at for one in bank.facts)
    assert [one.recorded_at for one in rows] == [opening, opening, payment]


def test_nothing_is_known_of_a_loan_before_it_was_opened_to_us():
    assert history([], day("02-01"), CONTEXT) == []
    assert rows_of(bank_with_payment(), "2024-12-31") == []


def test_a_statement_tells_fact_by_fact_why_something_is_owed():
    bank = bank_with_payment()
    bank.post(PaymentReversed("P1", "L1", day("01-20")), "01-20")
    bank.post(LoanRescheduled("L1", "R1", "restructure", day("01-25"), monthly(2, "90").instalments), "01-25")
    lines = statement(bank.facts, day("02-01"))
    assert [(one.type, str(one.on)[5:], str(one.amount), str(one.balance)) for one in lines] == [
        ("loan.opened", "01-01", "200", "200"),
        ("payment.received", "01-14", "-100", "100"),
        ("payment.reversed", "01-14", "100", "200"),
        ("loan.rescheduled", "01-25", "-20", "180"),
    ]


def test_a_statement_shows_what_was_paid_too_much():
    bank = bank_with_payment()
    bank.post(paid("150", "01-20", "P2"), "01-20")
    last = statement(bank.facts, day("02-01"))[-1]
    assert (last.amount, last.balance, last.credit) == (Decimal(-150), 0, Decimal(50))


def test_a_statement_of_an_earlier_day_leaves_out_what_came_later():
    assert [one.type for one in statement(bank_with_payment().facts, day("01-13"))] == ["loan.opened"]
