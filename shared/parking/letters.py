"""Dead letters: what could not even be read as somebody's; listed by its outside, tried again, or discarded."""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.announcements import BadEnvelope, from_headers
from shared.database.tables import dead_letters
from shared.events import SOURCES
from shared.fold import Act, Because, House
from shared.fold.acts import Deed, settle
from shared.fold.rows import note_gaps
from shared.refusal import Refusal

# A header's name is as much a stranger's text as its value: only those that an announcement of ours may have are shown.
KNOWN_HEADERS: Final = frozenset(
    {"content-type", "traceparent"}
    | {f"ce_{name}" for name in ("specversion", "id", "source", "type", "time", "subject", "sequence", "previous")}
    | {f"ce_{name}" for name in ("basis", "correlationid", "causationid")}
)

_OUTSIDE = [
    *(
        dead_letters.c[name]
        for name in ("id", "topic", "partition", "offset", "value_bytes", "headers", "reason", "at")
    ),
    func.coalesce(func.length(dead_letters.c.key), 0).label("key_bytes"),
]
_PAGE = select(*_OUTSIDE).where(dead_letters.c.id > bindparam("after")).order_by(dead_letters.c.id)
_PAGE = _PAGE.limit(bindparam("count"))
_FIND = select(*_OUTSIDE, dead_letters.c.key, dead_letters.c.value).where(dead_letters.c.id == bindparam("of"))

log = logging.getLogger("forbear.parking")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message as it looks from outside: where it lay, how large it is, which known headers it has, and why."""

    id: int
    topic: str
    partition: int
    offset: int
    key_bytes: int
    value_bytes: int
    headers: tuple[str, ...]
    other_headers: int
    reason: str
    at: datetime


async def list_letters(connection: AsyncConnection, after: int, limit: int) -> list[DeadLetter]:
    """Dead letters behind *after* (exclusive), oldest first."""
    found = await connection.execute(_PAGE, {"after": after, "count": limit})
    return [_outside(row) for row in found]


async def discard_letter(house: House[Any], id_: int, because: Because) -> bool:
    """Forget the letter; answers whether there was such a letter. Read from its topic again, it would come back."""
    async with house.database.begin() as connection:
        row = (await connection.execute(_FIND, {"of": id_})).one_or_none()
        return row is not None and await _settle(house, connection, row, "discarded", because)


async def retry_letter(house: House[Any], id_: int, because: Because) -> Refusal | bool:
    """Where the letter can be read by now, note its number as a gap: it is pulled from its source, in order.

    What counts is what its source says: bytes that lay on a topic vouch for nothing. A number heard before closes its
    gap and changes nothing. Answers whether there was such a letter, or why it stays.
    """
    async with house.database.begin() as connection:
        row = (await connection.execute(_FIND, {"of": id_})).one_or_none()
        if row is None:
            return False
        place = _place_of(house, row)
        if isinstance(place, Refusal):
            return place
        key, source, number = place
        if not await _settle(house, connection, row, "retried", because):
            return False
        await note_gaps(connection, {(key, source): number})
    house.stirred.set()
    return True


async def _settle(house: House[Any], connection: AsyncConnection, row: Any, deed: Deed, because: Because) -> bool:
    act = Act(deed, "dead-letter", row.id, _outside(row), because)
    settled = await settle(connection, act, await house.clock.read(connection))
    if settled:
        log.warning("dead letter acted on", extra={"operator": because.operator, "act": deed})
    return settled


def _place_of(house: House[Any], row: Any) -> tuple[str, str, int] | Refusal:
    """The key, source and number under which the letter would be heard."""
    source = next((name for name in house.hears if row.topic.startswith(SOURCES[name])), None)
    if source is None:
        return Refusal("source-not-heard", "this house does not hear the topic of the letter")
    try:
        said = from_headers(source, row.key, _headers(row), row.value)
    except BadEnvelope as error:
        if error.key is None or error.number is None:
            return Refusal("still-unreadable", "the letter has no readable key and number; it stays")
        return error.key, source, error.number
    return said.key, source, said.number


def _headers(row: Any) -> list[tuple[str, bytes | None]]:
    return [(name, None if content is None else bytes.fromhex(content)) for name, content in json.loads(row.headers)]


def _outside(row: Any) -> DeadLetter:
    names = [name for name, _ in json.loads(row.headers)]
    known = tuple(sorted(set(names) & KNOWN_HEADERS))
    others = sum(name not in KNOWN_HEADERS for name in names)
    place = (row.id, row.topic, row.partition, row.offset)
    return DeadLetter(*place, row.key_bytes, row.value_bytes, known, others, row.reason, row.at)
