"""The days that facts may speak of: wide enough for every loan, and so narrow that no reckoning leaves the calendar."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from shared.events import Event
from shared.refusal import Refusal

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)


def refuse_dates(fact: Event) -> Refusal | None:
    """Why the dates in *fact*, or in its instalments, are no dates of a loan; None when they are."""
    for pointer in _outside(fact):
        return Refusal("date-out-of-range", f"a date lies between {FIRST_DAY} and {LAST_DAY}", (pointer,))
    return None


def _outside(fact: Any) -> Iterator[str]:
    """Where in *fact* a date lies outside."""
    cls: type = type(fact)
    for name in _dates_in(cls):
        if not _is_inside(getattr(fact, name)):
            yield f"/{name}"
    for index, one in enumerate(getattr(fact, "instalments", ())):
        if not (_is_inside(one.due_on) and _is_inside(one.from_on)):
            yield f"/instalments/{index}"


def _is_inside(on: date | None) -> bool:
    return on is None or FIRST_DAY <= on <= LAST_DAY


@cache
def _dates_in(cls: type) -> tuple[str, ...]:
    """The fields of *cls* that hold a date, or none."""
    hints = get_type_hints(cls)
    return tuple(field.name for field in fields(cls) if date in _members(hints[field.name]))


def _members(hint: Any) -> tuple[Any, ...]:
    return tuple(one for one in get_args(hint) if one is not NoneType) if get_origin(hint) is UnionType else (hint,)
