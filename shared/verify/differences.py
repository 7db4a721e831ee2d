"""Where two values of one type differ: the fields on the way there, and never what stands in them."""

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any, Final

from shared.codec.decoding import plain
from shared.codec.reach import dataclasses_within

PATHS_MAX: Final = 5


def differences(cls: type, kept: bytes, found: bytes) -> str:
    """The first paths at which *kept* and *found*, both the JSON of a *cls*, differ; what may be an id is a star."""
    paths = dict.fromkeys(_paths(plain(kept), plain(found), "", _names_within(cls)))
    return ", ".join([*paths][:PATHS_MAX]) or "how it is written"


@cache
def _names_within(cls: type) -> frozenset[str]:
    return frozenset(field.name for part in dataclasses_within(cls) for field in fields(part))


def _paths(kept: Any, found: Any, path: str, names: frozenset[str]) -> Iterator[str]:
    if isinstance(kept, dict) and isinstance(found, dict):
        for name in sorted(kept.keys() | found.keys()):
            if kept.get(name) != found.get(name):
                step = name if name in names else "*"
                yield from _paths(kept.get(name), found.get(name), f"{path}/{step}", names)
    elif isinstance(kept, list) and isinstance(found, list) and len(kept) == len(found):
        for index, (one, other) in enumerate(zip(kept, found, strict=True)):
            if one != other:
                yield from _paths(one, other, f"{path}/{index}", names)
    else:
        yield path or "/"
