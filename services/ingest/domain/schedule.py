"""Schedules: packed into runs of equal instalments, unpacked into due dates, placed in periods."""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from services.ingest.domain.borrower import Run
from shared.events.repayments import Instalment, UnpaidPart

DATES_REMEMBERED_MAX = 4096


class Scheduled(NamedTuple):
    """One instalment of a schedule: everything owed on it, whatever the component."""

    number: int
    due_on: date
    amount: Decimal


def pack(instalments: Iterable[Scheduled]) -> tuple[Run, ...]:
    """Fold instalments of one amount, a month or a fixed number of days apart, into runs."""
    runs: list[Run] = []
    for one in instalments:
        longer = _lengthen(runs[-1], one) if runs else None
        if longer is None:
            runs.append(Run(one.number, one.due_on, one.amount, 1, 0))
        else:
            runs[-1] = longer
    return tuple(runs)


def unpack(runs: tuple[Run, ...]) -> Iterator[Scheduled]:
    """The instalments of *runs*, in their order."""
    for number, due_on, amount, times, step in runs:
        for index, on in enumerate(due_dates(due_on, times, step)):
            yield Scheduled(number + index, on, amount)


@lru_cache(DATES_REMEMBERED_MAX)
def due_dates(start: date, times: int, step: int) -> tuple[date, ...]:
    """The due dates of a run. Only dates are remembered: equal amounts may be written differently, 5 and 5.00."""
    return tuple(_due_on(start, step, index) for index in range(times))


def total_of(instalment: Instalment | UnpaidPart) -> Decimal:
    """Principal, interest and fees together."""
    return instalment.principal + (instalment.interest or 0) + (instalment.fees or 0)


def scheduled(instalments: Iterable[Instalment]) -> list[Scheduled]:
    """The instalments as stated, each in one amount."""
    return [Scheduled(one.number, one.due_on, total_of(one)) for one in instalments]


def taken_over(instalments: Iterable[Instalment], unpaid: Iterable[UnpaidPart], as_of: date) -> list[Scheduled]:
    """The instalments of a loan taken over at the end of *as_of*: what was unpaid on each.

    An instalment that is not listed as unpaid was paid if due on or before *as_of*, and is owed in full if due later.
    """
    owed = {part.number: total_of(part) for part in unpaid}
    return [
        Scheduled(one.number, one.due_on, owed.get(one.number, Decimal(0) if one.due_on <= as_of else total_of(one)))
        for one in instalments
    ]


def place_in_period(due_dates: Sequence[date], on: date) -> int | None:
    """Index of the instalment whose period holds *on*; None when it lies after the end.

    A period runs from the due date before (inclusive) to its own (exclusive); the last one includes its due date.
    """
    for index, due_on in enumerate(due_dates):
        if on < due_on:
            return index
    return len(due_dates) - 1 if due_dates and on == due_dates[-1] else None


def _lengthen(run: Run, one: Scheduled) -> Run | None:
    if one.number != run.number + run.times or str(one.amount) != str(run.amount):
        return None
    if run.times == 1:
        if one.due_on == _month_later(run.due_on, 1):
            return run._replace(times=2, step=0)
        days = (one.due_on - run.due_on).days
        return run._replace(times=2, step=days) if days > 0 else None
    return run._replace(times=run.times + 1) if _due_on(run.due_on, run.step, run.times) == one.due_on else None


def _due_on(start: date, step: int, index: int) -> date:
    return start + timedelta(days=step * index) if step else _month_later(start, index)


def _month_later(start: date, months: int) -> date:
    """The same day of a later month, or its last day where it has no such day."""
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
