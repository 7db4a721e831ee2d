"""What ingest remembers of one borrower: each loan's facts as sorted rows, so that their order of arrival is forgotten.

`at` in every row is the second (since 1970, UTC) at which core banking recorded the fact; it decides what a revision
of the schedule had already seen. Rows are NamedTuples because they encode as short arrays.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from shared.refusal import Refusal


class Run(NamedTuple):
    """`times` instalments of one amount, numbered on from `number`; `step` days apart, or monthly when 0."""

    number: int
    due_on: date
    amount: Decimal
    times: int
    step: int


class Credit(NamedTuple):
    """Money, or an undirected waiver: the oldest unpaid instalment first."""

    value_on: date
    amount: Decimal
    at: int


class Reversal(NamedTuple):
    """A credit that never was, from `reversed_at` on known to be none; the first four fields are the credit's."""

    value_on: date
    amount: Decimal
    at: int
    payment_id: str
    reversed_at: int


class Revision(NamedTuple):
    """A whole new schedule from `effective_on` on."""

    effective_on: date
    at: int
    revision_id: str
    schedule: tuple[Run, ...]


class Restoral(NamedTuple):
    """From `effective_on` on, that revision never was."""

    effective_on: date
    revision_id: str


class Charge(NamedTuple):
    """A fee, penalty or chargeback: it rides on the instalment whose period holds `on`, and is owed from `since` on."""

    on: date
    amount: Decimal
    at: int
    charge_id: str
    since: date


class Adjustment(NamedTuple):
    """A signed change of one instalment, or (number None, amount positive) of the oldest unpaid on that date."""

    effective_on: date
    amount: Decimal
    at: int
    adjustment_id: str
    number: int | None


class Pause(NamedTuple):
    """Ageing stands still in [from_on, until_on), unless resumed earlier."""

    from_on: date
    until_on: date
    at: int


class Resume(NamedTuple):
    """Ends the pause that holds `on`."""

    on: date
    at: int


class Statement(NamedTuple):
    """What a revolving account owed on `issued_on`, and the part of it due on `due_on`."""

    issued_on: date
    due_on: date
    amount: Decimal
    minimum: Decimal
    period: str


class Classified(NamedTuple):
    """Core banking's own asset class from `on` on."""

    on: date
    at: int
    asset_class: str


class Takeover(NamedTuple):
    """The schedule holds what was unpaid at the end of `as_of`; older money known by then is contained in it."""

    as_of: date
    at: int


class Withdrawn(NamedTuple):
    """Money that no longer counts as received on a day of value; below zero: that counts again."""

    amount: Decimal
    value_on: date


@dataclass(frozen=True, slots=True)
class Servicing:
    """What most loans never see; each field a sorted tuple of rows. `closings` and the like hold dates."""

    reversals: tuple[Reversal, ...] = ()
    revisions: tuple[Revision, ...] = ()
    restorals: tuple[Restoral, ...] = ()
    fees: tuple[Charge, ...] = ()
    chargebacks: tuple[Charge, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    waivers: tuple[date, ...] = ()
    pauses: tuple[Pause, ...] = ()
    resumes: tuple[Resume, ...] = ()
    closings: tuple[date, ...] = ()
    charge_offs: tuple[date, ...] = ()
    accelerations: tuple[date, ...] = ()
    classes: tuple[Classified, ...] = ()
    statements: tuple[Statement, ...] = ()
    takeover: Takeover | None = None


NOTHING_UNUSUAL = Servicing()


@dataclass(frozen=True, slots=True)
class Standing:
    """What was last announced of a loan, and at which counts of days bucket or stage change next."""

    bucket: str | None = None
    stage: str | None = None
    overdue_since: date | None = None
    amount: Decimal = Decimal(0)
    next_past_due_days: int | None = None
    next_delinquent_days: int | None = None


@dataclass(frozen=True, slots=True)
class Loan:
    """One loan's facts, and what was said about them.

    `missed_on`, `coming_on`: the latest due date announced as missed, or as coming due.
    """

    product: str
    currency: str
    opened_on: date
    schedule: tuple[Run, ...]
    grace: int = 0
    bucket_set: str = "default"
    revolving: bool = False
    credits: tuple[Credit, ...] = ()
    servicing: Servicing | None = None
    standing: Standing | None = None
    missed_on: date | None = None
    coming_on: date | None = None


@dataclass(frozen=True, slots=True)
class Borrower:
    """All loans of one borrower, aged up to the business date `aged_on` (None: no day was closed yet).

    `refused` says why the fact just heard cannot be taken; such a state is never stored. `withdrawn` is what the void
    just heard does to the money received; it is forgotten once announced.
    """

    loans: dict[str, Loan] = field(default_factory=dict)
    aged_on: date | None = None
    refused: Refusal | None = None
    withdrawn: Withdrawn | None = None


def blank(_key: str) -> Borrower:
    """A borrower never heard of."""
    return Borrower()
