"""What may be asked of contact: a profile stated, holds placed and ended, and what became of an attempt.

Addresses and names stay in the vault; a command carries references to them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from services.contact.domain.profile import Profile
from shared.events import Code, Command, Currency, Identifier, Scope
from shared.events.contacts import HoldKind
from shared.events.words import Channel
from shared.money import Money

Rejection: TypeAlias = Literal[
    "address-invalid", "expired", "not-connected", "provider-error", "rejected", "undelivered"
]
Unclarity: TypeAlias = Literal["connection-lost", "interrupted", "no-receipt", "timeout", "unreadable-answer"]
Signal: TypeAlias = Literal[
    "delivered", "opened", "followed", "address-invalid", "expired", "not-connected", "undelivered"
]
Meaning: TypeAlias = Literal["already_paid", "dispute", "hardship", "stop", "unread"]
"""What a reply says in one of our own words; `unread`: in words that a person has to read."""


@dataclass(frozen=True, slots=True)
class StateProfile(Command):
    """State the whole profile anew."""

    profile: Profile


@dataclass(frozen=True, slots=True)
class PlaceHold(Command):
    """Stop contact within `scope` until `until` (exclusive; None: until a person ends it)."""

    hold_id: Identifier
    kind: HoldKind
    scope: Scope
    by: Code
    until: datetime | None = None
    stop_debits: bool = False
    stop_interest: bool = False


@dataclass(frozen=True, slots=True)
class EndHold(Command):
    """End a hold; a person does."""

    hold_id: Identifier
    by: Code


@dataclass(frozen=True, slots=True)
class ApproveContact(Command):
    """Let a withheld step that needs a person's approval go ahead; the gate judges it all the same."""

    contact_id: Identifier
    by: Code


@dataclass(frozen=True, slots=True)
class NoteAccepted(Command):
    """The provider took the attempt over."""

    attempt_id: Identifier
    provider_ref: Identifier | None = None
    cost: Money | None = None
    currency: Currency | None = None


@dataclass(frozen=True, slots=True)
class NoteRejected(Command):
    """The attempt certainly did not go out."""

    attempt_id: Identifier
    reason: Rejection


@dataclass(frozen=True, slots=True)
class NoteUnclear(Command):
    """Nobody knows whether the attempt went out."""

    attempt_id: Identifier
    reason: Unclarity


@dataclass(frozen=True, slots=True)
class HearReply(Command):
    """The borrower answered on a channel; the words themselves lie in the vault under `text_ref`.

    `attempt_id`: the message that was answered, where the provider could tell.
    """

    reply_id: Identifier
    channel: Channel
    meaning: Meaning
    at: datetime
    text_ref: UUID
    attempt_id: Identifier | None = None


@dataclass(frozen=True, slots=True)
class NoteReceipt(Command):
    """The provider, or the device, told of an attempt later."""

    attempt_id: Identifier
    signal: Signal
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteSettled(Command):
    """A person or a look-up settled an attempt that was unclear; written off, it goes on counting as connected."""

    attempt_id: Identifier
    outcome: Literal["accepted", "rejected", "written_off"]
    by: Code


@dataclass(frozen=True, slots=True)
class NoteRefusedBySwitch(Command):
    """The kill switch stopped the call before it started: nothing went out."""

    attempt_id: Identifier


@dataclass(frozen=True, slots=True)
class NoteMissedWindow(Command):
    """The call could not start in time, and so was not made: nothing went out."""

    attempt_id: Identifier


@dataclass(frozen=True, slots=True)
class NoteWithdrawn(Command):
    """What this house withdrew had not been begun: nothing went out."""

    attempt_id: Identifier
