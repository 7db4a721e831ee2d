"""What strangers send: bounded, exact, and refused with its place; every door that takes JSON reads through here."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from decimal import Decimal
from functools import cache
from typing import Any, Final, TypeVar

import msgspec

from shared.codec.decoding import Unreadable, complaint_of, convert
from shared.codec.reach import dataclasses_within
from shared.events.base import check_characters
from shared.refusal import BadValue

T = TypeVar("T")

BYTES_MAX: Final = 256 * 1024
"""A fact's greatest size; DESIGN: the delivery guarantee, sizes."""
DEPTH_MAX: Final = 32
INTEGER_MAX: Final = 2**63 - 1


def _no_json(name: str) -> Any:
    """Raises: ValueError for NaN and infinity, which Python reads and JSON does not know."""
    raise ValueError(name)


_END: Final = re.compile(r"\s*\]\s*\Z")
_SCANNER: Final = json.JSONDecoder(parse_constant=_no_json)
_DECIMAL: Final = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,12})?")


def decode_strict(cls: type[T], sent: bytes | Any, bytes_max: int = BYTES_MAX) -> T:
    """Read a *cls* from bytes, or from what `parse` answered.

    Floats are refused anywhere, and numbers wherever a decimal string is expected; unknown fields are ignored, and of
    a repeated name the last counts. Raises: Unreadable.
    """
    raw = isinstance(sent, bytes | bytearray | memoryview)
    kind: type = cls
    tree = _read(bytes(sent), bytes_max, names_within(kind)) if raw else sent
    _check_tree(tree, names_within(kind), 1)
    value = convert(cls, tree)
    _check_decimals(value, tree)
    return value


def parse(raw: bytes, bytes_max: int = BYTES_MAX, names: frozenset[str] = frozenset()) -> Any:
    """Any JSON, as dictionaries, lists, text, integers, booleans and None, bounded in size and depth.

    Raises: Unreadable; its pointer goes as far as *names* do: another name is part of what was sent.
    """
    tree = _read(raw, bytes_max, names)
    _check_tree(tree, names, 1)
    return tree


def parse_leniently(raw: bytes) -> Any:
    """JSON as far as it can be made out, only to find the place of its fault; never to be acted upon.

    What is no Unicode becomes lone surrogates, what is no number of ours one that `decode_strict` refuses; None where
    not even its structure can be read.
    """
    try:
        return json.loads(raw.decode("utf-8", "surrogateescape"), parse_int=_bounded)
    except (ValueError, RecursionError):
        return None


def _bounded(digits: str) -> int:
    return int(digits) if len(digits) <= len(str(INTEGER_MAX)) + 1 else INTEGER_MAX + 1


def split(raw: bytes, items_max: int, bytes_max: int) -> Sequence[bytes]:
    """The items of a JSON array, each still unread, so that a bad one costs its neighbours nothing.

    Raises: Unreadable when the whole is no array, or too large.
    """
    _check_size(raw, bytes_max)
    try:
        items = [bytes(item) for item in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        items = _split_around_bad_text(raw, _about_the_whole(raw, fault))
    if len(items) > items_max:
        raise Unreadable("too-large", f"more than {items_max} items")
    return items


def _about_the_whole(raw: bytes, fault: Exception) -> Unreadable:
    """What is wrong with *raw*: where it is JSON, that it is no array."""
    try:
        _read(raw, len(raw), frozenset())
    except Unreadable as found:
        return found
    return complaint_of(fault)


def _split_around_bad_text(raw: bytes, complaint: Unreadable) -> list[bytes]:
    """Split once more, letting pass what is no Unicode inside the items' strings: whoever reads an item refuses it.

    Raises: *complaint* when the array itself is at fault.
    """
    text = raw.decode("utf-8", "surrogateescape")
    items = list[bytes]()
    try:
        at = _past(text, 0, "[")
        while True:
            _, end = _SCANNER.raw_decode(text, at)
            items.append(text[at:end].encode("utf-8", "surrogateescape"))
            if _END.match(text, end):
                return items
            at = _past(text, end, ",")
    except (ValueError, IndexError, RecursionError):
        raise complaint from None


def _past(text: str, at: int, mark: str = "") -> int:
    """The place behind white space, *mark* and white space again. Raises: ValueError where *mark* is not."""
    found = re.compile(rf"\s*{re.escape(mark)}\s*").match(text, at)
    if found is None:
        raise ValueError(mark)
    return found.end()


def _read(raw: bytes, bytes_max: int, names: frozenset[str]) -> Any:
    _check_size(raw, bytes_max)
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise _placed(raw, names, complaint_of(fault)) from None


def _placed(raw: bytes, names: frozenset[str], complaint: Unreadable) -> Unreadable:
    """*complaint* with its place, where it is not the syntax that is wrong: half a pair, a number beyond all floats."""
    try:
        _check_tree(json.loads(raw.decode(), parse_int=_bounded, parse_constant=_no_json), names, 1)
    except Unreadable as found:
        return found
    except UnicodeDecodeError as fault:
        return complaint_of(fault)
    except (ValueError, RecursionError):
        pass
    return complaint


def _check_size(raw: bytes, bytes_max: int) -> None:
    if len(raw) > bytes_max:
        raise Unreadable("too-large", f"more than {bytes_max} bytes")


@cache
def names_within(cls: Any) -> frozenset[str]:
    """The names of fields that a pointer may show: ours, so that it repeats nothing of what was sent."""
    return frozenset(field.name for part in dataclasses_within(cls) for field in fields(part))


def _check_tree(node: Any, names: frozenset[str], depth: int) -> None:
    """Refuse what no type of ours can want, wherever it stands."""
    if isinstance(node, dict | list):
        if depth > DEPTH_MAX:
            raise Unreadable("too-deep", f"nested deeper than {DEPTH_MAX} levels")
        for step, inner in _members(node):
            try:
                _check_tree(inner, names, depth + 1)
            except Unreadable as fault:
                known = isinstance(step, int) or step in names
                raise (fault.under(step) if known else Unreadable(fault.code, fault.detail)) from None
    else:
        _check_leaf(node)


def _members(node: dict[Any, Any] | list[Any]) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, list):
        yield from enumerate(node)
        return
    for key, inner in node.items():
        if not isinstance(key, str):
            raise Unreadable("wrong-type", "every name is text")
        _check_leaf(key)
        yield key, inner


def _check_leaf(leaf: Any) -> None:
    if isinstance(leaf, str):
        try:
            check_characters("text", leaf)
        except BadValue as fault:
            raise Unreadable("invalid-text", fault.reason) from None
    elif isinstance(leaf, float):
        raise Unreadable("float", "a number with a fraction or an exponent; decimals are strings here")
    elif isinstance(leaf, int):
        if not -INTEGER_MAX <= leaf <= INTEGER_MAX:
            raise Unreadable("number-too-large", "a number out of range")
    elif leaf is not None:
        raise Unreadable("wrong-type", "not a JSON value")


def _check_decimals(value: Any, sent: Any) -> None:
    """Every decimal in *value* must have been sent as plain decimal text: a number may have lost digits already."""
    if isinstance(value, Decimal):
        if not (isinstance(sent, str) and _DECIMAL.fullmatch(sent)):
            raise Unreadable("not-a-decimal", 'a plain decimal string is expected, such as "12.50"')
    elif isinstance(sent, dict | list):
        for step, inner, inner_sent in _pairs(value, sent):
            try:
                _check_decimals(inner, inner_sent)
            except Unreadable as fault:
                raise fault.under(step) from None


def _pairs(value: Any, sent: dict[str, Any] | list[Any]) -> Iterator[tuple[str | int, Any, Any]]:
    """What was read beside what had been sent for it; names nobody reads are passed over."""
    if isinstance(sent, list):
        yield from ((at, *both) for at, both in enumerate(zip(value, sent, strict=False)))
    elif isinstance(value, dict):
        yield from ((name, value[name], inner) for name, inner in sent.items() if name in value)
    else:
        cls: type = type(value)
        yield from ((name, getattr(value, name), inner) for name, inner in sent.items() if name in _fields_of(cls))


@cache
def _fields_of(cls: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(cls))
