"""What falls due when: a loan's schedule kept in a few numbers, and read back exactly."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple, TypeAlias

Due: TypeAlias = tuple[int, Decimal]
"""A due date as its proleptic ordinal, and what falls due on it."""


class Run(NamedTuple):
    """So many consecutive due dates with the same amount."""

    times: int
    amount: Decimal


class Schedule(NamedTuple):
    """The due dates as the first one and the days from each to the next; the amounts as runs of equal ones."""

    first_on: date
    gaps: tuple[int, ...]
    runs: tuple[Run, ...]


def schedule_of(dues: Iterable[Due]) -> Schedule | None:
    """The schedule that holds *dues*, in any order; two on one day become one. None when there are none."""
    merged = [(on, sum((amount for _, amount in same), Decimal(0))) for on, same in groupby(sorted(dues), _day)]
    if not merged:
        return None
    gaps = tuple(later - earlier for (earlier, _), (later, _) in pairwise(merged))
    runs = tuple(Run(len(list(same)), amount) for amount, same in groupby(amount for _, amount in merged))
    return Schedule(date.fromordinal(merged[0][0]), gaps, runs)


def dues_of(schedule: Schedule | None) -> Sequence[Due]:
    """Every due date of *schedule* with its amount, in order."""
    if schedule is None:
        return ()
    days = accumulate(schedule.gaps, initial=schedule.first_on.toordinal())
    amounts = [run.amount for run in schedule.runs for _ in range(run.times)]
    return list(zip(days, amounts, strict=True))


def month_of(on: date) -> int:
    """The calendar month of *on* as one number; the next month is one more."""
    return on.year * 12 + on.month - 1


def _day(due: Due) -> int:
    return due[0]
