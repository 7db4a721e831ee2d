"""What a house says: numbered and chained per subject, written with the state that it follows from, never changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Row, Select, Subquery, bindparam, func, insert, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.expression import ColumnElement

from shared.codec import encode
from shared.database import arrays, unnest
from shared.database.tables import Key, announcements, published, subjects, unpublished
from shared.events import Event
from shared.ids import chained_id

BYTES_MAX: Final = 512 * 1024
PAGE_MAX: Final = 1000
WANTED_MAX: Final = 10_000
# What a page may hold, and one announcement more: it travels within its time over a slow line too.
PAGE_BYTES_MAX: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Announcement:
    """One numbered statement about one subject; `data` is the JSON of the event, byte for byte as published.

    `basis` is JSON: the numbers heard so far from each source, and the versions of the rules and models used.
    """

    key: str
    number: int
    event_id: UUID
    previous: UUID | None
    type: str
    at: datetime
    basis: str
    causation_id: UUID | None
    correlation_id: UUID | None
    traceparent: str | None
    data: bytes

    def is_intact(self, house: str) -> bool:
        """Whether the id is the digest of the content, as *house* would have said it."""
        derived = chained_id(house, self.key, self.number, self.previous, self.type, self.at, self.basis, self.data)
        return self.event_id == derived


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a subject's announcements have come to."""

    said: int
    last_id: UUID | None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is said: when, on what basis, and what led to it."""

    at: datetime
    basis: str
    causation_id: UUID | None
    correlation_id: UUID | None
    traceparent: str | None


class TooLarge(ValueError):
    """An announcement above 512 KiB: refused before commit, so that nothing accepted can wedge what follows."""


def chain(house: str, key: str, end: Chain, events: Sequence[Event], cause: Cause) -> list[Announcement]:
    """Number *events* after the subject's last announcement, each carrying the id of the one before.

    Raises: TooLarge.
    """
    made: list[Announcement] = []
    number, previous, correlation = end.said, end.last_id, cause.correlation_id
    for event in events:
        number += 1
        data, type_ = encode(event), type(event).__name__
        if len(data) > BYTES_MAX:
            raise TooLarge(type_)
        id_ = chained_id(house, key, number, previous, type_, cause.at, cause.basis, data)
        correlation = correlation or id_
        made.append(
            Announcement(
                key, number, id_, previous, type_, cause.at, cause.basis, cause.causation_id, correlation,
                cause.traceparent, data,
            )
        )  # fmt: skip
        previous = id_
    return made


_SAID = {c.name: c.type for c in announcements.columns if c.name != "id"}
_INSERTED = (
    insert(announcements)
    .from_select(list(_SAID), select(*unnest(_SAID).c))
    .returning(announcements.c.id)
    .cte("inserted")
)
_ANNOUNCE = insert(unpublished).from_select(["id"], select(_INSERTED.c.id)).add_cte(_INSERTED)


async def announce(connection: AsyncConnection, said: Sequence[Announcement]) -> None:
    """Write *said* and queue it for publishing, in one statement of the caller's transaction."""
    if said:
        rows = [{name: getattr(one, name) for name in _SAID} for one in said]
        await connection.execute(_ANNOUNCE, arrays(_SAID, rows))


def made_of(row: Row[Any]) -> Announcement:
    """The announcement in a row that has all its columns."""
    return Announcement(*(getattr(row, name) for name in _SAID))


def within_bytes(
    page: Subquery, *order: str, bytes_max: int = PAGE_BYTES_MAX, counted: Sequence[ColumnElement[Any]] = ()
) -> Select[Any]:
    """The rows of *page* in *order*, until their `data` has *bytes_max* bytes; *counted* is reckoned over all of it."""
    size = func.octet_length(page.c.data)
    before = func.sum(size).over(order_by=[page.c[name] for name in order], rows=(None, 0)) - size
    measured = select(page, *counted, before.label("before")).subquery("measured")
    shown = [column for column in measured.c if column.name != "before"]
    return select(*shown).where(measured.c.before < bytes_max).order_by(*(measured.c[name] for name in order))


_BY_ID = within_bytes(
    select(announcements)
    .where(announcements.c.id > bindparam("after"))
    .order_by(announcements.c.id)
    .limit(bindparam("limit"))
    .subquery("page"),
    "id",
)
_BY_POSITION = within_bytes(
    select(published.c.position, *(announcements.c[name] for name in _SAID))
    .join(announcements, announcements.c.id == published.c.id)
    .where(published.c.position > bindparam("after"))
    .order_by(published.c.position)
    .limit(bindparam("limit"))
    .subquery("page"),
    "position",
)


async def list_after(
    connection: AsyncConnection, after: int, limit: int, *, by_position: bool
) -> list[tuple[int, Announcement]]:
    """Announcements behind the cursor *after* (exclusive), at most *limit*, or 4 MiB, each with its own cursor.

    By id (not the order of commit: what is missed in passing shows as a gap or a lost tail), or by the position that
    the relay gives where there is no broker (the order of publication: nothing is missed).
    """
    statement: Select[Any] = _BY_POSITION if by_position else _BY_ID
    found = await connection.execute(statement, {"after": after, "limit": min(limit, PAGE_MAX)})
    return [(row[0], made_of(row)) for row in found]


_WANTED = unnest({"wanted_key": Key, "wanted_after": BigInteger()}, "wanted")
_NEXT = (
    select(announcements)
    .where(announcements.c.key == _WANTED.c.wanted_key, announcements.c.number > _WANTED.c.wanted_after)
    .order_by(announcements.c.number)
    .limit(bindparam("count"))
    .correlate(_WANTED)
    .lateral("next")
)
_LIST_WANTED = within_bytes(
    select(_NEXT).select_from(_WANTED.join(_NEXT, text("true"))).subquery("page"),
    "key",
    "number",
    counted=[func.count().over().label("count")],
)


async def list_wanted(
    connection: AsyncConnection, after_by_key: Mapping[str, int], limit_each: int
) -> tuple[list[Announcement], bool]:
    """For each key the announcements behind its number (exclusive), at most *limit_each* of each, by key and number.

    Also whether that was cut at 4 MiB: then what is behind the last of them, in this order, is to be asked for again.
    """
    rows = [{"wanted_key": key, "wanted_after": after} for key, after in after_by_key.items()]
    parameters = {**arrays(("wanted_key", "wanted_after"), rows), "count": limit_each}
    found = (await connection.execute(_LIST_WANTED, parameters)).all()
    return [made_of(row) for row in found], bool(found) and len(found) < found[0].count


_OF_KEY = (
    select(announcements)
    .where(announcements.c.key == bindparam("key"), announcements.c.number > bindparam("after"))
    .order_by(announcements.c.number)
    .limit(bindparam("count"))
)


async def list_of(connection: AsyncConnection, key: str, after: int, limit: int) -> list[Announcement]:
    """The announcements about *key* behind number *after* (exclusive), in order, at most *limit*."""
    found = await connection.execute(_OF_KEY, {"key": key, "after": after, "count": min(limit, PAGE_MAX)})
    return [made_of(row) for row in found]


_HEADS = select(subjects.c.key, subjects.c.said, subjects.c.last_id).where(
    subjects.c.key == func.any(bindparam("keys"))
)
_HEADS_PAGE = (
    select(subjects.c.key, subjects.c.said, subjects.c.last_id)
    .where(subjects.c.key > bindparam("after"), subjects.c.said > literal_column("0"))
    .order_by(subjects.c.key)
    .limit(bindparam("count"))
)


async def heads_of(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, Chain]:
    """Where the announcements about each of *keys* have come to; number 0 for one never spoken of."""
    found = _chains(await connection.execute(_HEADS, {"keys": list(keys)}))
    return {key: found.get(key, Chain(0, None)) for key in keys}


async def heads_page(connection: AsyncConnection, after: str, limit: int) -> dict[str, Chain]:
    """All heads in the order of their keys, behind *after* (exclusive), at most *limit*."""
    return _chains(await connection.execute(_HEADS_PAGE, {"after": after, "count": min(limit, PAGE_MAX)}))


def _chains(rows: Iterable[Row[Any]]) -> dict[str, Chain]:
    return {row.key: Chain(row.said, row.last_id) for row in rows}
