"""What scoring remembers of a borrower: exact counters by month, as the three sources told them.

Each field is written by one source only, so how the sources interleave leaves no trace.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeAlias

from services.scoring.domain.schedule import Schedule

MONTHS_KEPT: Final = 13
"""A window of 12 months and the one before it; older months are forgotten, by count, never by the clock."""
FAILURES_KEPT: Final = 26
REPLACED_KEPT: Final = 2
ANSWERS_KEPT: Final = 16
ENDED_KEPT: Final = 8
LOANS_KEPT: Final = 64

Ended: TypeAlias = Literal["no", "closed", "charged_off"]
Arrangement: TypeAlias = Literal["none", "requested", "refused", "offered", "agreed", "broken", "completed"]
FailureReason: TypeAlias = Literal["funds", "account", "mandate", "other"]
ZERO: Final = Decimal(0)


class Paid(NamedTuple):
    """All money that reached the loan in one month of value, less what was taken back of it."""

    month: int
    amount: Decimal


class Missed(NamedTuple):
    """How many instalments that fell due in one month went by unpaid, in whole or part."""

    month: int
    times: int


class Failed(NamedTuple):
    """How many attempts to collect failed in one month for one kind of reason."""

    month: int
    reason: FailureReason
    times: int


class Standing(NamedTuple):
    """The oldest unpaid due date, and how many were unpaid, after the last change in one month."""

    month: int
    since: date | None
    unpaid: int | None


class Bill(NamedTuple):
    """One statement of a revolving account."""

    due_on: date
    amount: Decimal
    minimum: Decimal


class Replaced(NamedTuple):
    """The schedule that a revision replaced, for the case that it is undone."""

    revision_id: str
    schedule: Schedule | None


class Judged(NamedTuple):
    """What became of the promises judged in one month."""

    month: int
    kept: int
    partly: int
    broken: int


class Answered(NamedTuple):
    """How often the borrower answered on one channel in one hour of the day, UTC."""

    channel: str
    hour: int
    times: int


@dataclass(frozen=True, slots=True)
class Loan:
    """One loan's behaviour; amounts are in its own currency.

    `known_from` is the first day whose payments were told here (a loan taken over has an untold past).
    `extra` is what is owed beyond the schedule: fees, accruals, less waivers; a revolving account is all extra.
    """

    id: str
    currency: str
    principal: Decimal
    opened_on: date
    known_from: date
    revolving: bool = False
    schedule: Schedule | None = None
    extra: Decimal = ZERO
    paid_total: Decimal = ZERO
    paid: tuple[Paid, ...] = ()
    missed: tuple[Missed, ...] = ()
    failed: tuple[Failed, ...] = ()
    standing: tuple[Standing, ...] = ()
    bills: tuple[Bill, ...] = ()
    overdue: Decimal = ZERO
    ended: Ended = "no"
    replaced: tuple[Replaced, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessed:
    """What the last assessment said, as a digest, and until when it holds (inclusive)."""

    digest: str
    valid_until: date


@dataclass(frozen=True, slots=True)
class Borrower:
    """One borrower: `loans` and `told_to` from repayments; `sent`, `undelivered` and `spoken` from contacts.

    All else is from feedback, but for `assessed`, which is what we said ourselves. `told_to` and `heard_to` are the
    latest own dates among repayments, and among everything heard.
    """

    loans: tuple[Loan, ...] = ()
    told_to: date = date.min
    heard_to: date = date.min
    promised: int = 0
    judged: tuple[Judged, ...] = ()
    arrangement: Arrangement = "none"
    arrangements_broken: int = 0
    replied: tuple[Answered, ...] = ()
    sent: int = 0
    undelivered: int = 0
    spoken: tuple[Answered, ...] = ()
    assessed: Assessed | None = None
