"""Bytes to values, and why not: a complaint that names the place and never repeats what was sent.

A field whose type is a plain base class (no dataclass, no fields of its own) holds one of the dataclasses under it,
told apart by their `kind: Literal[...]`: msgspec takes such a base for a type of ours and asks `_variant` to decode it.
"""

import re
from functools import cache
from typing import Any, Final, TypeVar

import msgspec

from shared.codec.reach import variants_of
from shared.refusal import BadValue

T = TypeVar("T")

_PATH: Final = re.compile(r" - at (?:`key` in )?`\$(.*)`\Z", re.DOTALL)
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")
_MISSING: Final = re.compile(r"Object missing required field `(\w+)`")
_HARMLESS: Final = re.compile(
    r"Expected `[\w ,|]+`(?: of length [\d ><=to]+)?(?:, got (?:`\w+`|\d+))?"
    r"|Invalid (?:RFC3339 encoded \w+|UUID|decimal string)"
)
_OUT_OF_RANGE: Final = ("Number out of range", "Integer value out of range")
_FAULTS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Unreadable(ValueError):
    """What came is not what was expected; `code` is kebab-case and stable, `pointer` a JSON pointer (RFC 6901)."""

    def __init__(self, code: str, detail: str, pointer: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.pointer = pointer

    def under(self, step: str | int) -> "Unreadable":
        """The same complaint, seen from one level further out."""
        return Unreadable(self.code, self.detail, f"/{step}{self.pointer}")


def decode(cls: type[T], raw: bytes) -> T:
    """Read a *cls* that we wrote ourselves; fast, and lenient about how a decimal is written.

    Raises: Unreadable.
    """
    kind: type = cls
    try:
        return _decoder(kind).decode(raw)  # type: ignore[no-any-return]
    except _FAULTS as fault:
        raise complaint_of(fault) from None


def plain(raw: bytes) -> Any:
    """Any JSON that we wrote ourselves, as built-in types. Raises: Unreadable."""
    try:
        return msgspec.json.decode(raw)
    except _FAULTS as fault:
        raise complaint_of(fault) from None


def convert(cls: type[T], sent: Any) -> T:
    """Read a *cls* from parsed JSON. Raises: Unreadable."""
    try:
        return msgspec.convert(sent, cls, dec_hook=_variant)
    except _FAULTS as fault:
        raise complaint_of(fault) from None


@cache
def _decoder(cls: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cls, dec_hook=_variant)


_VARIANTS: Final[dict[type, dict[str, type]]] = {}


def _variant(base: type, sent: Any) -> Any:
    """The variant of *base* that `kind` names; msgspec wraps what is raised here with the path so far."""
    if not isinstance(sent, dict):
        raise Unreadable("wrong-type", "an object is expected")
    kind = sent.get("kind")
    variant = _find_variant(base, kind) if isinstance(kind, str) else None
    if variant is None:
        raise Unreadable("unknown-word", "not one of the words allowed here", "/kind")
    return convert(variant, sent)


def _find_variant(base: type, kind: str) -> type | None:
    if kind not in _VARIANTS.get(base, {}):
        _VARIANTS[base] = variants_of(base)
    return _VARIANTS[base].get(kind)


def complaint_of(fault: Exception) -> Unreadable:
    """What may be told of *fault*: messages of msgspec can repeat the input, so only known ones pass."""
    if isinstance(fault, RecursionError):
        return Unreadable("too-deep", "nested too deep")
    if isinstance(fault, UnicodeDecodeError):
        return Unreadable("not-utf-8", "not valid UTF-8")
    if not isinstance(fault, msgspec.ValidationError):
        return Unreadable("invalid-json", "not well-formed JSON")
    return _complaint_at(_pointer_of(fault), fault)


def _complaint_at(pointer: str, fault: msgspec.ValidationError) -> Unreadable:
    cause, message = fault.__cause__, _PATH.sub("", str(fault))
    if isinstance(cause, Unreadable):
        return Unreadable(cause.code, cause.detail, pointer + cause.pointer)
    if isinstance(cause, BadValue):
        return Unreadable("bad-value", cause.reason, f"{pointer}/{cause.field}")
    if missing := _MISSING.fullmatch(message):
        return Unreadable("missing-field", "a required field is missing", f"{pointer}/{missing[1]}")
    return _complaint_in_words(pointer, message)


def _complaint_in_words(pointer: str, message: str) -> Unreadable:
    if message.startswith(("Invalid enum value", "Invalid value")):
        return Unreadable("unknown-word", "not one of the words allowed here", pointer)
    if message in _OUT_OF_RANGE:
        return Unreadable("number-too-large", "a number out of range", pointer)
    if _HARMLESS.fullmatch(message):
        return Unreadable("wrong-type", f"{message[0].lower()}{message[1:].replace('`', '')}", pointer)
    return Unreadable("invalid", "not acceptable here", pointer)


def _pointer_of(fault: msgspec.ValidationError) -> str:
    """The JSON pointer of msgspec's path, up to the first step it does not name: keys of dictionaries are input."""
    path = _PATH.search(str(fault))
    steps, end = [], 0
    while path and (step := _STEP.match(path[1], end)):
        steps.append(step[1] or step[2])
        end = step.end()
    return "".join(f"/{step}" for step in steps)
