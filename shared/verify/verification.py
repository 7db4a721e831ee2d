"""What a house gives so that its history can be taken again: how to read its commands, and to rebuild its contexts."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.announcements import Announcement
from shared.codec.decoding import convert
from shared.events import Command
from shared.fold import Context, House

State = TypeVar("State")

Rebuild: TypeAlias = Callable[[datetime, bytes | None], Context]
"""From `now` and the values that no version names, as the journal keeps them, to the context of a decision."""
Read: TypeAlias = Callable[[Any], Command]
"""From the parsed body of a command to the command."""


class Source(Protocol):
    """Another house, asked for what it has said."""

    async def wanted(self, after_by_key: Mapping[str, int], limit_each: int, /) -> Sequence[Announcement]:
        """For each key the announcements behind its number (exclusive), in order, at most *limit_each* of each."""

    async def close(self) -> None:
        """Close the connections."""


@dataclass(frozen=True, slots=True)
class Verification(Generic[State]):
    """One value per service, built in its `app.py`. `commands` are by the names of their types.

    `rules` finds the rules of those versions and answers how to rebuild contexts under them; None: not at hand.
    """

    house: House[State]
    sources: Mapping[str, Source]
    commands: Mapping[str, Read]
    rules: Callable[[AsyncConnection, Mapping[str, str]], Awaitable[Rebuild | None]]


def by_name(types: Iterable[type[Command]]) -> dict[str, Read]:
    """How commands of *types* are read, where their fields tell it all."""
    return {cls.__name__: partial(convert, cls) for cls in types}
