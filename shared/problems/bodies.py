"""What is wrong with a body, and what its sender is told: one table for every door of every house."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import Any, Final

from shared.codec import Unreadable
from shared.money import NotADecimal
from shared.refusal import BadValue, Refusal, Refused

POINTERS_MAX: Final = 20

# What keeps a body from being read at all: it is told of the whole of it, without a place.
WHOLE: Final[Mapping[str, Refusal]] = {
    "invalid-json": Refusal("not-json", "the body is not well-formed JSON"),
    "not-utf-8": Refusal("not-utf-8", "the body is not valid UTF-8"),
    "too-deep": Refusal("nested-too-deep", "the body is nested deeper than 32 levels"),
    "too-large": Refusal("body-too-large", "the body is larger than this door takes"),
}
WHOLE_CODES: Final = frozenset(refusal.code for refusal in WHOLE.values())
_DETAILS: Final[Mapping[str, str]] = {
    "missing-field": "a required field is missing",
    "unknown-field": "a field that is not known here",
    "unknown-word": "not one of the words allowed here",
    "wrong-type": "of another type than is expected here",
    "invalid-text": "text that is not Unicode",
    "not-a-decimal": 'a plain decimal string is expected, such as "12.50"',
    "bad-value": "not acceptable here",
    "schema": "the request does not fit its schema",
}
_CODES: Final[Mapping[str, str]] = {
    "missing": "missing-field",
    "extra_forbidden": "unknown-field",
    "literal_error": "unknown-word",
    "enum": "unknown-word",
    "string_unicode": "invalid-text",
    "int_from_float": "wrong-type",
    "date_from_datetime_inexact": "wrong-type",
}


def refusal_of_unreadable(error: Unreadable, under: str = "") -> Refusal:
    """What is told of a body, or of the part of it at the pointer *under*, that the codec could not read."""
    if error.code in WHOLE:
        whole = WHOLE[error.code]
        return Refusal(whole.code, error.detail) if error.code == "too-large" else whole
    pointer = f"{under}{error.pointer}"
    return Refusal(error.code, error.detail, (pointer,) if pointer else ())


def refused_body(error: Unreadable, under: str = "") -> Refused:
    """The same on its way out of a door."""
    return Refused(refusal_of_unreadable(error, under))


@contextmanager
def stated_at(under: str = "") -> Iterator[None]:
    """A type of ours is built of what was stated at the pointer *under*. Raises: Refused for what it does not take."""
    try:
        yield
    except BadValue as error:
        raise Refused(Refusal("bad-value", error.reason, (f"{under}/{error.field}",))) from None


def refusal_of_errors(found: Sequence[Mapping[str, Any]], ours: frozenset[str]) -> Refusal:
    """What is told of a request that pydantic does not take: what is wrong first, and everywhere it is wrong so.

    A pointer goes as far as its names are among *ours*: a name that the caller chose is part of what was sent.
    """
    first = found[0]
    if first["type"] == "missing" and tuple(first["loc"]) == ("body",):
        return WHOLE["invalid-json"]
    code = _code_of(first)
    alike = [one for one in found[:POINTERS_MAX] if _code_of(one) == code]
    pointers = dict.fromkeys(pointer for one in alike if (pointer := _pointer(one, ours)))
    return Refusal(code, _detail_of(first, code), tuple(pointers))


def _code_of(error: Mapping[str, Any]) -> str:
    kind: str = error["type"]
    if error["loc"][:1] in (("path",), ("query",), ("header",)):
        return "schema"
    if isinstance(_cause_of(error), NotADecimal):
        return "not-a-decimal"
    is_of_type = kind.endswith(("_type", "_parsing"))
    return _CODES.get(kind, "wrong-type" if is_of_type else "bad-value")


def _detail_of(error: Mapping[str, Any], code: str) -> str:
    cause = _cause_of(error)
    return cause.reason if isinstance(cause, BadValue) else _DETAILS[code]


def _pointer(error: Mapping[str, Any], ours: frozenset[str]) -> str:
    parts = list(error["loc"][1:] if error["loc"][:1] == ("body",) else error["loc"])
    cause = _cause_of(error)
    if isinstance(cause, BadValue):
        parts.append(cause.field)
    shown = takewhile(lambda part: isinstance(part, int) or part in ours, parts)
    return "".join(f"/{part}" for part in shown)


def _cause_of(error: Mapping[str, Any]) -> Any:
    """What one of our own checks has raised, if it was one."""
    return (error.get("ctx") or {}).get("error")
