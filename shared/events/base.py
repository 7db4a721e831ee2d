"""What travels and what is asked: the plain bases of events, commands and wakes, and what they check."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, TypeAlias, get_args, get_origin, get_type_hints

from shared.money import DecimalText, check_currency, check_money, check_rate
from shared.refusal import BadValue

TEXT_LENGTH_MAX: Final = 4096
Check: TypeAlias = Callable[[Any], None]


class Checked:
    """A dataclass that checks what the codecs let through: text, instants, money."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for check in _checks(type(self)):
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


@dataclass(frozen=True, slots=True)
class Unheeded(Event):
    """A numbered event that this house does not act on: its number is heard, and that is all."""


@dataclass(frozen=True, slots=True)
class Unreadable(Event):
    """A numbered event whose content cannot be read; `reason` never repeats what was sent."""

    reason: str


Fact: TypeAlias = Event
"""An event, as the house that hears it calls it."""


@cache
def _checks(cls: type) -> tuple[Check, ...]:
    """The checks of *cls*, found once from its annotations."""
    hints = get_type_hints(cls, include_extras=True)
    currency = "currency" if "currency" in hints else None
    return tuple(check for field in fields(cls) for check in _checks_of_field(field.name, hints[field.name], currency))


def _checks_of_field(name: str, hint: Any, currency: str | None) -> list[Check]:
    members = [hint] if get_origin(hint) is Annotated else [hint, *get_args(hint)]
    kinds = {mark.kind for member in members for mark in get_args(member)[1:] if isinstance(mark, DecimalText)}
    found: list[Check] = []
    if name == "currency":
        found.append(lambda value: check_currency(name, getattr(value, name)))
    if "money" in kinds:
        found.append(_money_check(name, currency))
    if "rate" in kinds:
        found.append(_unless_none(name, lambda rate: check_rate(name, rate)))
    if str in members:
        found.append(_unless_none(name, lambda text: check_text(name, text)))
    if datetime in members:
        found.append(_unless_none(name, lambda at: _check_aware(name, at)))
    if get_origin(hint) is tuple and str in get_args(hint):
        found.append(lambda value: _check_texts(name, getattr(value, name)))
    return found


def _money_check(name: str, currency: str | None) -> Check:
    def check(value: Any) -> None:
        amount: Decimal | None = getattr(value, name)
        if amount is not None:
            check_money(name, amount, getattr(value, currency) if currency else None)

    return check


def _unless_none(name: str, check: Callable[[Any], None]) -> Check:
    def guarded(value: Any) -> None:
        inner = getattr(value, name)
        if inner is not None:
            check(inner)

    return guarded


def check_text(field: str, text: str) -> None:
    """Raises: BadValue for U+0000 and lone surrogates (PostgreSQL and UTF-8 hold neither), or above 4,096 characters."""
    if len(text) > TEXT_LENGTH_MAX:
        raise BadValue(field, f"more than {TEXT_LENGTH_MAX} characters")
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise BadValue(field, "a lone surrogate")
    if "\x00" in text:
        raise BadValue(field, "U+0000")


def _check_texts(field: str, texts: tuple[str, ...]) -> None:
    for text in texts:
        check_text(field, text)


def _check_aware(field: str, at: datetime) -> None:
    if at.utcoffset() is None:
        raise BadValue(field, "an instant without its offset")
