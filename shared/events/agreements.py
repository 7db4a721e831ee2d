"""What feedback says of what the borrower agreed: promises, hardship and arrangements, and what became of them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from shared.events.base import Checked, Count, Currency, Event, Identifier
from shared.events.feedback import Door
from shared.events.words import Handling
from shared.money import Money

PromiseVerdict: TypeAlias = Literal["kept", "partly_kept", "broken"]
ArrangementKind: TypeAlias = Literal["date_change", "extension", "instalment_plan", "restructuring", "settlement"]
Horizon: TypeAlias = Literal["short", "long"]


@dataclass(frozen=True, slots=True)
class Due(Checked):
    """What is to be paid under an arrangement, and when at the latest (inclusive)."""

    number: Count
    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class PromiseMade(Event):
    """The borrower promised to pay `amount` by `due_on`; it counts as kept until `tolerance_days` later, inclusive.

    `judged_from` is the first instant after the last of those days, on the bank's calendar; it is open till judged.
    """

    promise_id: Identifier
    loan_ids: tuple[Identifier, ...]
    amount: Money
    currency: Currency
    due_on: date
    tolerance_days: Count
    made_on: date | None = None
    via: Door = "message"
    contact_id: Identifier | None = None
    judged_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class PromiseKept(Event):
    """All that was promised had come by the business date `judged_on`."""

    promise_id: Identifier
    loan_ids: tuple[Identifier, ...]
    judged_on: date
    paid: Money
    currency: Currency


@dataclass(frozen=True, slots=True)
class PromisePartlyKept(Event):
    """Some of what was promised had come by the business date `judged_on`."""

    promise_id: Identifier
    loan_ids: tuple[Identifier, ...]
    judged_on: date
    paid: Money
    promised: Money
    currency: Currency


@dataclass(frozen=True, slots=True)
class PromiseBroken(Event):
    """Nothing that counts had come by the business date `judged_on`."""

    promise_id: Identifier
    loan_ids: tuple[Identifier, ...]
    judged_on: date
    paid: Money
    promised: Money
    currency: Currency


@dataclass(frozen=True, slots=True)
class PromiseSuperseded(Event):
    """A promise was replaced, or lost its object, before it could be judged."""

    promise_id: Identifier
    loan_ids: tuple[Identifier, ...]
    reason: Literal["arrangement", "cured", "dispute", "loan_closed", "new_promise", "withdrawn"]
    superseded_by: Identifier | None = None


@dataclass(frozen=True, slots=True)
class PromiseRejudged(Event):
    """A promise already judged was judged again, because the payments had changed."""

    promise_id: Identifier
    loan_ids: tuple[Identifier, ...]
    judged_on: date
    before: PromiseVerdict
    verdict: PromiseVerdict
    paid: Money
    currency: Currency
    because: Literal["payment", "reversal", "chargeback", "void"]


@dataclass(frozen=True, slots=True)
class HardshipClaimed(Event):
    """The borrower says that they cannot pay; evidence is asked for by `evidence_due_on` (inclusive)."""

    claim_id: Identifier
    loan_ids: tuple[Identifier, ...]
    handling: Handling
    horizon: Literal["short", "long", "unknown"]
    claimed_on: date
    evidence_due_on: date | None = None
    decision_due_on: date | None = None
    via: Door = "message"


@dataclass(frozen=True, slots=True)
class HardshipConfirmed(Event):
    """The hardship is accepted, until `until` (inclusive; None: until an event ends it).

    `ends_at` is the first instant after `until`, on the bank's calendar.
    """

    claim_id: Identifier
    loan_ids: tuple[Identifier, ...]
    handling: Handling
    horizon: Horizon
    decided_on: date
    until: date | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HardshipDeclined(Event):
    """The hardship is not accepted, for this reason."""

    claim_id: Identifier
    loan_ids: tuple[Identifier, ...]
    reason: Literal["affordable", "contradicted", "no_evidence", "not_eligible", "withdrawn"]
    decided_on: date


@dataclass(frozen=True, slots=True)
class HardshipEnded(Event):
    """A hardship is over."""

    claim_id: Identifier
    loan_ids: tuple[Identifier, ...]
    reason: Literal["arrangement", "cured", "expired", "recovered", "withdrawn"]
    ended_on: date


@dataclass(frozen=True, slots=True)
class ArrangementRequested(Event):
    """The borrower asks for other terms; `affordable` is what they say they can pay each month."""

    arrangement_id: Identifier
    kind: ArrangementKind
    loan_ids: tuple[Identifier, ...]
    requested_on: date
    currency: Currency
    affordable: Money | None = None
    via: Door = "message"


@dataclass(frozen=True, slots=True)
class ArrangementRefused(Event):
    """Other terms were asked for and refused, for this reason."""

    arrangement_id: Identifier
    kind: ArrangementKind
    loan_ids: tuple[Identifier, ...]
    reason: Literal[
        "core_refused", "disputed", "lender_declined", "limit", "not_affordable", "not_eligible", "withdrawn"
    ]
    refused_on: date


@dataclass(frozen=True, slots=True)
class ArrangementOffered(Event):
    """These terms are open to the borrower until `expires_on` (inclusive); `discount` is what would be forgiven."""

    arrangement_id: Identifier
    kind: ArrangementKind
    loan_ids: tuple[Identifier, ...]
    currency: Currency
    instalments: tuple[Due, ...]
    offered_on: date
    expires_on: date
    discount: Money | None = None


@dataclass(frozen=True, slots=True)
class ArrangementAgreed(Event):
    """The borrower and the lender agreed on these terms; contact hushes until `hush_until` (inclusive) at the latest.

    It is broken once more than `misses_allowed` instalments are missed.
    """

    arrangement_id: Identifier
    kind: ArrangementKind
    loan_ids: tuple[Identifier, ...]
    currency: Currency
    instalments: tuple[Due, ...]
    agreed_on: date
    hush_until: date | None = None
    misses_allowed: Count = 0
    interest: Literal["continues", "frozen", "reduced", "waived"] = "continues"
    discount: Money | None = None


@dataclass(frozen=True, slots=True)
class ArrangementBroken(Event):
    """More instalments of an arrangement were missed than it allows, or it was undone."""

    arrangement_id: Identifier
    loan_ids: tuple[Identifier, ...]
    reason: Literal["missed", "core_refused", "core_silent", "undone"]
    judged_on: date
    currency: Currency
    missed: Count = 0
    paid: Money | None = None


@dataclass(frozen=True, slots=True)
class ArrangementCompleted(Event):
    """All that was agreed has been paid."""

    arrangement_id: Identifier
    loan_ids: tuple[Identifier, ...]
    completed_on: date
    currency: Currency
    paid: Money
