"""Loans, payments and the days on which they are told, for the tests of scoring, in few words."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import reduce

from services.scoring.domain.context import Context, ModelAnswer
from services.scoring.domain.inputs import INPUTS
from services.scoring.domain.scoring import blank, decide, evolve
from shared.events import (
    DelinquencyChanged,
    Instalment,
    InstalmentMissed,
    LoanOpened,
    PaymentReceived,
    StatementIssued,
)


def day(text: str) -> date:
    """*text* like 2025-01-31, or 01-31 of 2025."""
    return date.fromisoformat(text if len(text) > 5 else f"2025-{text}")


def at(on: str | date, hour: int = 3) -> datetime:
    return datetime.combine(day(on) if isinstance(on, str) else on, time(hour), UTC)


def due_day(number: int, on: int = 5) -> date:
    """The due date of the n-th monthly instalment of a loan opened in January 2025."""
    return date(2025 + number // 12, number % 12 + 1, on)


def loan(times: int = 12, amount: str = "100.00", loan_id: str = "L1", currency: str = "CNY", **more) -> LoanOpened:
    """A loan of monthly instalments due on the 5th, from February 2025 on."""
    dues = [due_day(number) for number in range(1, times + 1)]
    instalments = more.pop("instalments", None) or tuple(
        Instalment(number, on, Decimal(amount)) for number, on in enumerate(dues, start=1)
    )
    fields = {"customer_id": "C1", "product": "cash", "opened_on": day("01-05"), "kind": "instalment", **more}
    principal = Decimal(fields.pop("principal", None) or Decimal(amount) * times)
    return LoanOpened(loan_id=loan_id, currency=currency, principal=principal, instalments=instalments, **fields)


def account(limit: str = "1000.00", loan_id: str = "L1") -> LoanOpened:
    """A revolving account without instalments."""
    return LoanOpened(loan_id, "C1", "card", "CNY", Decimal(limit), day("01-05"), kind="revolving")


def bill(amount: str, minimum: str, due_on: str, issued_on: str, loan_id: str = "L1") -> StatementIssued:
    return StatementIssued(loan_id, issued_on, Decimal(amount), day(issued_on), day(due_on), Decimal(minimum))


def paid(on: str | date, amount: str = "100.00", loan_id: str = "L1", payment_id: str | None = None) -> PaymentReceived:
    on = day(on) if isinstance(on, str) else on
    return PaymentReceived(payment_id or f"P-{loan_id}-{on}", loan_id, Decimal(amount), on, "repayment")


def missed(due_on: str | date, amount: str = "100.00", loan_id: str = "L1", currency: str = "CNY") -> InstalmentMissed:
    due_on = day(due_on) if isinstance(due_on, str) else due_on
    return InstalmentMissed(loan_id, due_on.month, due_on, Decimal(amount), currency)


def late(as_of, since=None, unpaid=None, amount="100.00", loan_id="L1") -> DelinquencyChanged:
    """The loan stands late since that day, or (without) not late."""
    return DelinquencyChanged(
        loan_id=loan_id,
        as_of=day(as_of) if isinstance(as_of, str) else as_of,
        delinquent_amount=Decimal(amount if since else 0),
        currency="CNY",
        overdue_since=day(since) if isinstance(since, str) else since,
        unpaid_instalments=unpaid,
    )


def known(*events):
    """The borrower of whom these are known, in this order."""
    return reduce(evolve, events, blank("C1"))


def hear(borrower, event, now=None, **context):
    """One beat of the fold: the borrower afterwards, and what was said."""
    borrower = evolve(borrower, event)
    said = decide(borrower, event, Context(now=now or at(borrower.heard_to), **context))
    return reduce(evolve, said, borrower), said


ANSWER = ModelAnswer(
    model="lightgbm:7",
    trained_on="pool-2017-3",
    valid_until=date(2025, 6, 30),
    roll_probability=Decimal("0.12345"),
    cure_probability=Decimal("0.5"),
    default_probability=Decimal("0.25"),
    baseline=Decimal("-1.2"),
    contributions={each.name: Decimal(n - 30) / 100 for n, each in enumerate(INPUTS)},
)
