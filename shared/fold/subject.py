"""One subject in memory while its row is locked: what was said, what was heard, and the state."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row

from shared.announcements import Announcement, Chain
from shared.codec import decode, encode, parse
from shared.codec.decoding import convert
from shared.database import Weather
from shared.fold.house import House, Message

STATE_BYTES_MAX: Final = 64 * 1024

Standing = Literal["next", "repeat", "gap", "fork"]


class StateTooLarge(ValueError):
    """A state above 64 KiB: refused before commit; what made it so is sought alone."""


class NewerState(Weather):
    """A row written by newer code: wait for the deployment to finish, never overwrite."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point to go back to."""

    state: Any
    chain: Chain
    position: int
    heard: tuple[int, ...]
    heard_ids: tuple[UUID | None, ...]


class Subject:
    """A locked row, changed in memory and written back once."""

    __slots__ = (
        "_due", "_due_of", "_house", "chain", "changed", "earlier", "heard", "heard_ids", "key", "parked", "position",
        "state",
    )  # fmt: skip

    def __init__(self, house: House[Any], row: Row[Any]) -> None:
        missing = len(house.hears) - len(row.heard)
        self._house = house
        self.key: str = row.key
        self.chain = Chain(row.said, row.last_id)
        self.heard: list[int] = [*row.heard, *[0] * missing]
        self.heard_ids: list[UUID | None] = [*row.heard_ids, *[None] * missing]
        self.position: int = row.position
        self.parked: frozenset[str] = frozenset(row.parked)
        self.state = state_in(house, row)
        self._due: datetime | None = None
        self._due_of: Any = None
        self.earlier: defaultdict[tuple[str, int], set[UUID | None]] = defaultdict(set)
        """The ids heard under numbers that the journal was asked about, and those heard since; None: unreadable."""
        self.changed = False

    def wake_at(self) -> datetime | None:
        """When the state wants to be woken; reckoned once for each state, because that may cost as much as deciding."""
        if self._due_of is not self.state:
            self._due, self._due_of = self._house.wake_at(self.state), self.state
        return self._due

    def mark(self) -> Mark:
        """Remember where the subject stands."""
        return Mark(self.state, self.chain, self.position, tuple(self.heard), tuple(self.heard_ids))

    def reset(self, mark: Mark) -> None:
        """Go back to *mark*, as if nothing had been heard since."""
        self.state, self.chain, self.position = mark.state, mark.chain, mark.position
        self.heard, self.heard_ids = list(mark.heard), list(mark.heard_ids)

    def standing_of(self, message: Message, source: int, *, readable: bool = True) -> Standing:
        """What *message* of the source at index *source* is to this subject; an unreadable one goes by number alone."""
        heard, id_ = self.heard[source], self.heard_ids[source]
        if message.released:
            return "next" if message.number <= heard + 1 else "repeat"
        is_known = message.id == id_ if message.number == heard else self._has_heard(message)
        if message.number <= heard and (is_known or not readable):
            return "repeat"
        if message.source in self.parked or message.number > heard + 1:
            return "gap"
        unknown = heard > 0 and id_ is None  # an unreadable message was discarded: there is no id to compare with
        follows = message.number == heard + 1 and (message.previous == id_ or unknown or not readable)
        return "next" if follows else "fork"

    def _has_heard(self, message: Message) -> bool:
        known = self.earlier.get((message.source, message.number), ())
        return message.id in known or None in known

    def hear(self, message: Message, source: int) -> None:
        """Advance the number heard from the source at index *source*."""
        self.heard[source] = message.number
        self.heard_ids[source] = message.id

    def advance(self, state: Any, said: list[Announcement], message: Message | None = None) -> None:
        """Take the new *state* and what was *said* on the way to it; *message* is what was heard, if it is one."""
        if message is not None:
            self.earlier[message.source, message.number].add(message.id)
        self.state = state
        self.position += 1
        self.changed = True
        if said:
            self.chain = Chain(said[-1].number, said[-1].event_id)

    def body(self) -> bytes:
        """The state as stored. Raises: StateTooLarge."""
        body = encode(self.state)
        if len(body) > STATE_BYTES_MAX:
            raise StateTooLarge
        return body


def state_in(house: House[Any], row: Row[Any]) -> Any:
    """The state that *row* keeps. Raises: NewerState, Unreadable."""
    if not row.body:
        return house.blank(row.key)
    if row.schema == house.schema:
        return decode(house.state_type, row.body)
    if row.schema > house.schema:
        raise NewerState
    plain = parse(row.body)
    for schema in range(row.schema, house.schema):
        plain = house.upcasters[schema](plain)
    return convert(house.state_type, plain)
