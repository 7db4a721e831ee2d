"""When something about a borrower changes by itself: the next date on which anything said could be another.

A wake on a date is the instant 00:00 UTC of that date, whatever the zone of the business calendar; the shell's horizon
is 00:00 UTC of the business date.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from types import MappingProxyType
from typing import Final

from services.ingest.domain.borrower import Borrower, Loan, Servicing, Standing
from services.ingest.domain.context import COMING_DUE_DAYS
from services.ingest.domain.figures import Figures, figures_on
from services.ingest.domain.pauses import Window, windows_of

NO_CHANGES: Final[Mapping[str, Sequence[date]]] = MappingProxyType({})
ONE_DAY = timedelta(days=1)


def wake_at(
    state: Borrower, coming_due_days: int = COMING_DUE_DAYS, changes: Mapping[str, Sequence[date]] = NO_CHANGES
) -> datetime | None:
    """The next instant at which *state* wants to be looked at; None when nothing will change by itself.

    *coming_due_days* and *changes*, the dates on which bucket sets do, must be those that decisions are taken with.
    """
    found = (_next_change(loan, state.aged_on, coming_due_days, changes) for loan in state.loans.values())
    on = min((day for day in found if day is not None), default=None)
    return None if on is None else midnight(on)


def midnight(on: date) -> datetime:
    """The instant that stands for *on* in wakes."""
    return datetime.combine(on, time(), UTC)


def next_change(
    loan: Loan, figures: Figures, grade: Standing, after: date, changes: Sequence[date] = ()
) -> date | None:
    """The next date after *after* on which *figures* and *grade*, those of *after*, may be others.

    *changes* are the dates on which the loan's bucket set does; they matter only while something is past due.
    """
    regraded = changes if figures.overdue_since is not None else ()
    return min((day for day in chain(_changes(loan, figures, grade), regraded) if day > after), default=None)


def _next_change(
    loan: Loan, aged_on: date | None, coming_due_days: int, changes: Mapping[str, Sequence[date]]
) -> date | None:
    if aged_on is None or aged_on < loan.opened_on:
        return loan.opened_on
    figures = figures_on(loan, aged_on)
    days = [next_change(loan, figures, loan.standing or Standing(), aged_on, changes.get(loan.bucket_set, ()))]
    if figures.status == "active":
        days += _reminders(loan, figures, aged_on, timedelta(days=coming_due_days))
    return min((day for day in days if day is not None), default=None)


def _reminders(loan: Loan, figures: Figures, aged_on: date, ahead: timedelta) -> list[date | None]:
    days = (due.due_on - ahead for due, _ in figures.ahead if loan.coming_on is None or due.due_on > loan.coming_on)
    return [next((day for day in days if day > aged_on), None)]


def _changes(loan: Loan, figures: Figures, grade: Standing) -> Iterator[date]:
    if figures.status == "closed":
        return
    yield loan.opened_on
    yield from (credit.value_on for credit in loan.credits)
    yield from (due.due_on + ONE_DAY for due, _ in figures.ahead)
    windows = windows_of(loan)
    if loan.servicing is not None:
        yield from _dated(loan.servicing)
        yield from (day for one in windows for day in (one.from_on, one.until_on + ONE_DAY))
    if figures.overdue_since is not None:
        yield from _edges(loan, grade, figures.overdue_since, windows)


def _dated(servicing: Servicing) -> Iterator[date]:
    yield from (one.effective_on for one in servicing.revisions)
    yield from (one.effective_on for one in servicing.restorals)
    yield from (one.effective_on for one in servicing.adjustments)
    yield from (day for one in servicing.chargebacks for day in (one.on, one.on + ONE_DAY))
    yield from (one.since for one in servicing.fees)
    yield from (one.issued_on for one in servicing.statements)
    yield from (one.on for one in servicing.classes)
    yield from (*servicing.closings, *servicing.charge_offs, *servicing.accelerations)


def _edges(loan: Loan, grade: Standing, since: date, windows: tuple[Window, ...]) -> Iterator[date]:
    if grade.next_past_due_days is not None:
        yield since + timedelta(days=grade.next_past_due_days)
    if grade.next_delinquent_days is not None:
        yield _reached(since, loan.grace + grade.next_delinquent_days, windows)


def _reached(since: date, days: int, windows: tuple[Window, ...]) -> date:
    """The first date with *days* from *since* that were not paused; *windows* in the order of their starts."""
    on, counted_to = since + timedelta(days=days), since
    for one in windows:
        begins = max(counted_to, one.from_on)
        if begins < min(on, one.until_on):
            on += one.until_on - begins
            counted_to = one.until_on
    return on
