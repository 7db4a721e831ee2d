"""What was set aside for an operator: listed, released, released with other content, or discarded; each act logged."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.codec import Unreadable, decode_strict
from shared.database.tables import parked
from shared.events import EVENT_TYPES, Event, Unheeded
from shared.fold import Heard, House, Message, Outcome, apply
from shared.fold.batch import WAKE
from shared.fold.rows import note_gaps
from shared.refusal import Refusal

_PAGE = select(parked).where(parked.c.id > bindparam("after")).order_by(parked.c.id).limit(bindparam("count"))
_FIND = select(parked).where(parked.c.id == bindparam("of"))
_FORGET = delete(parked).where(parked.c.id == bindparam("of")).returning(parked)

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


async def list_parked(connection: AsyncConnection, after: int, limit: int) -> list[ParkedItem]:
    """Parked items behind *after* (exclusive), oldest first."""
    found = await connection.execute(_PAGE, {"after": after, "count": min(limit, 1000)})
    return [_item(row) for row in found]


async def release(house: House[Any], id_: int, operator: str) -> bool:
    """Forget the parked item and note a gap in its place: it and its followers are pulled from the source, in order.

    Answers whether there was such an item. A parked wake simply comes due again.
    """
    async with house.database.begin() as connection:
        row = (await connection.execute(_FORGET, {"of": id_})).one_or_none()
        if row is not None and row.source != WAKE:
            await note_gaps(connection, {(row.key, row.source): row.number})
    if row is not None:
        log.warning("parked item released", extra={"parked_id": id_, "operator": operator})
        house.stirred.set()
    return row is not None


async def release_edited(house: House[Any], id_: int, type_: str, body: Any, operator: str) -> Outcome | None:
    """Apply *body* as an event of *type_* in place of the parked item; None when there is no such item.

    *body* is JSON, as bytes or parsed. What was applied stands in the journal with its content.
    """
    known = EVENT_TYPES.get(type_)
    if known is None:
        return Refusal("unknown-type", "no event has this type")
    try:
        return await _replace(house, id_, decode_strict(known, body), operator, "edited and released")
    except Unreadable as error:
        return Refusal(error.code, error.detail, (error.pointer,))


async def discard(house: House[Any], id_: int, operator: str) -> Outcome | None:
    """Hear the parked number without acting on it; None when there is no such item."""
    return await _replace(house, id_, Unheeded(), operator, "discarded")


async def _replace(house: House[Any], id_: int, fact: Event, operator: str, act: str) -> Outcome | None:
    async with house.database.begin() as connection:
        row = (await connection.execute(_FIND, {"of": id_})).one_or_none()
    if row is None:
        return None
    if row.source == WAKE:
        return Refusal("a-wake-is-released", "a parked wake can be released, not edited or discarded")
    message = Message(row.source, row.number, None, row.event_id, row.at, released=True)
    outcomes: Sequence[Outcome] = await apply(house, [Heard(row.key, fact, message)])
    log.warning("parked item acted on", extra={"parked_id": id_, "operator": operator, "act": act})
    return outcomes[0]


def _item(row: Any) -> ParkedItem:
    return ParkedItem(row.id, row.key, row.source, row.number, row.event_id, row.type, row.reason, row.at)
