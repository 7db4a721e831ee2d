"""Plain data (from JSON or YAML) into frozen dataclasses; what is not understood is refused by pointer, not echoed."""

import re
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NoReturn,
    Protocol,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from shared.events.base import check_text
from shared.refusal import BadValue, Refusal

LIST_LENGTH_MAX: Final = 2_000
WHOLE_MAX: Final = 1_000_000
YEARS: Final = range(1970, 2201)
SECONDS_A_DAY: Final = 86_400
WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")

Reader: TypeAlias = Callable[[Any, str], Any]


class UnreadableError(Exception):
    """What was sent is not understood; carries the refusal that says where."""

    def __init__(self, code: str, detail: str, pointer: str) -> None:
        super().__init__(f"{pointer}: {detail}")
        self.refusal = Refusal(code, detail, (pointer,))


class Mark(Protocol):
    """How an annotated value is read."""

    def read(self, data: Any, pointer: str) -> Any: ...


@dataclass(frozen=True)
class OneOf:
    """A word of a closed list, or one of its open families (`third_party:` and whatever follows)."""

    words: frozenset[str]
    families: tuple[str, ...] = ()

    def read(self, data: Any, pointer: str) -> str:
        word = read_text(data, pointer)
        if word in self.words or any(re.fullmatch(family, word) for family in self.families):
            return word
        return refuse("unknown-word", "not one of the words this field knows", pointer)


@dataclass(frozen=True, eq=False)
class AnyOf:
    """A list of words, some of which stand for several."""

    words: frozenset[str]
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def read(self, data: Any, pointer: str) -> frozenset[str]:
        found: set[str] = set()
        for index, word in enumerate(read_list(data, pointer)):
            found |= self.groups.get(word) or {OneOf(self.words).read(word, f"{pointer}/{index}")}
        return frozenset(found)


class ClockTime:
    """`HH:MM`, held as seconds since midnight; `24:00` is the end of the day."""

    def read(self, data: Any, pointer: str) -> int:
        match = re.fullmatch(r"([01]\d|2[0-4]):([0-5]\d)", read_text(data, pointer))
        seconds = 3600 * int(match[1]) + 60 * int(match[2]) if match else SECONDS_A_DAY + 1
        if seconds > SECONDS_A_DAY:
            refuse("bad-time", "not a time of day as HH:MM", pointer)
        return seconds


@dataclass(frozen=True)
class Between:
    """A whole number, both ends inclusive."""

    low: int
    high: int

    def read(self, data: Any, pointer: str) -> int:
        if isinstance(data, bool) or not isinstance(data, int) or not self.low <= data <= self.high:
            refuse("bad-number", f"not a whole number from {self.low} to {self.high}", pointer)
        return data


class Weekday:
    """`MON` to `SUN`, held as 0 to 6."""

    def read(self, data: Any, pointer: str) -> int:
        if data not in WEEKDAYS:
            refuse("unknown-word", "not a weekday as MON, TUE, ...", pointer)
        return WEEKDAYS.index(data)


def refuse(code: str, detail: str, pointer: str) -> NoReturn:
    """Raises: UnreadableError, always."""
    raise UnreadableError(code, detail, pointer)


@cache
def reader_of(hint: Any) -> Reader:
    """The function that reads a value of the type *hint*; built once per type."""
    origin = get_origin(hint)
    if origin is Annotated:
        mark: Mark = get_args(hint)[1]
        return mark.read
    if origin in (Union, types.UnionType):
        return _optional(reader_of(next(member for member in get_args(hint) if member is not type(None))))
    if origin in (tuple, frozenset):
        return _many(origin, reader_of(get_args(hint)[0]))
    if origin is Literal:
        return OneOf(frozenset(get_args(hint))).read
    return _reader_of_class(hint)


def _reader_of_class(hint: Any) -> Reader:
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda data, pointer: read_object(hint, data, pointer)
    known: dict[Any, Reader] = {
        str: read_text,
        int: read_whole,
        bool: _read_bool,
        date: _read_date,
        datetime: _read_instant,
    }
    return known[hint]


def read_object(kind: Any, data: Any, pointer: str) -> Any:
    """An instance of the dataclass *kind*; every key must be one of its fields.

    Raises: UnreadableError.
    """
    if not isinstance(data, Mapping):
        refuse("bad-shape", "not an object", pointer)
    known: Mapping[str, tuple[str, Reader, bool]] = _fields_of(kind)
    for key in data:
        if key not in known:
            refuse("unknown-field", "an object with a field that is not known here", pointer)
    read = {name: reader(data[key], f"{pointer}/{key}") for key, (name, reader, _) in known.items() if key in data}
    for key, (name, _, required) in known.items():
        if required and read.get(name) is None:
            refuse("missing-field", "a required field is missing", f"{pointer}/{key}")
    return kind(**{name: value for name, value in read.items() if value is not None})


def read_changes(kind: Any, data: Any, pointer: str) -> dict[str, Any]:
    """New values, by field name, for some fields of the dataclass *kind*.

    Raises: UnreadableError.
    """
    if not isinstance(data, Mapping):
        refuse("bad-shape", "not an object", pointer)
    known = _fields_of(kind)
    if any(key not in known for key in data):
        refuse("unknown-field", "an object with a field that is not known here", pointer)
    return {known[key][0]: known[key][1](value, f"{pointer}/{key}") for key, value in data.items()}


@cache
def _fields_of(kind: Any) -> dict[str, tuple[str, Reader, bool]]:
    """By the key on the wire: the field's name, its reader, and whether it must be there."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        item.metadata.get("key", item.name): (
            item.name,
            _optional(reader_of(hints[item.name])),
            item.default is MISSING and item.default_factory is MISSING,
        )
        for item in fields(kind)
        if item.init and not item.metadata.get("inward")
    }


def _optional(reader: Reader) -> Reader:
    return lambda data, pointer: None if data is None else reader(data, pointer)


def _many(origin: Callable[[list[Any]], Any], reader: Reader) -> Reader:
    return lambda data, pointer: origin(
        [reader(item, f"{pointer}/{index}") for index, item in enumerate(read_list(data, pointer))]
    )


def read_list(data: Any, pointer: str) -> list[Any]:
    """Raises: UnreadableError when it is no list, or longer than 2,000."""
    if not isinstance(data, list):
        refuse("bad-shape", "not a list", pointer)
    if len(data) > LIST_LENGTH_MAX:
        refuse("too-long", f"a list of more than {LIST_LENGTH_MAX}", pointer)
    return data


def read_text(data: Any, pointer: str) -> str:
    """Raises: UnreadableError when it is no text, or text that cannot be stored."""
    if not isinstance(data, str):
        refuse("bad-shape", "not a text", pointer)
    try:
        check_text(pointer, data)
    except BadValue as bad:
        refuse("bad-text", bad.reason, pointer)
    return data


def read_whole(data: Any, pointer: str) -> int:
    """Raises: UnreadableError unless it is a whole number from 0 to 1,000,000."""
    if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data <= WHOLE_MAX:
        refuse("bad-number", f"not a whole number from 0 to {WHOLE_MAX}", pointer)
    return data


def _read_bool(data: Any, pointer: str) -> bool:
    if not isinstance(data, bool):
        refuse("bad-shape", "neither true nor false", pointer)
    return data


def _read_date(data: Any, pointer: str) -> date:
    """A date, or the date an instant carries on its own clock."""
    if isinstance(data, datetime) or not isinstance(data, date):
        data = _parse(datetime.fromisoformat, data, pointer).date()
    return _in_range(data, pointer)


def _read_instant(data: Any, pointer: str) -> datetime:
    at = data if isinstance(data, datetime) else _parse(datetime.fromisoformat, data, pointer)
    if at.utcoffset() is None:
        refuse("bad-instant", "an instant without its offset", pointer)
    _in_range(at.date(), pointer)
    return at.astimezone(UTC)


def _parse(parse: Callable[[str], datetime], data: Any, pointer: str) -> datetime:
    try:
        return parse(read_text(data, pointer))
    except ValueError:
        return refuse("bad-date", "not a date or instant as in RFC 3339", pointer)


def _in_range(day: date, pointer: str) -> date:
    if day.year not in YEARS:
        refuse("bad-date", f"a year outside {YEARS.start} to {YEARS.stop - 1}", pointer)
    return day
