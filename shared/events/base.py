"""What travels and what is asked: the plain bases of events, commands and wakes, and what they check."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin, get_type_hints

from shared.money import DecimalText, check_currency, check_money, check_rate
from shared.refusal import BadValue

TEXT_LENGTH_MAX: Final = 4096
ITEMS_MAX: Final = 3000
ENTRIES_MAX: Final = 32
WHOLE_MAX: Final = 2**31 - 1
Check: TypeAlias = Callable[[Any], None]
ValueCheck: TypeAlias = Callable[[str, Any], None]


@dataclass(frozen=True, slots=True)
class TextShape:
    """Marks a text field by its greatest length in characters and the pattern all of it fits; never empty.

    The `__get_pydantic_*` method is the hook pydantic looks for; plain data, so nothing is imported.
    """

    length_max: int
    pattern: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        return {**handler(source), "min_length": 1, "max_length": self.length_max, "pattern": self.pattern}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Marks a number field by its least and greatest value, both inclusive."""

    least: int
    most: int

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        inner = handler(source)
        number = inner.get("schema", inner)
        number.update(ge=self.least, le=self.most)
        return inner


Identifier = Annotated[str, TextShape(128, r"^[^\x00-\x1f\x7f-\x9f]+$")]
Code = Annotated[str, TextShape(64, r"^[A-Za-z0-9][A-Za-z0-9._:+/-]*$")]
Attribute = Annotated[str, TextShape(64, r"^[\w+-][\w .:+/%-]*$")]
Currency = Annotated[str, TextShape(3, r"^[A-Z]{3}$")]
Count = Annotated[int, Bounds(0, WHOLE_MAX)]
Percent = Annotated[int, Bounds(0, 100)]
Probability = Annotated[Decimal, DecimalText("rate"), Bounds(0, 1)]


class Checked:
    """A dataclass that checks what the codecs let through: text, instants, money, sizes."""

    __slots__ = ()

    def __post_init__(self) -> None:
        cls: type = type(self)
        for check in _checks(cls):
            check(self)


class Event(Checked):
    """Something that happened, named in the past participle; a subclass is published under its own name."""

    __slots__ = ()


class Command(Checked):
    """Something asked of a house through its own door; never personal data, only references to it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Wake:
    """Time that came due for one subject; `at` is the instant the state had asked for."""

    at: datetime


Fact: TypeAlias = Event
"""An event, as the house that hears it calls it."""


@cache
def _checks(cls: type) -> tuple[Check, ...]:
    """The checks of *cls*, found once from its annotations; the currency first, because money is measured by it."""
    hints = get_type_hints(cls, include_extras=True)
    currency = "currency" if "currency" in hints else None
    names = sorted((field.name for field in fields(cls)), key=lambda name: name != currency)
    return tuple(check for name in names for check in _checks_of_field(name, hints[name], currency))


def _checks_of_field(name: str, hint: Any, currency: str | None) -> Iterator[Check]:
    if name == "currency":
        yield _unless_none(name, check_currency)
    for member in _members(hint):
        if "money" in _decimal_kinds(member):
            yield _money_check(name, currency)
        for check in _value_checks(member):
            yield _unless_none(name, check)


def _members(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a union, None left out; any other hint is its own only alternative."""
    if get_origin(hint) in (Union, UnionType):
        return tuple(member for member in get_args(hint) if member is not NoneType)
    return (hint,)


def _marks(hint: Any) -> tuple[Any, ...]:
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()


def _decimal_kinds(hint: Any) -> set[str]:
    return {mark.kind for mark in _marks(hint) if isinstance(mark, DecimalText)}


def _value_checks(hint: Any) -> list[ValueCheck]:
    """What a value of *hint* must satisfy whatever stands beside it; money waits for its currency."""
    plain = get_args(hint)[0] if _marks(hint) else hint
    found: list[ValueCheck] = [_bounds_check(mark) for mark in _marks(hint) if isinstance(mark, Bounds)]
    if "rate" in _decimal_kinds(hint):
        found.insert(0, check_rate)
    if plain is str:
        found.extend(_text_checks(hint))
    if plain is datetime:
        found.append(_check_aware)
    if get_origin(plain) is tuple:
        found.append(_items_check(get_args(plain)))
    if get_origin(plain) is dict:
        found.append(_entries_check(*get_args(plain)))
    return found


def _text_checks(hint: Any) -> list[ValueCheck]:
    return [check_text, *(_shape_check(mark) for mark in _marks(hint) if isinstance(mark, TextShape))]


def _shape_check(shape: TextShape) -> ValueCheck:
    matches = re.compile(shape.pattern.removesuffix("$") + r"\Z").match

    def check(field: str, text: str) -> None:
        if not 0 < len(text) <= shape.length_max:
            raise BadValue(field, f"not 1 to {shape.length_max} characters")
        if not matches(text):
            raise BadValue(field, "characters that are not allowed here")

    return check


def _bounds_check(bounds: Bounds) -> ValueCheck:
    def check(field: str, number: int | Decimal) -> None:
        if not bounds.least <= number <= bounds.most:
            raise BadValue(field, f"not from {bounds.least} to {bounds.most}")

    return check


def _items_check(hints: tuple[Any, ...]) -> ValueCheck:
    checks = [
        check for hint in hints if hint is not Ellipsis for member in _members(hint) for check in _value_checks(member)
    ]

    def check_items(field: str, items: tuple[Any, ...]) -> None:
        if len(items) > ITEMS_MAX:
            raise BadValue(field, f"more than {ITEMS_MAX} items")
        for check in checks:
            for item in items:
                check(field, item)

    return check_items


def _entries_check(key_hint: Any, value_hint: Any) -> ValueCheck:
    check_keys, check_values = _items_check((key_hint,)), _items_check((value_hint,))

    def check_entries(field: str, entries: dict[str, Any]) -> None:
        if len(entries) > ENTRIES_MAX:
            raise BadValue(field, f"more than {ENTRIES_MAX} entries")
        check_keys(field, tuple(entries))
        check_values(field, tuple(entries.values()))

    return check_entries


def _money_check(name: str, currency: str | None) -> Check:
    def check(value: Any) -> None:
        amount: Decimal | None = getattr(value, name)
        if amount is not None:
            check_money(name, amount, getattr(value, currency) if currency else None)

    return check


def _unless_none(name: str, check: ValueCheck) -> Check:
    def guarded(value: Any) -> None:
        inner = getattr(value, name)
        if inner is not None:
            check(name, inner)

    return guarded


def check_text(field: str, text: str) -> None:
    """Raises: BadValue above 4,096 characters, and as `check_characters` does."""
    if len(text) > TEXT_LENGTH_MAX:
        raise BadValue(field, f"more than {TEXT_LENGTH_MAX} characters")
    check_characters(field, text)


def check_characters(field: str, text: str) -> None:
    """Raises: BadValue for U+0000 and lone surrogates: PostgreSQL and UTF-8 hold neither."""
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise BadValue(field, "a lone surrogate")
    if "\x00" in text:
        raise BadValue(field, "U+0000")


def _check_aware(field: str, at: datetime) -> None:
    if at.utcoffset() is None:
        raise BadValue(field, "an instant without its offset")
    if not date.min.year < at.year < date.max.year:  # in another zone it may lie outside of the calendar
        raise BadValue(field, "an instant out of range")
