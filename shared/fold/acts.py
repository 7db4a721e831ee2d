"""What operators do about what was set aside: kept for ever, in the transaction of the act itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import bindparam, delete
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import wall
from shared.codec import encode
from shared.database import insert_rows
from shared.database.tables import dead_letters, operator_acts, parked
from shared.refusal import refuse

Deed: TypeAlias = Literal["released", "replaced", "discarded", "retried"]
Item: TypeAlias = Literal["parked", "dead-letter"]
Reason: TypeAlias = Literal[
    "bug-mended", "content-corrected", "duplicate", "not-ours", "other", "source-corrected", "test-data",
    "unreadable-for-good",
]  # fmt: skip

_SETTLE: Final = {
    "parked": delete(parked).where(parked.c.id == bindparam("of")).returning(parked.c.id),
    "dead-letter": delete(dead_letters).where(dead_letters.c.id == bindparam("of")).returning(dead_letters.c.id),
}


@dataclass(frozen=True, slots=True)
class Because:
    """Who acts, and why: a word of a closed list, and the ticket where the story is told; never free text."""

    operator: str
    reason: Reason
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One act on one item; *was* is what the lists showed of it."""

    deed: Deed
    item: Item
    item_id: int
    was: Any
    because: Because


async def settle(connection: AsyncConnection, act: Act, now: datetime) -> bool:
    """Forget the item and keep the act; False, and nothing done, when somebody else has settled it."""
    settled = (await connection.execute(_SETTLE[act.item], {"of": act.item_id})).one_or_none()
    if settled is not None:
        await insert_rows(connection, operator_acts, [_row(act, now)])
    return settled is not None


async def settle_all(connection: AsyncConnection, acts: Sequence[Act], now: datetime) -> None:
    """Settle the items of *acts*, one at most in practice. Raises: Refused when somebody else was quicker."""
    for act in acts:
        if not await settle(connection, act, now):
            raise refuse("not-found", "the item was settled meanwhile")


def _row(act: Act, now: datetime) -> dict[str, Any]:
    return {
        "at": now,
        "recorded_at": wall(),
        "operator": act.because.operator,
        "act": act.deed,
        "item": act.item,
        "item_id": act.item_id,
        "was": encode(act.was).decode(),
        "reason": act.because.reason,
        "reference": act.because.reference,
    }
