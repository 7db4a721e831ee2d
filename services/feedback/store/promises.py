"""What was promised, and what became of it so far."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Date, Row, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.feedback.domain.payments import money_paid
from services.feedback.tables import promise_standings, promises
from shared.announcements import Announcement
from shared.codec import decode, encode
from shared.database.tables import Key
from shared.events import (
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromisePartlyKept,
    PromiseRejudged,
    PromiseSuperseded,
)
from shared.fold import Said

Place = tuple[date, str]
FIRST: Final[Place] = (date.min, "")

_JOINED = promises.join(
    promise_standings,
    (promises.c.key == promise_standings.c.key) & (promises.c.promise_id == promise_standings.c.promise_id),
    isouter=True,
)
_OF_CUSTOMER = (
    select(
        promises,
        promise_standings.c.outcome,
        promise_standings.c.paid,
        promise_standings.c.judged_on,
        promise_standings.c.superseded_by,
    )
    .select_from(_JOINED)
    .where(promises.c.key == bindparam("of"))
    .where(
        tuple_(promises.c.made_on, promises.c.promise_id)
        > tuple_(bindparam("made_on", type_=Date()), bindparam("after_id", type_=Key))
    )
    .order_by(promises.c.made_on, promises.c.promise_id)
    .limit(bindparam("count"))
)
_TO_JUDGE = (
    select(promises.c.key, func.max(promises.c.due_on + promises.c.tolerance_days).label("last_on"))
    .select_from(_JOINED)
    .where(promises.c.key == func.any(bindparam("keys")))
    .where(promises.c.judged_from <= bindparam("now"), promise_standings.c.outcome.is_(None))
    .group_by(promises.c.key)
    .order_by(promises.c.key)
)


async def list_promises(connection: AsyncConnection, customer_id: str, after: Place, limit: int) -> Sequence[Row[Any]]:
    """The promises of one borrower behind the place *after* (exclusive), in the order they were made."""
    asked = {"of": customer_id, "made_on": after[0], "after_id": after[1], "count": limit}
    return (await connection.execute(_OF_CUSTOMER, asked)).all()


def place_of(row: Row[Any]) -> Place:
    """Where *row* stands in the list."""
    return row.made_on, row.promise_id


async def find_due(connection: AsyncConnection, keys: Sequence[str], now: datetime) -> dict[str, date]:
    """Those of *keys* that have a promise open whose last day is over at *now*, with the latest of those days."""
    found = await connection.execute(_TO_JUDGE, {"keys": list(keys), "now": now})
    return {row.key: row.last_on for row in found}


def promise_rows(said: Sequence[Said]) -> list[dict[str, Any]]:
    """The promises that *said* made."""
    return [
        _promise(one.key, decode(PromiseMade, one.data))
        for item in said
        for one in item.announcements
        if one.type == PromiseMade.__name__
    ]


def _promise(key: str, made: PromiseMade) -> dict[str, Any]:
    assert made.made_on is not None, "a promise of ours is dated"
    return {
        "key": key,
        "promise_id": made.promise_id,
        "loan_ids": encode(made.loan_ids),
        "amount": made.amount,
        "currency": made.currency,
        "made_on": made.made_on,
        "due_on": made.due_on,
        "tolerance_days": made.tolerance_days,
        "judged_from": made.judged_from,
        "via": made.via,
        "contact_id": made.contact_id,
    }


def standing_rows(said: Sequence[Said]) -> list[dict[str, Any]]:
    """How the promises that *said* moved stand: money on open ones first, then what was judged."""
    return [row for item in said for row in (*_money(item), *_outcomes(item))]


def _money(said: Said) -> Iterator[dict[str, Any]]:
    """Open promises on which the money has changed."""
    before = {promise.id: promise for promise in said.before.promises}
    for promise in said.state.promises:
        was = before.get(promise.id)
        if promise.outcome is None and was is not None and was.paid != promise.paid:
            yield _standing(said.heard.key, promise.id, None, money_paid(promise))


def _outcomes(said: Said) -> Iterator[dict[str, Any]]:
    before = {promise.id: promise for promise in said.before.promises}
    for one in said.announcements:
        read = OUTCOMES.get(one.type)
        if read is not None:
            row = read(one)
            was = before.get(row["promise_id"])
            yield {**row, "paid": money_paid(was)} if one.type == PromiseSuperseded.__name__ and was else row


def _standing(
    key: str,
    promise_id: str,
    outcome: str | None,
    paid: Decimal,
    judged_on: date | None = None,
    superseded_by: str | None = None,
) -> dict[str, Any]:
    return {
        "key": key,
        "promise_id": promise_id,
        "outcome": outcome,
        "paid": paid,
        "judged_on": judged_on,
        "superseded_by": superseded_by,
    }


def _kept(said: Announcement) -> dict[str, Any]:
    event = decode(PromiseKept, said.data)
    return _standing(said.key, event.promise_id, "kept", event.paid, event.judged_on)


def _partly_kept(said: Announcement) -> dict[str, Any]:
    event = decode(PromisePartlyKept, said.data)
    return _standing(said.key, event.promise_id, "partly_kept", event.paid, event.judged_on)


def _broken(said: Announcement) -> dict[str, Any]:
    event = decode(PromiseBroken, said.data)
    return _standing(said.key, event.promise_id, "broken", event.paid, event.judged_on)


def _rejudged(said: Announcement) -> dict[str, Any]:
    event = decode(PromiseRejudged, said.data)
    return _standing(said.key, event.promise_id, event.verdict, event.paid, event.judged_on)


def _superseded(said: Announcement) -> dict[str, Any]:
    event = decode(PromiseSuperseded, said.data)
    return _standing(said.key, event.promise_id, "superseded", Decimal(0), superseded_by=event.superseded_by)


OUTCOMES: Final[Mapping[str, Callable[[Announcement], dict[str, Any]]]] = MappingProxyType(
    {
        PromiseKept.__name__: _kept,
        PromisePartlyKept.__name__: _partly_kept,
        PromiseBroken.__name__: _broken,
        PromiseRejudged.__name__: _rejudged,
        PromiseSuperseded.__name__: _superseded,
    }
)
