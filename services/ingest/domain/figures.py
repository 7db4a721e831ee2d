"""How late a loan is on a day, and what is owed: the arithmetic of spec/delinquency.md, from the loan's rows alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from services.ingest.domain.borrower import NOTHING_UNUSUAL, Loan
from services.ingest.domain.dues import ZERO, Due, allocate, credited, dues_on
from services.ingest.domain.pauses import is_paused, paused_days, windows_of
from services.ingest.domain.revolving import balance_on, minimums_on

Status: TypeAlias = Literal["not-opened", "active", "overpaid", "closed", "charged-off"]


class Late(NamedTuple):
    """What is past due on one instalment; its clock runs from `since`.

    `is_early`: only charged-back money is, as the due date has not passed.
    """

    number: int
    due_on: date
    since: date
    amount: Decimal
    revision_id: str | None
    is_early: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """One loan on one day. `ahead` are the instalments due today or later with something unpaid, as (due, unpaid)."""

    status: Status
    outstanding: Decimal = ZERO
    credit: Decimal = ZERO
    overdue_since: date | None = None
    past_due_days: int = 0
    paused: bool = False
    paused_days: int = 0
    delinquent_days: int = 0
    delinquent_amount: Decimal = ZERO
    late: tuple[Late, ...] = ()
    ahead: tuple[tuple[Due, Decimal], ...] = ()

    @property
    def is_active(self) -> bool:
        """Whether anything can be owed: neither not opened, nor closed, nor overpaid."""
        return self.status in ("active", "charged-off")


def figures_on(loan: Loan, as_of: date) -> Figures:
    """The figures of *loan* on *as_of* (business calendar), from all that is known of it."""
    servicing = loan.servicing or NOTHING_UNUSUAL
    if as_of < loan.opened_on:
        return Figures("not-opened")
    if any(on <= as_of for on in servicing.closings):
        return Figures("closed")
    dues, paid, balance = _settled(loan, as_of)
    if balance < 0:
        return Figures("overpaid", credit=-balance)
    late = tuple(_late(dues, paid, as_of))
    ahead = tuple(
        (due, due.amount - part)
        for due, part in zip(dues, paid, strict=True)
        if due.due_on >= as_of and part < due.amount
    )
    charged_off = any(on <= as_of for on in servicing.charge_offs)
    status: Status = "charged-off" if charged_off else "active"
    return _aged(loan, as_of, Figures(status, balance, late=late, ahead=ahead))


def _settled(loan: Loan, as_of: date) -> tuple[Sequence[Due], list[Decimal], Decimal]:
    """The instalments, what is paid on each, and what is owed in all (below zero: credit)."""
    if loan.revolving:
        return *minimums_on(loan, as_of), balance_on(loan, as_of)
    dues, money = dues_on(loan, as_of), credited(loan, as_of)
    return dues, allocate(dues, money), sum((due.amount for due in dues), ZERO) - money


def _late(dues: Sequence[Due], paid: Sequence[Decimal], as_of: date) -> Iterator[Late]:
    for due, part in zip(dues, paid, strict=True):
        if part >= due.amount:
            continue
        since = _clock(due, part)
        amount, is_early = due.amount - part, due.due_on >= as_of
        if is_early:
            amount = sum((back for on, back in due.charged_back if on < as_of), ZERO) - part
        if since < as_of and amount > 0:
            yield Late(due.number, due.due_on, since, amount, due.revision_id, is_early)


def _clock(due: Due, paid: Decimal) -> date:
    """The due date, or the date of the first chargeback that is not covered by what is now paid."""
    covered = ZERO
    for on, back in due.charged_back:
        covered += back
        if covered > paid:
            return min(on, due.due_on)
    return due.due_on


def _aged(loan: Loan, as_of: date, figures: Figures) -> Figures:
    windows = windows_of(loan)
    if not figures.late and not windows:
        return figures
    since = min((one.since for one in figures.late), default=None)
    days = (as_of - since).days if since else 0
    still = paused_days(windows, since, as_of) if since else 0
    return Figures(
        status=figures.status,
        outstanding=figures.outstanding,
        overdue_since=since,
        past_due_days=days,
        paused=is_paused(windows, as_of),
        paused_days=still,
        delinquent_days=max(0, days - still - loan.grace),
        delinquent_amount=sum((one.amount for one in figures.late), ZERO),
        late=figures.late,
        ahead=figures.ahead,
    )
