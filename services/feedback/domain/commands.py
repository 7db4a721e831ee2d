"""What may be asked of feedback; texts, causes and evidence stay in the vault, a command carries references to them.

An address is named by its reference in contact's vault, never in the clear.
"""

from dataclasses import dataclass
from datetime import date, time
from typing import Literal, TypeAlias
from uuid import UUID

from services.feedback.domain.borrower import ComplaintCategory
from shared.events import Channel, Command, Count, Currency, Handling, Identifier, Language, Scope, Support
from shared.events.agreements import Horizon
from shared.events.feedback import Door, Weekday
from shared.money import Money

Consented: TypeAlias = Literal[
    "channel", "out_of_hours", "lessons", "recording", "automated_voice", "reminders", "further_calls"
]
CaseOutcome: TypeAlias = Literal["upheld", "partly_upheld", "rejected", "withdrawn"]
PreferenceKind: TypeAlias = Literal[
    "address_block", "agreed_attempts", "agreed_contact_time", "channel_block", "consent_out_of_hours",
    "employer_prohibits", "inconvenient_days", "inconvenient_place", "inconvenient_slot", "language",
    "no_work_calls", "preferred_channel", "preferred_window",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class MakePromise(Command):
    """Promise `amount` over all of `loan_ids` by `due_on`, the bank's calendar."""

    promise_id: Identifier
    loan_ids: tuple[Identifier, ...]
    amount: Money
    currency: Currency
    due_on: date
    tolerance_days: Count = 0
    via: Door = "agent"
    contact_id: Identifier | None = None


@dataclass(frozen=True, slots=True)
class ClaimHardship(Command):
    """Say that the borrower cannot pay; without `loan_ids`, on any of their loans."""

    claim_id: Identifier
    handling: Handling
    horizon: Literal["short", "long", "unknown"]
    loan_ids: tuple[Identifier, ...] = ()
    via: Door = "agent"
    text_ref: UUID | None = None


@dataclass(frozen=True, slots=True)
class ConfirmHardship(Command):
    """Accept a claim, until `until` (inclusive) or, without it, until an event ends it."""

    claim_id: Identifier
    horizon: Horizon
    until: date | None = None
    handling: Handling | None = None
    evidence_ref: UUID | None = None


@dataclass(frozen=True, slots=True)
class DeclineHardship(Command):
    """Turn a claim down, for a reason."""

    claim_id: Identifier
    reason: Literal["affordable", "contradicted", "no_evidence", "not_eligible", "withdrawn"]
    text_ref: UUID | None = None


@dataclass(frozen=True, slots=True)
class EndHardship(Command):
    """End a confirmed hardship before its date."""

    claim_id: Identifier
    reason: Literal["recovered", "withdrawn"]


@dataclass(frozen=True, slots=True)
class RaiseDispute(Command):
    """Dispute these loans, or part of what is owed on them."""

    dispute_id: Identifier
    loan_ids: tuple[Identifier, ...]
    kind: Literal["not_mine", "amount", "identity_theft", "already_settled", "other"]
    in_writing: bool = False
    via: Door = "agent"
    text_ref: UUID | None = None


@dataclass(frozen=True, slots=True)
class ResolveDispute(Command):
    """Answer a dispute."""

    dispute_id: Identifier
    outcome: CaseOutcome
    text_ref: UUID | None = None


@dataclass(frozen=True, slots=True)
class RaiseComplaint(Command):
    """Complain of how the borrower was treated."""

    complaint_id: Identifier
    category: ComplaintCategory
    complex: bool = False
    loan_ids: tuple[Identifier, ...] = ()
    contact_id: Identifier | None = None
    agent_id: Identifier | None = None
    via: Door = "agent"
    text_ref: UUID | None = None


@dataclass(frozen=True, slots=True)
class ExtendComplaint(Command):
    """Take longer over a complaint: it proved complex, or, after that, more time was approved."""

    complaint_id: Identifier
    reason: Literal["complex", "approved"]


@dataclass(frozen=True, slots=True)
class ResolveComplaint(Command):
    """Answer a complaint and name its root cause."""

    complaint_id: Identifier
    outcome: CaseOutcome
    root_cause: Literal["agent", "agency", "data", "policy", "process", "system", "template", "none"]
    text_ref: UUID | None = None


@dataclass(frozen=True, slots=True)
class StopContact(Command):
    """Ask for no contact within `scope`."""

    stop_id: Identifier
    scope: Scope
    channel: Channel | None = None
    reply_id: Identifier | None = None
    via: Door = "agent"


@dataclass(frozen=True, slots=True)
class GiveConsent(Command):
    """Agree to something that needs agreement, until `expires_on` (inclusive)."""

    consent_id: Identifier
    matter: Consented
    scope: Scope
    expires_on: date | None = None
    in_writing: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawConsent(Command):
    """Take a consent back."""

    consent_id: Identifier


@dataclass(frozen=True, slots=True)
class StatePreference(Command):
    """Say when, where and how to be contacted; times are the borrower's own, from inclusive to exclusive."""

    preference_id: Identifier
    kind: PreferenceKind
    channel: Channel | None = None
    address_ref: UUID | None = None
    place: Literal["home", "work", "other"] | None = None
    days: tuple[Weekday, ...] = ()
    from_time: time | None = None
    until_time: time | None = None
    limit_per_day: Count | None = None
    language: Language | None = None
    until_on: date | None = None
    via: Door = "app"


@dataclass(frozen=True, slots=True)
class NameRepresentative(Command):
    """Name somebody who speaks for the borrower about these loans (none: all); who it is stays in the vault."""

    representative_id: Identifier
    role: Literal["attorney", "debt_adviser", "guardian", "executor", "other"]
    since: date
    loan_ids: tuple[Identifier, ...] = ()
    address_ref: UUID | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class NoteVulnerability(Command):
    """Note what the borrower needs of us, never why."""

    note_id: Identifier
    support: tuple[Support, ...]
    strength: Literal["suspected", "confirmed", "ended"]
    review_on: date | None = None
    text_ref: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReportAddressInvalid(Command):
    """Report that an address, by its reference, does not reach the borrower."""

    address_ref: UUID
    channel: Channel
    reason: Literal["dead", "reassigned", "undelivered", "wrong_person"]


@dataclass(frozen=True, slots=True)
class ClaimPayment(Command):
    """Say that these loans (none: any) have been paid already."""

    claim_id: Identifier
    channel: Channel
    loan_ids: tuple[Identifier, ...] = ()
    contact_id: Identifier | None = None
    text_ref: UUID | None = None
