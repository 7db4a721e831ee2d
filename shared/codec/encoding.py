"""Values to bytes: the same value always gives the same bytes.

An optional field that is None is left out wherever its default is None too, decimals are never in exponent form, and
instants are in UTC. The encoder of msgspec does not know these three, and an own walk over every value would be slow:
so its bytes are corrected. A quotation mark inside a JSON string always follows a backslash, therefore the patterns
below can only match outside of strings, or at a string's end.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec

from shared.codec.reach import dataclasses_within, hints_within

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_MAYBE_UNUSUAL: Final = re.compile(rb'\d(?:E[+-]\d+|[+-]\d\d:\d\d)"')
_NEVER: Final = re.compile(rb"(?!)")


def encode(value: Any) -> bytes:
    """*value* as JSON, in the order its fields are written; dictionaries are sorted by key."""
    raw = _ENCODER.encode(value)
    if _MAYBE_UNUSUAL.search(raw):
        raw = msgspec.json.encode(_plain(_builtins(value, "deterministic")))
    cls: type = type(value)
    return _nulls_left_out(cls).sub(b"", raw) if b":null" in raw else raw


def canonical(value: Any) -> bytes:
    """Bytes that are the same for equal values and sorted by key, for digests; not meant to be read back.

    For "the same id, other content" give it what was sent, as `parse` answered: our reading of it gains fields.
    """
    return msgspec.json.encode(_normal(_builtins(value, "sorted")))


def _builtins(value: Any, order: Literal["deterministic", "sorted"]) -> Any:
    return msgspec.to_builtins(value, builtin_types=(Decimal, datetime), order=order)


def _plain(value: Any) -> Any:
    """*value* (of built-in types) with every decimal spelt out and every instant in UTC."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return value


def _normal(value: Any) -> Any:
    """As `_plain`, and decimals without the zeros that make equal ones look different."""
    if isinstance(value, dict):
        return {key: _normal(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_normal(inner) for inner in value]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return _plain(value)


@cache
def _nulls_left_out(cls: type) -> re.Pattern[bytes]:
    """Matches the members that may be left out of an encoded *cls*; its first member always stays.

    None at all where a dictionary may hold nulls of its own: there a null says something.
    """
    optional, needed = set[str](), set[str]()
    for part in dataclasses_within(cls):
        for name, has_default in _nullable_fields(part):
            (optional if has_default else needed).add(name)
    names = sorted(optional - needed)
    if not names or any(_may_hold_nulls(hint) for hint in hints_within(cls)):
        return _NEVER
    return re.compile(rb',"(?:%s)":null' % "|".join(names).encode())


def _nullable_fields(cls: type) -> Iterator[tuple[str, bool]]:
    """The fields of *cls* that may be None, and whether they are so by default."""
    assert is_dataclass(cls), "only dataclasses have fields"
    hints = get_type_hints(cls)
    for field in fields(cls):
        if NoneType in get_args(hints[field.name]):
            yield field.name, field.default is None


def _may_hold_nulls(hint: Any) -> bool:
    return hint is Any or (get_origin(hint) is dict and NoneType in get_args(get_args(hint)[1]))
