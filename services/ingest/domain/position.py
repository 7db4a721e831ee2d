"""The position of a loan, from its facts alone: any order, any duplicate, as of any day, as known at any instant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from services.ingest.domain.borrower import Loan
from services.ingest.domain.buckets import BucketSet
from services.ingest.domain.context import Context
from services.ingest.domain.facts import Posted, Recorded
from services.ingest.domain.figures import Figures, figures_on
from services.ingest.domain.grading import bucket_of, rules_for
from services.ingest.domain.ledger import enter, open_loan
from services.ingest.domain.pauses import paused_days, windows_of
from services.ingest.domain.policies import Policy
from services.ingest.domain.revolving import statements_by
from shared.events.repayments import FactVoided, LoanOpened, PaymentReceived, PaymentReversed


@dataclass(frozen=True, slots=True)
class Aged:
    """What is past due on the instalments of one bucket."""

    bucket: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Position:
    """One loan on one day, as it is answered; the last four fields only where they apply."""

    loan_id: str
    as_of: date
    known_at: datetime
    status: str
    currency: str
    outstanding: Decimal
    next_due_on: date | None
    next_due_amount: Decimal
    past_due_days: int
    paused: bool
    paused_days: int
    grace_days: int
    delinquent_days: int
    delinquent_amount: Decimal
    overdue_since: date | None
    delinquent_start_on: date | None
    bucket: str | None
    instalment_buckets: tuple[Aged, ...]
    charged_off_on: date | None = None
    recoverable_amount: Decimal | None = None
    days_at_charge_off: int | None = None
    statement_on: date | None = None


def loan_from(facts: Sequence[Recorded]) -> Loan | None:
    """The loan that *facts* (all of one loan, any order, repeats harmless) amount to; None without its opening."""
    once = {(one.posted.source, one.posted.id): one.posted for one in facts}
    voided = {(one.fact.source, one.fact.id) for one in once.values() if isinstance(one.fact, FactVoided)}
    valid = [one for key, one in once.items() if key not in voided]
    opening = min((one for one in valid if isinstance(one.fact, LoanOpened)), key=lambda one: one.at, default=None)
    if opening is None:
        return None
    assert isinstance(opening.fact, LoanOpened)
    loan = open_loan(opening.fact, opening.at)
    for posted in _with_payments(valid):
        loan = enter(loan, posted)
    return loan


def position(
    facts: Sequence[Recorded], as_of: date, context: Context, *, known_at: datetime | None = None
) -> Position | None:
    """The position on *as_of* (business calendar) by the facts that had reached us by *known_at* (default: now).

    None when the loan was not known by then.
    """
    known_at = known_at or context.now
    known = [one for one in facts if one.recorded_at <= known_at]
    loan = loan_from(known)
    if loan is None:
        return None
    return position_of(_loan_id(known), loan, as_of, context, known_at)


def buckets_in(loan: Loan, as_of: date, names: Sequence[str], context: Context) -> dict[str, str | None]:
    """The bucket that *loan* is in on *as_of* in each of the bucket sets *names*."""
    figures = figures_on(loan, as_of)
    return {name: bucket_of(loan, figures, as_of, context.buckets_of(name, as_of)) for name in names}


def position_of(loan_id: str, loan: Loan, as_of: date, context: Context, known_at: datetime) -> Position:
    """The position of a loan whose facts are gathered."""
    figures, rules = figures_on(loan, as_of), rules_for(loan, context, as_of)
    next_due_on, next_due_amount = next_due(figures, context.policy_of(loan.product))
    since = figures.overdue_since
    return Position(
        loan_id=loan_id,
        as_of=as_of,
        known_at=known_at,
        status=figures.status,
        currency=loan.currency,
        outstanding=figures.outstanding,
        next_due_on=next_due_on,
        next_due_amount=next_due_amount,
        past_due_days=figures.past_due_days,
        paused=figures.paused,
        paused_days=figures.paused_days,
        grace_days=loan.grace,
        delinquent_days=figures.delinquent_days,
        delinquent_amount=figures.delinquent_amount,
        overdue_since=since,
        delinquent_start_on=since + timedelta(days=loan.grace) if since else None,
        bucket=bucket_of(loan, figures, as_of, rules.buckets),
        instalment_buckets=instalment_buckets(loan, figures, as_of, rules.buckets),
        **_where_it_applies(loan, figures, as_of),
    )


def answer(found: Position) -> dict[str, Any]:
    """The fields of *found* as answered: those of charge-off and of revolving accounts only where they apply."""
    fields = {name: getattr(found, name) for name in Position.__dataclass_fields__}
    return {name: value for name, value in fields.items() if value is not None or name not in _SOMETIMES}


def next_due(figures: Figures, policy: Policy) -> tuple[date | None, Decimal]:
    """The next instalment to pay and what is still owed on it, by the product's policy."""
    ahead = [(due.due_on, unpaid) for due, unpaid in figures.ahead]
    late = [(one.due_on, one.amount) for one in figures.late if not one.is_early]
    open_ones = late + ahead if policy.next_due == "earliest-unpaid" else ahead
    return min(open_ones, default=(None, Decimal(0)), key=lambda one: one[0])


def instalment_buckets(loan: Loan, figures: Figures, as_of: date, buckets: BucketSet | None) -> tuple[Aged, ...]:
    """Amounts past due by each instalment's own age: without grace, pauses in its overdue window taken off.

    Hidden while the loan has no delinquent days.
    """
    if buckets is None or figures.delinquent_days == 0:
        return ()
    windows = windows_of(loan)
    amounts: dict[str, Decimal] = {}
    for late in figures.late:
        age = (as_of - late.since).days - paused_days(windows, late.since, as_of)
        bucket = buckets.bucket_of(age)
        if bucket is not None:
            amounts[bucket] = amounts.get(bucket, Decimal(0)) + late.amount
    return tuple(Aged(one.title, amounts[one.title]) for one in buckets.ranges if one.title in amounts)


_SOMETIMES = frozenset({"charged_off_on", "recoverable_amount", "days_at_charge_off", "statement_on"})


def _with_payments(valid: Sequence[Posted]) -> list[Posted]:
    """*valid* without the opening, each reversal with its payment; one whose payment was voided is gone with it."""
    payments = {one.identity: one for one in valid if isinstance(one.fact, PaymentReceived)}
    reversals = {one.about_identity: one for one in valid if isinstance(one.fact, PaymentReversed)}
    others = [one for one in valid if not isinstance(one.fact, LoanOpened | PaymentReceived | PaymentReversed)]
    pairs = [(one, payments[identity]) for identity, one in reversals.items() if identity in payments]
    complete = [replace(one, about=payment.fact, about_time=payment.time) for one, payment in pairs]
    return [*payments.values(), *complete, *others]


def _where_it_applies(loan: Loan, figures: Figures, as_of: date) -> dict[str, Any]:
    issued = statements_by(loan, as_of)
    if issued:
        return {"statement_on": issued[-1].issued_on} | _charge_off(loan, figures)
    return _charge_off(loan, figures)


def _charge_off(loan: Loan, figures: Figures) -> dict[str, Any]:
    if figures.status != "charged-off" or loan.servicing is None:
        return {}
    on = min(loan.servicing.charge_offs)
    return {
        "charged_off_on": on,
        "recoverable_amount": figures.outstanding,
        "days_at_charge_off": figures_on(loan, on).past_due_days,
    }


def _loan_id(known: Sequence[Recorded]) -> str:
    return next(one.posted.fact.loan_id for one in known if isinstance(one.posted.fact, LoanOpened))
