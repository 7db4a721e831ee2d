"""What providers tell of attempts later: kept once under its id, and taken up when the attempt is ready for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import BigInteger, Text, bindparam, case, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from services.contact.tables import attempts, receipts
from shared.database import arrays, unnest
from shared.database.tables import Instant, Key

Signal: TypeAlias = Literal["accepted", "delivered", "undelivered", "expired"]
Outcome: TypeAlias = Literal["waiting", "applied", "repeated", "contradicted", "unknown-reference"]
TAKEN_UP_MAX: Final = 200
PAGE_MAX: Final = 1000
DAYS_KEPT: Final = 90
SWEEP_MAX: Final = 500

_KEEP = insert(receipts).values(
    provider=bindparam("of_provider"), webhook_id=bindparam("of_id"), body_hash=bindparam("of_body"),
    reference=bindparam("of_reference"), signal=bindparam("of_signal"), told_at=bindparam("of_told"),
    received_at=func.clock_timestamp(), outcome="waiting",
).on_conflict_do_nothing(index_elements=["provider", "webhook_id"])  # fmt: skip
_ONE = select(receipts).where(
    receipts.c.provider == bindparam("of_provider"), receipts.c.webhook_id == bindparam("of_id")
)
# One for each attempt at a time, the earliest first; its row is locked with it, so that nothing moves it meanwhile.
_PICK = text("""
    select receipts.id, receipts.signal, receipts.told_at, attempts.attempt_id, attempts.state, attempts.reported
    from receipts left join attempts
        on attempts.reference = receipts.reference and attempts.provider = receipts.provider
    where receipts.outcome = 'waiting' and not exists (
        select 1 from receipts earlier where earlier.outcome = 'waiting' and earlier.id < receipts.id
        and earlier.reference = receipts.reference and earlier.provider = receipts.provider)
    order by receipts.id limit :most for update of receipts skip locked
""")
_MOVING: Final[dict[str, TypeEngine[Any]]] = {"attempt_id": Key, "signal": Text(), "told_at": Instant, "state": Text()}
_TAKEN = unnest(_MOVING, "taken")
_MOVE = (
    attempts.update()
    .where(attempts.c.attempt_id == _TAKEN.c.attempt_id, attempts.c.state == _TAKEN.c.state, attempts.c.reported)
    .values(
        state=_TAKEN.c.signal, receipt_at=_TAKEN.c.told_at, reported=False,
        settled_by=case((attempts.c.state == "unknown", "receipt"), else_=attempts.c.settled_by),
    )
    .returning(attempts.c.attempt_id)
)  # fmt: skip
_CLOSED = unnest({"id": BigInteger(), "outcome": Text()}, "closed")
_CLOSE = receipts.update().where(receipts.c.id == _CLOSED.c.id).values(outcome=_CLOSED.c.outcome)
_LISTED = (
    select(receipts)
    .where(receipts.c.outcome == bindparam("in_outcome"), receipts.c.id > bindparam("after"))
    .order_by(receipts.c.id)
    .limit(bindparam("most"))
)
_SWEEP = text("""
    delete from receipts where id in (
        select id from receipts where received_at < clock_timestamp() - make_interval(days => :days)
        order by id limit :most)
""")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider told of what it knows under our reference."""

    reference: str
    signal: Signal
    told_at: datetime


def outcome_of(signal: str, state: str | None, *, reported: bool) -> Outcome:
    """What becomes of a receipt for an attempt in *state*; None: there is no such attempt.

    It waits until the story tells what came of the call itself. The first word on an attempt that is over counts.
    """
    if state is None:
        return "unknown-reference"
    if state in ("reserved", "sending") or (state in ("accepted", "unknown") and not reported):
        return "waiting"
    if state == "unknown" or (state == "accepted" and signal != "accepted"):
        return "applied"
    arrived = state in ("accepted", "delivered", "undelivered", "expired")
    return "repeated" if signal == state or (signal == "accepted" and arrived) else "contradicted"


async def keep_receipt(
    connection: AsyncConnection, provider: str, webhook_id: str, body_hash: bytes, receipt: Receipt
) -> bool:
    """Keep *receipt* under the provider's id of it; False when that id was used for another body."""
    name = {"of_provider": provider, "of_id": webhook_id}
    told = {"of_reference": receipt.reference, "of_signal": receipt.signal, "of_told": receipt.told_at}
    await connection.execute(_KEEP, {**name, "of_body": body_hash, **told})
    return bool((await connection.execute(_ONE, name)).one().body_hash == body_hash)


async def get_outcome(connection: AsyncConnection, provider: str, webhook_id: str) -> str:
    """What became of a receipt so far."""
    return str((await connection.execute(_ONE, {"of_provider": provider, "of_id": webhook_id})).one().outcome)


async def take_up(connection: AsyncConnection) -> None:
    """Move up to 200 attempts by what was told of them; what cannot be moved yet goes on waiting."""
    rows = (await connection.execute(_PICK, {"most": TAKEN_UP_MAX})).all()
    found = {row.id: outcome_of(row.signal, row.state, reported=bool(row.reported)) for row in rows}
    moved = await _move(connection, [row for row in rows if found[row.id] == "applied"])
    closed = {
        row.id: found[row.id]
        for row in rows
        if found[row.id] != "waiting" and (found[row.id] != "applied" or row.attempt_id in moved)
    }
    if closed:
        rows_closed = [{"id": id_, "outcome": outcome} for id_, outcome in closed.items()]
        await connection.execute(_CLOSE, arrays(("id", "outcome"), rows_closed))


async def _move(connection: AsyncConnection, rows: Sequence[Any]) -> set[str]:
    if not rows:
        return set()
    given = [{name: getattr(row, name) for name in _MOVING} for row in rows]
    return set((await connection.execute(_MOVE, arrays(_MOVING, given))).scalars())


async def list_receipts(connection: AsyncConnection, outcome: str, after: int, limit: int) -> list[Mapping[str, Any]]:
    """Receipts of one outcome behind an id (exclusive), in the order in which they came."""
    rows = await connection.execute(_LISTED, {"in_outcome": outcome, "after": after, "most": min(limit, PAGE_MAX)})
    names = ("id", "provider", "webhook_id", "reference", "signal", "told_at", "received_at", "outcome")
    return [{name: getattr(row, name) for name in names} for row in rows]


async def sweep_receipts(connection: AsyncConnection) -> None:
    """Forget up to 500 receipts that are older than 90 days of machine time."""
    await connection.execute(_SWEEP, {"days": DAYS_KEPT, "most": SWEEP_MAX})
