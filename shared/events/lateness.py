"""What ingest says follows from the facts: instalments coming due and missed, how late a loan is, and that it cured."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.events.base import Count, Currency, Event, Identifier
from shared.money import Money


@dataclass(frozen=True, slots=True)
class InstalmentComingDue(Event):
    """An instalment with something still to pay falls due in `days_before` days."""

    loan_id: Identifier
    number: Count
    due_on: date
    amount: Money
    currency: Currency
    days_before: Count
    revision_id: Identifier | None = None


@dataclass(frozen=True, slots=True)
class InstalmentMissed(Event):
    """An instalment's due date went by with `amount` of it unpaid."""

    loan_id: Identifier
    number: Count
    due_on: date
    amount: Money
    currency: Currency
    revision_id: Identifier | None = None


@dataclass(frozen=True, slots=True)
class DelinquencyChanged(Event):
    """The bucket, the stage, the oldest unpaid due date or the amount past due changed, or when they will.

    A bucket of None means not in any; `overdue_since` is None when nothing is past due. How many days have passed
    follows from it: nobody is told daily. `next_past_due_days` and `next_delinquent_days` are the counts at which the
    bucket or the stage changes next, if nothing else happens.
    """

    loan_id: Identifier
    as_of: date
    delinquent_amount: Money
    currency: Currency
    bucket_from: Identifier | None = None
    bucket_to: Identifier | None = None
    stage: Identifier | None = None
    overdue_since: date | None = None
    stage_from: Identifier | None = None
    outstanding: Money | None = None
    unpaid_instalments: Count | None = None
    delinquent_days: Count | None = None
    paused: bool = False
    next_past_due_days: Count | None = None
    next_delinquent_days: Count | None = None


@dataclass(frozen=True, slots=True)
class LoanCured(Event):
    """Nothing is past due any more, because of payment or waiver; `overdue_since` and `bucket_from` are what was."""

    loan_id: Identifier
    on: date
    because: Literal["payment", "waiver"]
    overdue_since: date
    bucket_from: Identifier | None = None
