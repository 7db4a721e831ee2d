"""What contact remembers of one borrower: what planning and the gate need, and no more.

Long rows are NamedTuples, because they encode as short arrays. Instants are UTC; dates of loans follow ingest's
business calendar, those of contacts the borrower's own.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from services.contact.domain.profile import Profile

CONTACT_DAYS_KEPT: Final = 40
"""How far back from the newest contact they are kept in state: longer than any window of the packs that ship (31
dates); older ones are rows."""
CONTACTS_MAX: Final = 200
"""The newest contacts kept; far above any cap, so that a cap stays reached when more are forgotten."""
WISHES_MAX: Final = 32
CLOSED_LOANS_MAX: Final = 8
PAYMENTS_MAX: Final = 8


class Payment(NamedTuple):
    """Money heard of that ingest's figure does not contain yet."""

    payment_id: str
    amount: Decimal
    value_on: date


class Coming(NamedTuple):
    """The next instalment to fall due, what is still to be paid on it, and whether the borrower was reminded."""

    number: int
    due_on: date
    unpaid: Decimal
    reminded: bool = False


@dataclass(frozen=True, slots=True)
class Loan:
    """One loan as ingest last told of it."""

    currency: str
    jurisdiction: str | None = None
    debt_type: str | None = None
    past_due: Decimal = Decimal(0)
    overdue_since: date | None = None
    bucket: str | None = None
    stage: str | None = None
    as_of: date | None = None
    payments: tuple[Payment, ...] = ()
    coming: Coming | None = None
    closed: bool = False
    closed_on: date | None = None
    late_on: date | None = None
    """The last day on which something is known to have been past due."""

    @property
    def owed(self) -> Decimal:
        """What is past due after all money heard of; never below zero."""
        if self.closed or not self.past_due:
            return Decimal(0)
        return max(Decimal(0), self.past_due - sum((paid.amount for paid in self.payments), Decimal(0)))


class Risk(NamedTuple):
    """Scoring's last word; None where too little is known. `valid_until` is inclusive."""

    valid_until: date
    ability: int | None
    willingness: int | None
    cure: Decimal | None
    cash: tuple[tuple[str, Decimal], ...]


class Hold(NamedTuple):
    """Contact stops within its reach until `until` (exclusive).

    `reach` is the kind of its scope, `names` what that kind names. `awaits_confirmation`: it rests on a reading of a
    reply, which a person still has to confirm (True) or which is certain by now (False); None: on no reading.
    """

    id: str
    kind: str
    reach: str
    names: tuple[str, ...] = ()
    until: datetime | None = None
    source: str = "feedback"
    awaits_confirmation: bool | None = None


class Wish(NamedTuple):
    """What the borrower asked for; `opens` and `closes` in minutes of their own day, `days` from 0 (Monday)."""

    kind: str
    stated_on: date
    channel: str | None = None
    address_ref: str | None = None
    place: str | None = None
    days: tuple[int, ...] = ()
    opens: int = 0
    closes: int = 1440
    limit: int | None = None
    language: str | None = None
    until: datetime | None = None


class Consent(NamedTuple):
    """What the borrower agreed to, until it was withdrawn or `expires_on` (inclusive) is over."""

    id: str
    matter: str
    given_at: datetime
    channel: str | None = None
    address_ref: str | None = None
    expires_on: date | None = None
    withdrawn_at: datetime | None = None


class Contact(NamedTuple):
    """A contact made, tried or reserved, or a word from the borrower (`inbound`).

    `outcome`: reserved, withdrawn, sent, delivered, failed or uncertain for our own attempts, else as it was told.
    """

    at: datetime
    channel: str
    outcome: str
    loan_ids: tuple[str, ...] = ()
    to: str | None = None
    contact_id: str | None = None
    attempt_id: str | None = None
    step: str | None = None
    treatment: str | None = None
    inbound: bool = False
    by: str | None = None


class Reservation(NamedTuple):
    """The slot that was taken for a step, and the attempt that may use it."""

    attempt_id: str
    address_ref: str
    reserved_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """The one step that is planned, and reserved once it has its reservation; `expires_at` is exclusive."""

    contact_id: str
    name: str
    channel: str
    loan_ids: tuple[str, ...]
    not_before: datetime
    expires_at: datetime
    purpose: str
    treatment: str
    tries: int = 0
    reservation: Reservation | None = None


class Approval(NamedTuple):
    """A step that a person let go ahead."""

    step: str
    by: str


@dataclass(frozen=True, slots=True)
class Spell:
    """The current lateness: which steps ran since the oldest unpaid due date was this one, and which failed.

    `approved`: by the contact that was withheld.
    """

    anchor: date
    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    approved: dict[str, Approval] = field(default_factory=dict)


class Chosen(NamedTuple):
    """The treatment last announced, and what it rested on."""

    treatment: str
    situation: str
    stage: str | None
    version: str


class Withheld(NamedTuple):
    """The step last withheld, and by which rule: it is not said again while nothing changes."""

    contact_id: str
    step: str
    rule: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Borrower:
    """One borrower. `planned_on`: the last date each step was planned for, so that no date is given twice.

    `situation`: how the stated cause is to be handled. `invalid`: address references that reach nobody.
    """

    key: str
    loans: dict[str, Loan] = field(default_factory=dict)
    risk: Risk | None = None
    profile: Profile | None = None
    holds: tuple[Hold, ...] = ()
    wishes: tuple[Wish, ...] = ()
    consents: tuple[Consent, ...] = ()
    invalid: tuple[str, ...] = ()
    situation: str | None = None
    chosen: Chosen | None = None
    spell: Spell | None = None
    step: Step | None = None
    planned_on: dict[str, date] = field(default_factory=dict)
    withheld: Withheld | None = None
    contacts: tuple[Contact, ...] = ()


def blank(key: str) -> Borrower:
    """A borrower never heard of."""
    return Borrower(key)
