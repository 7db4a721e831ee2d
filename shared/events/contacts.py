"""What contact says: the treatment chosen, and every contact as planned, judged, made, or not made.

`contact_id` is one step for one borrower on one business date; `attempt_id` one try at it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from shared.events.base import Code, Currency, Event, Identifier, Probability
from shared.events.decisions import GateDecision
from shared.events.words import Channel, Direction, Language, Outcome, Purpose, Recipient, Scope
from shared.money import Money

HoldKind: TypeAlias = Literal[
    "arrangement", "balance_difference", "bankruptcy", "care", "complaint", "deceased", "disaster", "dispute",
    "hardship", "identity_theft", "minor", "moratorium", "payment_claimed", "promise", "regulator", "representative",
    "review", "stop", "vulnerable", "wrong_person",
]  # fmt: skip
Arm: TypeAlias = Literal["champion", "challenger", "hold_out"]


@dataclass(frozen=True, slots=True)
class TreatmentChosen(Event):
    """A treatment was chosen for the borrower, with its reasons, its expected value and its cost."""

    treatment: Code
    loan_ids: tuple[Identifier, ...]
    strategy: Identifier
    strategy_version: Identifier
    situation: Code
    currency: Currency
    stage: Identifier | None = None
    reasons: tuple[Code, ...] = ()
    expected_value: Money | None = None
    cost: Money | None = None
    arm: Arm = "champion"
    propensity: Probability | None = None
    approval_needed: bool = False


@dataclass(frozen=True, slots=True)
class ContactPlanned(Event):
    """A step was given its time: from `not_before` (inclusive) to `expires_at` (exclusive).

    `approved_by`: the person who let a step go ahead that needs one.
    """

    contact_id: Identifier
    loan_ids: tuple[Identifier, ...]
    step: Code
    channel: Channel
    not_before: datetime
    expires_at: datetime
    decision: GateDecision
    purpose: Purpose = "collect_debt"
    business_date: date | None = None
    treatment: Code | None = None
    template: Identifier | None = None
    arm: Arm = "champion"
    approved_by: Code | None = None


@dataclass(frozen=True, slots=True)
class ContactReserved(Event):
    """A slot was taken for one attempt, the gate having judged again; `reference` is ours towards the provider.

    It counts as a contact from `reserved_at` on, and may be handed over until `send_by` (exclusive). `cost` is the
    strategy's, which the budget holds; what the provider asks for in the end is told when it was sent.
    """

    contact_id: Identifier
    attempt_id: Identifier
    channel: Channel
    template: Identifier
    reference: Identifier
    decision: GateDecision
    loan_ids: tuple[Identifier, ...] = ()
    step: Code | None = None
    purpose: Purpose = "collect_debt"
    template_version: Identifier | None = None
    language: Language | None = None
    address_ref: Identifier | None = None
    provider: Code | None = None
    treatment: Code | None = None
    reserved_at: datetime | None = None
    send_by: datetime | None = None
    cost: Money | None = None
    currency: Currency | None = None


@dataclass(frozen=True, slots=True)
class ContactDeferred(Event):
    """A contact must wait; it may be tried again from `not_before`."""

    contact_id: Identifier
    loan_ids: tuple[Identifier, ...]
    channel: Channel
    reason: Literal["gate", "not-heard-out", "missed-window", "outage", "provider-limit", "budget", "kill-switch"]
    not_before: datetime
    decision: GateDecision
    step: Code | None = None


@dataclass(frozen=True, slots=True)
class ContactWithheld(Event):
    """A contact will not be made, or not before a person has decided."""

    contact_id: Identifier
    loan_ids: tuple[Identifier, ...]
    channel: Channel
    decision: GateDecision
    step: Code | None = None
    purpose: Purpose = "collect_debt"


@dataclass(frozen=True, slots=True)
class ContactCancelled(Event):
    """A planned or reserved contact is no longer wanted, because of what happened meanwhile."""

    contact_id: Identifier
    reason: Literal[
        "arrangement", "complaint", "cured", "dispute", "expired", "hold", "kill-switch", "loan-closed", "paid",
        "person", "promise", "replanned", "stopped", "treatment-changed",
    ]  # fmt: skip
    because: Identifier | None = None
    attempt_id: Identifier | None = None


@dataclass(frozen=True, slots=True)
class ContactSent(Event):
    """A provider took the contact over."""

    contact_id: Identifier
    attempt_id: Identifier
    channel: Channel
    loan_ids: tuple[Identifier, ...] = ()
    step: Code | None = None
    treatment: Code | None = None
    template: Identifier | None = None
    template_version: Identifier | None = None
    arm: Arm = "champion"
    provider: Code | None = None
    cost: Money | None = None
    currency: Currency | None = None


@dataclass(frozen=True, slots=True)
class ContactDelivered(Event):
    """The provider, or the device, says that the contact arrived, was opened or was followed."""

    contact_id: Identifier
    attempt_id: Identifier
    channel: Channel
    signal: Literal["delivered", "opened", "followed"] = "delivered"
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ContactFailed(Event):
    """The contact certainly did not arrive."""

    contact_id: Identifier
    attempt_id: Identifier
    channel: Channel
    reason: Literal["address-invalid", "expired", "not-connected", "provider-error", "rejected", "undelivered"]


@dataclass(frozen=True, slots=True)
class ContactUncertain(Event):
    """Nobody knows whether the contact went out: it counts as connected and is never sent again."""

    contact_id: Identifier
    attempt_id: Identifier
    channel: Channel
    reason: Literal["connection-lost", "interrupted", "no-receipt", "timeout", "unreadable-answer"]


@dataclass(frozen=True, slots=True)
class ConversationHeld(Event):
    """Somebody was spoken with; a call placed for some debts may have discussed others."""

    contact_id: Identifier
    channel: Channel
    direction: Direction
    outcome: Outcome
    started_at: datetime
    by: Code
    person_reached: Recipient
    identity_checked: bool
    placed_for: tuple[Identifier, ...] = ()
    discussed: tuple[Identifier, ...] = ()
    ended_at: datetime | None = None
    attempt_id: Identifier | None = None
    agent_id: Identifier | None = None
    recording_ref: Identifier | None = None
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class LessonOffered(Event):
    """A lesson was offered, or (`held_out`) kept back so that its worth can be measured."""

    lesson: Code
    language: Language
    loan_ids: tuple[Identifier, ...] = ()
    contact_id: Identifier | None = None
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class HoldPlaced(Event):
    """Contact stops within `scope` until `until` (exclusive; None: until somebody or something ends it).

    `stop_debits` and `stop_interest` tell core banking to do so. A hold that rests on a reading of what the borrower
    wrote says whether it still `awaits_confirmation` by a person.
    """

    hold_id: Identifier
    kind: HoldKind
    scope: Scope
    source: Literal["feedback", "person", "reconciliation", "rule"]
    until: datetime | None = None
    because: Identifier | None = None
    person_releases: bool = False
    stop_debits: bool = False
    stop_interest: bool = False
    awaits_confirmation: bool | None = None


@dataclass(frozen=True, slots=True)
class HoldEnded(Event):
    """A hold no longer stands in the way."""

    hold_id: Identifier
    kind: HoldKind
    reason: Literal["expired", "released", "resolved", "superseded"]
    because: Identifier | None = None


@dataclass(frozen=True, slots=True)
class ContactPermitted(Event):
    """An agency, dialler or person was allowed one contact before `expires_at` (exclusive)."""

    permit_id: Identifier
    channel: Channel
    by: Code
    expires_at: datetime
    decision: GateDecision
    loan_ids: tuple[Identifier, ...] = ()
    purpose: Purpose = "collect_debt"
    recipient: Recipient = "debtor"
    agent_id: Identifier | None = None
    address_ref: Identifier | None = None


@dataclass(frozen=True, slots=True)
class ContactReported(Event):
    """An agency, dialler or inbound line told of a contact it had made; `permit_id` is None where it had none."""

    report_id: Identifier
    at: datetime
    channel: Channel
    direction: Direction
    outcome: Outcome
    by: Code
    person_reached: Recipient
    identity_checked: bool
    permit_id: Identifier | None = None
    placed_for: tuple[Identifier, ...] = ()
    discussed: tuple[Identifier, ...] = ()
    agent_id: Identifier | None = None
    address_ref: Identifier | None = None
    recording_ref: Identifier | None = None
