"""Items set aside under their number: listed, looked into, released, released with other content, or discarded."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.codec import Unreadable, decode_strict
from shared.database.tables import parked
from shared.events import EVENT_TYPES, Event, Unheeded
from shared.fold import Act, Applied, Because, Heard, House, Message, Outcome, apply
from shared.fold.acts import Deed, settle
from shared.fold.batch import WAKE
from shared.fold.rows import note_gaps
from shared.parking.masking import Inside, inside
from shared.problems import refusal_of_unreadable
from shared.refusal import Refusal

_PAGE = select(parked).where(parked.c.id > bindparam("after")).order_by(parked.c.id).limit(bindparam("count"))
_FIND = select(parked).where(parked.c.id == bindparam("of"))

log = logging.getLogger("forbear.parking")


@dataclass(frozen=True, slots=True)
class ParkedItem:
    """One item set aside; its content stays with its source, the envelope here is for inspection."""

    id: int
    key: str
    source: str
    number: int
    event_id: UUID | None
    type: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParkedDetail:
    """One item set aside, and what is inside its envelope; None for a wake, and for an envelope nobody could read."""

    item: ParkedItem
    inside: Inside | None


async def list_parked(connection: AsyncConnection, after: int, limit: int) -> list[ParkedItem]:
    """Parked items behind *after* (exclusive), oldest first."""
    found = await connection.execute(_PAGE, {"after": after, "count": limit})
    return [_item(row) for row in found]


async def look_into(connection: AsyncConnection, id_: int) -> ParkedDetail | None:
    """The parked item with the shape of its content, all text masked; None when there is no such item."""
    row = (await connection.execute(_FIND, {"of": id_})).one_or_none()
    return None if row is None else ParkedDetail(_item(row), inside(row.envelope))


async def release(house: House[Any], id_: int, because: Because) -> bool:
    """Forget the parked item and note a gap in its place: it and its followers are pulled from the source, in order.

    Answers whether there was such an item. A parked wake simply comes due again.
    """
    async with house.database.begin() as connection:
        row = (await connection.execute(_FIND, {"of": id_})).one_or_none()
        now = await house.clock.read(connection)
        if row is None or not await settle(connection, _act(row, "released", because), now):
            return False
        if row.source != WAKE:
            await note_gaps(connection, {(row.key, row.source): row.number})
    _log(id_, because, "released")
    house.stirred.set()
    return True


async def release_edited(house: House[Any], id_: int, type_: str, body: Any, because: Because) -> Outcome | None:
    """Apply *body* as an event of *type_* in place of the parked item; None when there is no such item.

    *body* is JSON, as bytes or parsed. What was applied stands in the journal with its content. Raises: Refused when
    another operator was quicker.
    """
    known = EVENT_TYPES.get(type_)
    if known is None:
        return Refusal("type-not-supported", "no event has this type", ("/type",))
    try:
        return await _replace(house, id_, decode_strict(known, body), "replaced", because)
    except Unreadable as error:
        return refusal_of_unreadable(error, "/data")


async def discard(house: House[Any], id_: int, because: Because) -> Outcome | None:
    """Hear the parked number without acting on it; None when there is no such item.

    Raises: Refused when another operator was quicker.
    """
    return await _replace(house, id_, Unheeded(), "discarded", because)


async def _replace(house: House[Any], id_: int, fact: Event, deed: Deed, because: Because) -> Outcome | None:
    async with house.database.begin() as connection:
        row = (await connection.execute(_FIND, {"of": id_})).one_or_none()
    if row is None:
        return None
    if row.source == WAKE:
        return Refusal("a-wake-is-released", "a parked wake can be released, not edited or discarded")
    act = _act(row, deed, because)
    message = Message(row.source, row.number, None, row.event_id, row.at, released=True, act=act)
    outcomes: Sequence[Outcome] = await apply(house, [Heard(row.key, fact, message)])
    if isinstance(outcomes[0], Applied):
        _log(id_, because, deed)
    return outcomes[0]


def _act(row: Any, deed: Deed, because: Because) -> Act:
    return Act(deed, "parked", row.id, _item(row), because)


def _log(id_: int, because: Because, deed: Deed) -> None:
    log.warning("parked item acted on", extra={"parked_id": id_, "operator": because.operator, "act": deed})


def _item(row: Any) -> ParkedItem:
    return ParkedItem(row.id, row.key, row.source, row.number, row.event_id, row.type, row.reason, row.at)
