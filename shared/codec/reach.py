"""What a type is made of: every dataclass that can stand in a value of it, and the variants of a plain base."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from shared.events.base import Checked, Command, Event

_OPEN_BASES = (Checked, Command, Event, object)


def variants_of(base: type) -> dict[str, type]:
    """The dataclasses under *base*, by each word of their `kind: Literal[...]`.

    A dataclass with slots is made twice, and the first of the two is not the class anybody uses: it has no slots.
    """
    found: dict[str, type] = {}
    subclasses: list[type] = base.__subclasses__()
    for variant in subclasses:
        found.update(variants_of(variant))
        if is_dataclass(variant) and "__slots__" in vars(variant):
            found.update(dict.fromkeys(_kinds_of(variant), variant))
    return found


def _kinds_of(variant: type) -> tuple[str, ...]:
    hint = get_type_hints(variant).get("kind")
    return get_args(hint) if get_origin(hint) is Literal else ()


@cache
def hints_within(hint: Any) -> tuple[Any, ...]:
    """Every type that can occur in a value of *hint*, itself first, each once."""
    seen: dict[Any, None] = {}
    waiting = [hint]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen[current] = None
            waiting.extend(_parts(current))
    return tuple(seen)


def dataclasses_within(hint: Any) -> tuple[type, ...]:
    """Every dataclass that can occur in a value of *hint*."""
    return tuple(part for part in hints_within(hint) if isinstance(part, type) and is_dataclass(part))


def _parts(hint: Any) -> Iterator[Any]:
    if get_origin(hint) is Literal:
        return
    yield from (part for part in get_args(hint) if part is not Ellipsis)
    if not isinstance(hint, type):
        return
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        yield from (hints[field.name] for field in fields(hint))
    elif issubclass(hint, tuple):
        yield from get_type_hints(hint).values()
    elif hint not in _OPEN_BASES:
        yield from variants_of(hint).values()
