"""What ingest says: the facts of core banking, as accepted.

Amounts without a currency beside them are in the loan's own. Dates are the loan's business calendar.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from shared.events.base import Attribute, Checked, Code, Count, Currency, Event, Identifier
from shared.events.words import PastContact
from shared.money import Money, Rate

LoanKind: TypeAlias = Literal["instalment", "revolving"]
Component: TypeAlias = Literal["principal", "interest", "fees", "penalties"]
AssetClass: TypeAlias = Literal["normal", "special-mention", "sub-standard", "doubtful", "loss"]
RevisionKind: TypeAlias = Literal["reage", "reamortise", "extension", "restructure", "correction"]
PaymentKind: TypeAlias = Literal["repayment", "credit", "refund", "recovery"]


@dataclass(frozen=True, slots=True)
class Instalment(Checked):
    """One due date of a schedule; what is not stated is zero, and `from_on` follows from the one before."""

    number: Count
    due_on: date
    principal: Money
    from_on: date | None = None
    interest: Money | None = None
    fees: Money | None = None


@dataclass(frozen=True, slots=True)
class Party(Checked):
    """Somebody else who answers for the loan."""

    customer_id: Identifier
    role: Literal["joint", "guarantor"]


@dataclass(frozen=True, slots=True)
class UnpaidPart(Checked):
    """What was still unpaid on one instalment when the loan was imported."""

    number: Count
    principal: Money
    interest: Money | None = None
    fees: Money | None = None


@dataclass(frozen=True, slots=True)
class LoanOpened(Event):
    """A loan was paid out, or an account opened, under this schedule.

    `facts` are minimised attributes known at approval. Without `jurisdiction` the deployment's own applies;
    as announced it is always there.
    """

    loan_id: Identifier
    customer_id: Identifier
    product: Identifier
    currency: Currency
    principal: Money
    opened_on: date
    lender: Identifier | None = None
    kind: LoanKind = "instalment"
    annual_rate: Rate | None = None
    grace_days: Count = 0
    bucket_set: Identifier = "default"
    jurisdiction: Code | None = None
    instalments: tuple[Instalment, ...] = ()
    parties: tuple[Party, ...] = ()
    facts: dict[Code, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanImported(LoanOpened):
    """A loan that was already running was taken over, with what was unpaid on it at the end of `as_of`."""

    as_of: date
    unpaid: tuple[UnpaidPart, ...]
    recent_contacts: tuple[PastContact, ...] = ()


@dataclass(frozen=True, slots=True)
class BalanceStated(Event):
    """Core banking stated its own figures for a loan."""

    loan_id: Identifier
    as_of: date
    outstanding: Money
    overdue_amount: Money


@dataclass(frozen=True, slots=True)
class BalanceAdjusted(Event):
    """One component of what is owed was changed by a signed amount; without `instalment`, the oldest unpaid first."""

    adjustment_id: Identifier
    loan_id: Identifier
    component: Component
    amount: Money
    effective_on: date
    kind: Literal["waiver", "accrual", "correction"]
    instalment: Count | None = None


@dataclass(frozen=True, slots=True)
class LoanAccelerated(Event):
    """All that remains of the loan became due."""

    loan_id: Identifier
    effective_on: date


@dataclass(frozen=True, slots=True)
class FactVoided(Event):
    """A fact never was; `source` and `id` are as core banking named it.

    Ingest adds what its hearers know the fact by: the event that told of it, and that event's own id if it has one.
    Where it moves money received, `amount` no longer counts as received on `value_on` (below zero: it counts again).
    """

    source: Identifier
    id: Identifier
    loan_id: Identifier | None = None
    voided: Code | None = None
    voided_id: Identifier | None = None
    amount: Money | None = None
    value_on: date | None = None


@dataclass(frozen=True, slots=True)
class LoanClassified(Event):
    """Core banking placed the loan in one of the five asset classes; its word wins over ours."""

    loan_id: Identifier
    asset_class: AssetClass
    on: date


@dataclass(frozen=True, slots=True)
class LoanRescheduled(Event):
    """A whole new schedule replaced what was unpaid of the old one."""

    loan_id: Identifier
    revision_id: Identifier
    kind: RevisionKind
    effective_on: date
    instalments: tuple[Instalment, ...]


@dataclass(frozen=True, slots=True)
class ScheduleRestored(Event):
    """A revision of the schedule was undone."""

    loan_id: Identifier
    revision_id: Identifier
    effective_on: date


@dataclass(frozen=True, slots=True)
class LoanClosed(Event):
    """The loan ended; `amount` is what was settled with it."""

    loan_id: Identifier
    on: date
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class LoanChargedOff(Event):
    """The lender wrote the loan off its books and keeps its claim."""

    loan_id: Identifier
    on: date
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class StatementIssued(Event):
    """A revolving account was billed for one period."""

    loan_id: Identifier
    period: Code
    amount: Money
    issued_on: date
    due_on: date
    minimum_due: Money | None = None


@dataclass(frozen=True, slots=True)
class PaymentReceived(Event):
    """Money reached the loan, with effect from `value_on`."""

    payment_id: Identifier
    loan_id: Identifier
    amount: Money
    value_on: date
    kind: PaymentKind
    channel: Code | None = None


@dataclass(frozen=True, slots=True)
class PaymentReversed(Event):
    """A payment turned out not to have been one; ingest adds what it had brought, and from when."""

    payment_id: Identifier
    loan_id: Identifier
    reversed_on: date
    amount: Money | None = None
    value_on: date | None = None


@dataclass(frozen=True, slots=True)
class PaymentFailed(Event):
    """An attempt to collect a payment failed; `reason_code` is ISO 20022's or the bank's own."""

    attempt_id: Identifier
    loan_id: Identifier
    amount: Money
    failed_on: date
    reason_code: Code


@dataclass(frozen=True, slots=True)
class ChargebackPosted(Event):
    """Money that had been paid was taken back by the payer's bank."""

    chargeback_id: Identifier
    loan_id: Identifier
    amount: Money
    value_on: date
    payment_id: Identifier | None = None


@dataclass(frozen=True, slots=True)
class FeeCharged(Event):
    """A fee or penalty was added to what is owed."""

    fee_id: Identifier
    loan_id: Identifier
    amount: Money
    due_on: date
    kind: Literal["fee", "penalty"]


@dataclass(frozen=True, slots=True)
class DelinquencyPaused(Event):
    """Ageing stands still from `from_on` (inclusive) to `until_on` (exclusive)."""

    loan_id: Identifier
    from_on: date
    until_on: date


@dataclass(frozen=True, slots=True)
class DelinquencyResumed(Event):
    """The running pause was cut short."""

    loan_id: Identifier
    on: date
