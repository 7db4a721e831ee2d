"""Revolving accounts: each statement makes an instalment of the part of its minimum that is above minimums unpaid.

A minimum usually includes earlier arrears, which are not counted twice; money above what is due lowers the balance and
pays no later minimum.
"""

from datetime import date
from decimal import Decimal

from services.ingest.domain.borrower import NOTHING_UNUSUAL, Loan, Statement
from services.ingest.domain.dues import ZERO, Due, allocate, credited


def statements_by(loan: Loan, as_of: date) -> list[Statement]:
    """Statements issued on or before *as_of*, in order."""
    return [one for one in (loan.servicing or NOTHING_UNUSUAL).statements if one.issued_on <= as_of]


def minimums_on(loan: Loan, as_of: date) -> tuple[list[Due], list[Decimal]]:
    """The instalments made of minimums, and what is paid on each by *as_of*."""
    dues: list[Due] = []
    paid: list[Decimal] = []
    counted = ZERO
    for number, statement in enumerate(statements_by(loan, as_of), start=1):
        money = credited(loan, statement.issued_on)
        paid = _pay(dues, paid, money - counted)
        counted = money
        unpaid = sum((due.amount for due in dues), ZERO) - sum(paid, ZERO)
        dues.append(Due(number, statement.due_on, max(ZERO, statement.minimum - unpaid)))
        paid.append(ZERO)
    return dues, _pay(dues, paid, credited(loan, as_of) - counted)


def balance_on(loan: Loan, as_of: date) -> Decimal:
    """Latest statement, plus later charges, minus later money; below zero is credit."""
    issued = statements_by(loan, as_of)
    since, stated = (issued[-1].issued_on, issued[-1].amount) if issued else (date.min, ZERO)
    servicing = loan.servicing or NOTHING_UNUSUAL
    charges = [(one.since, one.amount) for one in (*servicing.fees, *servicing.chargebacks)]
    charges += [(one.effective_on, one.amount) for one in servicing.adjustments]
    later = sum((amount for on, amount in charges if since < on <= as_of), ZERO)
    return stated + later - (credited(loan, as_of) - credited(loan, since))


def _pay(dues: list[Due], paid: list[Decimal], money: Decimal) -> list[Decimal]:
    """*paid* after *money* more, the oldest first."""
    left = [due._replace(amount=due.amount - part) for due, part in zip(dues, paid, strict=True)]
    return [part + more for part, more in zip(paid, allocate(left, money), strict=True)]
