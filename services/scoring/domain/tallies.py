"""Rows of counters by month, kept in order and few: the plain arithmetic under the feature fold."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar


class Monthly(Protocol):
    """A row that belongs to one calendar month."""

    @property
    def month(self) -> int: ...


Row = TypeVar("Row", bound=Monthly)


def with_month(rows: tuple[Row, ...], month: int, new: Row, change: Callable[[Row], Row], kept: int) -> tuple[Row, ...]:
    """*rows*, in order of month, with *change* made to the row of *month* (*new* if there is none); the last *kept*."""
    place = _place(rows, month)
    if place and rows[place - 1].month == month:
        return (*rows[: place - 1], change(rows[place - 1]), *rows[place:])
    return (*rows[:place], change(new), *rows[place:])[-kept:]


def _place(rows: Sequence[Monthly], month: int) -> int:
    """How many rows are of *month* or earlier; looked for from the end, where news belongs."""
    place = len(rows)
    while place and rows[place - 1].month > month:
        place -= 1
    return place
