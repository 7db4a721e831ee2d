"""A borrower as a whole: the worst of the loans, and what is owed on all of them, each currency by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from services.ingest.domain.position import Position


@dataclass(frozen=True, slots=True)
class Total:
    """The sums of one currency; `loans` counts those on which anything can be owed."""

    currency: str
    loans: int
    loans_past_due: int
    outstanding: Decimal
    delinquent_amount: Decimal


@dataclass(frozen=True, slots=True)
class CustomerPosition:
    """All loans of one borrower on one day; days, bucket and `overdue_since` are those of the worst loan.

    `worst_loan_id` is None while nothing is past due or charged off.
    """

    customer_id: str
    as_of: date
    known_at: datetime
    worst_loan_id: str | None
    bucket: str | None
    overdue_since: date | None
    past_due_days: int
    delinquent_days: int
    totals: tuple[Total, ...]
    loans: tuple[Position, ...]


def customer_position(customer_id: str, as_of: date, known_at: datetime, loans: Sequence[Position]) -> CustomerPosition:
    """The borrower of *loans*, all of the same day: of two loans equally late, the first by its id is the worst."""
    ordered = tuple(sorted(loans, key=lambda one: one.loan_id))
    bad = [one for one in ordered if one.past_due_days or one.status == "charged-off"]
    worst = max(bad, key=_badness, default=None)
    return CustomerPosition(
        customer_id=customer_id,
        as_of=as_of,
        known_at=known_at,
        worst_loan_id=worst.loan_id if worst else None,
        bucket=worst.bucket if worst else None,
        overdue_since=worst.overdue_since if worst else None,
        past_due_days=worst.past_due_days if worst else 0,
        delinquent_days=worst.delinquent_days if worst else 0,
        totals=tuple(_total(currency, ordered) for currency in sorted({one.currency for one in ordered})),
        loans=ordered,
    )


def _badness(one: Position) -> tuple[bool, int, int]:
    """A claim written off is worse than any arrears; then grace and pauses count for the borrower."""
    return (one.status == "charged-off", one.delinquent_days, one.past_due_days)


def _total(currency: str, loans: Sequence[Position]) -> Total:
    own = [one for one in loans if one.currency == currency]
    return Total(
        currency=currency,
        loans=sum(one.status in ("active", "charged-off") for one in own),
        loans_past_due=sum(one.delinquent_amount > 0 for one in own),
        outstanding=sum((one.outstanding for one in own), Decimal(0)),
        delinquent_amount=sum((one.delinquent_amount for one in own), Decimal(0)),
    )
