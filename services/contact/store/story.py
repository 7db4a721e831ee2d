"""What is told of a borrower's contacts and holds, read from what was announced."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.tables import hold_endings, holds
from shared.codec import decode, parse
from shared.database.tables import announcements
from shared.events import HoldEnded, HoldPlaced
from shared.fold import Said

STATUSES: Final = {
    "ContactPlanned": "planned", "ContactReserved": "reserved", "ContactDeferred": "deferred",
    "ContactWithheld": "withheld", "ContactCancelled": "cancelled", "ContactSent": "sent",
    "ContactDelivered": "delivered", "ContactFailed": "failed", "ContactUncertain": "uncertain",
}  # fmt: skip
SHOWN: Final = ("step", "channel", "purpose", "treatment", "template", "loan_ids", "not_before", "expires_at", "reason",
                "decision", "attempt_id")  # fmt: skip
EVENTS_MAX: Final = 2000
PAGE_MAX: Final = 1000

_CONTACTS = (
    select(announcements.c.type, announcements.c.at, announcements.c.data)
    .where(announcements.c.key == bindparam("of"), announcements.c.type.in_(list(STATUSES)))
    .order_by(announcements.c.number.desc())
    .limit(EVENTS_MAX)
)
_ENDED = (
    select(hold_endings.c.hold_id)
    .where(hold_endings.c.key == holds.c.key, hold_endings.c.hold_id == holds.c.hold_id)
    .exists()
)
_RUNNING = select(holds).where(~_ENDED).order_by(holds.c.key, holds.c.hold_id).limit(bindparam("most"))
_RUNNING_OF = _RUNNING.where(holds.c.key == bindparam("of"))
_RUNNING_AFTER = _RUNNING.where(holds.c.key > bindparam("after"))
_HOLD = select(holds.c.key, _ENDED.label("ended")).where(holds.c.hold_id == bindparam("hold"))


async def contacts_of(connection: AsyncConnection, key: str) -> list[dict[str, Any]]:
    """The borrower's contacts as they stand, those that moved last first; from the latest 2,000 announcements."""
    found: dict[str, dict[str, Any]] = {}
    for row in reversed((await connection.execute(_CONTACTS, {"of": key})).all()):
        data = parse(row.data)
        contact = found.pop(data["contact_id"], {"contact_id": data["contact_id"]})
        told = {name: data[name] for name in SHOWN if data.get(name) is not None}
        found[data["contact_id"]] = {**contact, **told, "status": STATUSES[row.type], "at": row.at}
    return list(reversed(found.values()))


async def list_holds(connection: AsyncConnection, key: str | None, after: str, limit: int) -> list[dict[str, Any]]:
    """Holds that were not ended: one borrower's, or everybody's behind a borrower (exclusive)."""
    statement = _RUNNING_AFTER if key is None else _RUNNING_OF
    asked: dict[str, Any] = {"most": min(limit, PAGE_MAX), **({"after": after} if key is None else {"of": key})}
    rows = (await connection.execute(statement, asked)).all()
    return [{"customer_id": row.key, **parse(row.body), "placed_at": row.placed_at} for row in rows]


async def find_hold(connection: AsyncConnection, hold_id: str) -> str | None:
    """Whose hold it is; None when there is none that runs."""
    rows = (await connection.execute(_HOLD, {"hold": hold_id})).all()
    return next((str(row.key) for row in rows if not row.ended), None)


def hold_rows(said: Sequence[Said]) -> list[Mapping[str, Any]]:
    """The holds that were placed."""
    return [
        {
            "key": one.heard.key,
            "hold_id": decode(HoldPlaced, made.data).hold_id,
            "body": made.data,
            "placed_at": made.at,
        }
        for one in said
        for made in one.announcements
        if made.type == "HoldPlaced"
    ]


def hold_ending_rows(said: Sequence[Said]) -> list[Mapping[str, Any]]:
    """The holds that were ended, and why."""
    ended = [(one.heard.key, made) for one in said for made in one.announcements if made.type == "HoldEnded"]
    rows: list[Mapping[str, Any]] = []
    for key, made in ended:
        event = decode(HoldEnded, made.data)
        rows.append({"key": key, "hold_id": event.hold_id, "reason": event.reason, "at": made.at})
    return rows
