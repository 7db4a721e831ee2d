"""What feedback remembers of one borrower: what is open, and enough of what is settled to judge it again.

Rows that repeat are NamedTuples because they encode as short arrays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

from shared.events.agreements import PromiseVerdict
from shared.events.feedback import Door
from shared.events.words import Handling

SETTLED_MAX: Final = 4
"""How many settled promises are remembered whole; older ones live on in the tally."""

JUDGE_AGAIN_DAYS: Final = 90
"""How long after its last day a settled promise is remembered, and may be judged again."""

PAYMENTS_MAX: Final = 32
"""How many payments of one promise are remembered singly; the oldest above it become one sum, which stays."""

TAKEN_BACK_MAX: Final = 4
"""How many chargebacks of one payment are remembered; a bank takes a payment back once, perhaps again on appeal."""

ANSWERED_MAX: Final = 12
"""How many ids of closed matters are remembered, to know a repeat; the shell's idempotency keys reach further."""

CONSENTS_MAX: Final = 16
"""How many consents can stand at one time."""

CASES_MAX: Final = 20
"""How many hardship claims, disputes and complaints can be open at one time, all together."""

ComplaintCategory: TypeAlias = Literal[
    "conduct", "frequency", "hours", "privacy", "third_party", "amount", "service", "other"
]
PromiseOutcome: TypeAlias = PromiseVerdict | Literal["superseded"]


class Loan(NamedTuple):
    """A loan of this borrower, as far as feedback cares."""

    currency: str
    closed: bool = False


class TakenBack(NamedTuple):
    """A chargeback of a payment; not `standing` once it is voided."""

    id: str
    amount: Decimal
    standing: bool = True


class Paid(NamedTuple):
    """A payment that counts for a promise; not `standing` while it is reversed or voided."""

    id: str
    amount: Decimal
    standing: bool = True
    taken_back: tuple[TakenBack, ...] = ()


class Promise(NamedTuple):
    """A promise to pay, open while `outcome` is None; `looks` counts the wakes at which it could not be judged yet."""

    id: str
    mark: str
    loan_ids: tuple[str, ...]
    amount: Decimal
    currency: str
    made_on: date
    last_on: date
    judged_from: datetime
    looks: int = 0
    paid: tuple[Paid, ...] = ()
    outcome: PromiseOutcome | None = None

    def holds(self, day: date) -> bool:
        """Whether money with value date *day* can count: from the day it was made to its last, both inclusive."""
        return self.made_on <= day <= self.last_on

    def remembered_on(self, day: date) -> bool:
        """Whether it may still be judged again on *day*."""
        return day <= self.last_on + timedelta(days=JUDGE_AGAIN_DAYS)


@dataclass(frozen=True, slots=True)
class Hardship:
    """A claim of hardship: awaiting a decision while claimed; confirmed until `ends_at`, or until an event ends it."""

    id: str
    mark: str
    loan_ids: tuple[str, ...]
    handling: Handling
    opened_on: date
    due_on: date | None
    confirmed: bool = False
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute awaiting its answer."""

    id: str
    mark: str
    loan_ids: tuple[str, ...]
    opened_on: date
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Complaint:
    """A complaint awaiting its answer, and all that must be said again if it may take longer.

    `stretched` is why it may take longer than a simple one.
    """

    id: str
    mark: str
    opened_on: date
    due_on: date
    stretched: Literal["complex", "approved"] | None
    category: ComplaintCategory
    loan_ids: tuple[str, ...]
    contact_id: str | None
    agent_id: str | None
    via: Door


class Answered(NamedTuple):
    """A closed matter, and the mark under which it was opened."""

    id: str
    mark: str


class Tally(NamedTuple):
    """How many promises ended how, over the whole life of the relation."""

    kept: int = 0
    partly_kept: int = 0
    broken: int = 0
    superseded: int = 0


NOTHING_YET: Final = Tally()


@dataclass(frozen=True, slots=True)
class Borrower:
    """One borrower; promises stand in the order they were made, `answered` in the order they were closed.

    `consents` maps an id to its mark; nothing may rest on its order, which storing does not keep.
    """

    jurisdiction: str = ""
    loans: dict[str, Loan] = field(default_factory=dict)
    promises: tuple[Promise, ...] = ()
    tally: Tally = NOTHING_YET
    hardships: tuple[Hardship, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    consents: dict[str, str] = field(default_factory=dict)
    answered: tuple[Answered, ...] = ()

    def mark_of(self, matter_id: str) -> str | None:
        """The mark under which *matter_id* was opened, if that is still remembered."""
        matters: tuple[Promise | Hardship | Dispute | Complaint, ...] = (
            *self.promises,
            *self.hardships,
            *self.disputes,
            *self.complaints,
        )
        found = next((matter.mark for matter in matters if matter.id == matter_id), None)
        closed = next((matter.mark for matter in self.answered if matter.id == matter_id), None)
        return found or self.consents.get(matter_id) or closed

    def has_room_for_a_case(self) -> bool:
        """Whether one more case may be opened."""
        return len(self.hardships) + len(self.disputes) + len(self.complaints) < CASES_MAX


def blank(_key: str) -> Borrower:
    """A borrower of whom nothing was ever heard."""
    return Borrower()


def remember_answered(borrower: Borrower, matter_id: str, mark: str) -> Borrower:
    """Keep the id of a closed matter, the oldest making room."""
    others = (matter for matter in borrower.answered if matter.id != matter_id)
    return replace(borrower, answered=(*others, Answered(matter_id, mark))[-ANSWERED_MAX:])


def forget_settled(borrower: Borrower, today: date | None = None) -> Borrower:
    """Keep open promises, and of the settled ones the last few that may still be judged again on *today*."""
    settled = [p for p in borrower.promises if p.outcome is not None]
    kept = [p for p in settled if today is None or p.remembered_on(today)][-SETTLED_MAX:]
    gone = [p for p in settled if p not in kept]
    for promise in gone:
        borrower = remember_answered(borrower, promise.id, promise.mark)
    return replace(borrower, promises=tuple(p for p in borrower.promises if p not in gone)) if gone else borrower


def unknown_loans(borrower: Borrower, loan_ids: Sequence[str]) -> tuple[str, ...]:
    """JSON pointers to the entries of `loan_ids` that are not loans of this borrower."""
    return tuple(f"/loan_ids/{index}" for index, loan_id in enumerate(loan_ids) if loan_id not in borrower.loans)
