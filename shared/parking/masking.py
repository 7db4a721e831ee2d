"""What an operator may see of content that nobody vouches for: its shape, and values that cannot name a person.

Shown are the names of our own fields, closed words, switches, small numbers, dates and amounts, each only where the
event's schema expects one and it fits. All other text and numbers are masked: what was parked may hold anything.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from shared.announcements import Announcement, BadEnvelope, from_json
from shared.codec import Unreadable, decode, parse
from shared.events import EVENT_TYPES
from shared.events.base import WHOLE_MAX

MEMBERS_MAX: Final = 100
DATA_BYTES_MAX: Final = 512 * 1024
_AMOUNT: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,12})?")


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why the content does not fit its type, in words that repeat nothing of it."""

    code: str
    detail: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Inside:
    """An envelope; *data* is its content, masked, None where it is no JSON. *type* is None where we know none such."""

    id: str
    previous: str | None
    type: str | None
    time: str
    causationid: str | None
    correlationid: str | None
    data_bytes: int
    data: Any
    complaint: Complaint | None


def inside(envelope: bytes) -> Inside | None:
    """What may be seen of *envelope*, as it was parked; None when there is nothing to see."""
    try:
        said = from_json(json.loads(envelope))
    except (ValueError, BadEnvelope):
        return None
    known = EVENT_TYPES.get(said.type)
    return Inside(
        id=str(said.event_id),
        previous=_text_or_none(said.previous),
        type=said.type if known else None,
        time=said.at.isoformat(),
        causationid=_text_or_none(said.causation_id),
        correlationid=_text_or_none(said.correlation_id),
        data_bytes=len(said.data),
        data=_masked_json(said.data, known),
        complaint=_complaint(said, known),
    )


def masked(node: Any, hint: Any) -> Any:
    """*node* (JSON) with every value masked that *hint*, the type expected there or None, does not let through."""
    if isinstance(node, dict):
        return _masked_object(node, _fields_of(hint))
    if isinstance(node, list):
        inner = next((part for member in _members(hint) for part in get_args(member)), None)
        shown = [masked(one, inner) for one in node[:MEMBERS_MAX]]
        return shown + ([f"and {len(node) - MEMBERS_MAX} more"] if len(node) > MEMBERS_MAX else [])
    if node is None or any(_lets_through(member, node) for member in _members(hint)):
        return node
    return f"text of {len(node)} characters" if isinstance(node, str) else "a number or a switch"


def _masked_json(data: bytes, known: type | None) -> Any:
    try:
        return masked(parse(data, DATA_BYTES_MAX), known)
    except Unreadable:
        return None


def _masked_object(node: Mapping[str, Any], hints: Mapping[str, Any]) -> dict[str, Any]:
    """Names that are not ours are a stranger's text too: they are only counted."""
    shown = {name: masked(inner, hints[name]) for name, inner in node.items() if name in hints}
    others = len(node) - len(shown)
    return shown | ({f"{others} other names": "masked"} if others else {})


def _complaint(said: Announcement, known: type | None) -> Complaint | None:
    if known is None:
        return Complaint("unknown-type", "no event of ours has this type", "")
    try:
        decode(known, said.data)
    except Unreadable as error:
        return Complaint(error.code, error.detail, error.pointer)
    return None


@cache
def _fields_of(hint: Any) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for member in _members(hint):
        if isinstance(member, type) and is_dataclass(member):
            hints = get_type_hints(member, include_extras=True)
            found |= {field.name: hints[field.name] for field in fields(member)}
    return MappingProxyType(found)


def _members(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a union; any other hint is its own only alternative."""
    if get_origin(hint) in (Union, UnionType):
        return tuple(member for member in get_args(hint) if member is not NoneType)
    return (hint,)


def _lets_through(hint: Any, leaf: Any) -> bool:
    if get_origin(hint) is Literal:
        return leaf in get_args(hint)
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    test = _TESTS.get(plain) if isinstance(plain, type) else None
    return test is not None and test(leaf)


def _is_iso(cls: Any) -> Callable[[Any], bool]:
    def reads(leaf: Any) -> bool:
        try:
            cls.fromisoformat(leaf)
        except (TypeError, ValueError):
            return False
        return True

    return reads


_TESTS: Final[Mapping[type, Callable[[Any], bool]]] = {
    bool: lambda leaf: isinstance(leaf, bool),
    int: lambda leaf: type(leaf) is int and abs(leaf) <= WHOLE_MAX,
    Decimal: lambda leaf: isinstance(leaf, str) and _AMOUNT.fullmatch(leaf) is not None,
    date: _is_iso(date),
    datetime: _is_iso(datetime),
    time: _is_iso(time),
}


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)
