"""What feedback says of what was said: replies, causes, disputes, complaints, wishes; and which agents are certified.

Texts, causes and conditions stay in the house; what travels says how to act on them.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal, TypeAlias

from shared.events.base import Checked, Code, Count, Event, Identifier, Percent, Probability
from shared.events.words import Channel, Handling, Language, Scope, Support

Door: TypeAlias = Literal["message", "agent", "app", "self_service", "agency", "provider", "person"]
"""How it reached us."""

Intent: TypeAlias = Literal[
    "already_paid", "complaint", "deceased", "dispute", "hardship", "promise", "question", "represented", "stop",
    "unclear", "vulnerable", "wants_to_talk", "wrong_person",
]  # fmt: skip
Weekday: TypeAlias = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]


@dataclass(frozen=True, slots=True)
class Reading(Checked):
    """One thing a reply was understood to say; below the confidence bound a person decides."""

    intent: Intent
    confidence: Probability
    certain: bool


@dataclass(frozen=True, slots=True)
class ReplyReceived(Event):
    """The borrower wrote or spoke; the most confident reading stands first."""

    reply_id: Identifier
    channel: Channel
    received_at: datetime
    readings: tuple[Reading, ...]
    language: Language | None = None
    contact_id: Identifier | None = None
    address_ref: Identifier | None = None
    loan_ids: tuple[Identifier, ...] = ()
    confirmed_by_person: bool = False


@dataclass(frozen=True, slots=True)
class CauseStated(Event):
    """The borrower said why; only how to handle it is told."""

    statement_id: Identifier
    handling: Handling
    horizon: Literal["short", "long", "unknown"]
    loan_ids: tuple[Identifier, ...] = ()
    via: Door = "message"


@dataclass(frozen=True, slots=True)
class DisputeRaised(Event):
    """The borrower disputes the debt, or part of it; an answer is owed by `answer_due_on` (inclusive)."""

    dispute_id: Identifier
    loan_ids: tuple[Identifier, ...]
    kind: Literal["not_mine", "amount", "identity_theft", "already_settled", "other"]
    raised_on: date
    answer_due_on: date | None = None
    in_writing: bool = False
    via: Door = "message"


@dataclass(frozen=True, slots=True)
class DisputeResolved(Event):
    """A dispute got its answer."""

    dispute_id: Identifier
    loan_ids: tuple[Identifier, ...]
    outcome: Literal["upheld", "partly_upheld", "rejected", "withdrawn"]
    resolved_on: date


@dataclass(frozen=True, slots=True)
class BureauCorrectionRequested(Event):
    """Data at a credit bureau was objected to; a written answer is owed by `answer_due_on` (inclusive)."""

    correction_id: Identifier
    loan_ids: tuple[Identifier, ...]
    answer_due_on: date
    dispute_id: Identifier | None = None


@dataclass(frozen=True, slots=True)
class ComplaintRaised(Event):
    """The borrower complained of how they were treated; `contact_id` is the contact complained of.

    With `extension`, a complaint already raised is stated anew, whole: from `extended_on` its answer is owed later.
    """

    complaint_id: Identifier
    category: Literal["conduct", "frequency", "hours", "privacy", "third_party", "amount", "service", "other"]
    raised_on: date
    answer_due_on: date
    complex: bool = False
    loan_ids: tuple[Identifier, ...] = ()
    contact_id: Identifier | None = None
    agent_id: Identifier | None = None
    via: Door = "message"
    extension: Literal["complex", "approved"] | None = None
    extended_on: date | None = None


@dataclass(frozen=True, slots=True)
class ComplaintResolved(Event):
    """A complaint got its answer, and its root cause was named."""

    complaint_id: Identifier
    outcome: Literal["upheld", "partly_upheld", "rejected", "withdrawn"]
    root_cause: Literal["agent", "agency", "data", "policy", "process", "system", "template", "none"]
    resolved_on: date


@dataclass(frozen=True, slots=True)
class ContactStopped(Event):
    """The borrower wants no contact within `scope`, effective on receipt."""

    stop_id: Identifier
    scope: Scope
    received_at: datetime
    channel: Channel | None = None
    reply_id: Identifier | None = None
    via: Door = "message"


@dataclass(frozen=True, slots=True)
class ConsentGiven(Event):
    """The borrower agreed to something that needs agreement, until `expires_on` (inclusive)."""

    consent_id: Identifier
    matter: Literal["channel", "out_of_hours", "lessons", "recording", "automated_voice", "reminders", "further_calls"]
    scope: Scope
    given_at: datetime
    expires_on: date | None = None
    in_writing: bool = False


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn(Event):
    """The borrower took a consent back."""

    consent_id: Identifier
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True)
class PreferenceStated(Event):
    """The borrower's own times, places, days and channels; hours are theirs, from inclusive to exclusive."""

    preference_id: Identifier
    kind: Literal[
        "address_block", "agreed_attempts", "agreed_contact_time", "channel_block", "consent_out_of_hours",
        "employer_prohibits", "inconvenient_days", "inconvenient_place", "inconvenient_slot", "language",
        "no_work_calls", "preferred_channel", "preferred_window",
    ]  # fmt: skip
    stated_at: datetime
    channel: Channel | None = None
    address_ref: Identifier | None = None
    place: Literal["home", "work", "other"] | None = None
    days: tuple[Weekday, ...] = ()
    from_time: time | None = None
    until_time: time | None = None
    limit_per_day: Count | None = None
    language: Language | None = None
    until: datetime | None = None
    via: Door = "app"


@dataclass(frozen=True, slots=True)
class AddressInvalid(Event):
    """An address, by its reference in contact's vault, no longer reaches the borrower."""

    address_ref: Identifier
    channel: Channel
    reason: Literal["dead", "reassigned", "undelivered", "wrong_person"]


@dataclass(frozen=True, slots=True)
class RepresentativeNamed(Event):
    """Somebody else speaks for the borrower about these loans (none: all of them)."""

    representative_id: Identifier
    role: Literal["attorney", "debt_adviser", "guardian", "executor", "other"]
    since: date
    loan_ids: tuple[Identifier, ...] = ()
    address_ref: Identifier | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class VulnerabilityNoted(Event):
    """The borrower needs to be treated with this care; why is nobody else's business."""

    note_id: Identifier
    support: tuple[Support, ...]
    strength: Literal["suspected", "confirmed", "ended"]
    review_on: date | None = None


@dataclass(frozen=True, slots=True)
class SurveyAnswered(Event):
    """The borrower told how it was, from 0 (worst) to 100 (best)."""

    survey_id: Identifier
    kind: Code
    score: Percent
    contact_id: Identifier | None = None


@dataclass(frozen=True, slots=True)
class AgentCertified(Event):
    """An agent may work the desk, from `valid_from` to `valid_until` (both inclusive)."""

    agent_id: Identifier
    certificate_id: Identifier
    course: Code
    valid_from: date
    valid_until: date
    issued_by: Literal["exam", "lender"] = "exam"


@dataclass(frozen=True, slots=True)
class CertificateLapsed(Event):
    """An agent's certificate no longer counts."""

    agent_id: Identifier
    certificate_id: Identifier
    lapsed_on: date
    reason: Literal["expired", "revoked"] = "expired"
