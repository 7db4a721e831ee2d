"""What a batch leaves besides its rows: names that voids set free, and early facts that were refused in the end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, Row, bindparam, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.admission import is_early, loan_id_of
from services.ingest.domain.facts import FACTS, Posted, loan_of, voided_by
from services.ingest.store.facts import PAGE_MAX
from services.ingest.tables import facts, loans, refusals, standings
from shared.clock import Clock
from shared.codec import decode, encode
from shared.database import arrays, insert_rows, unnest
from shared.database.tables import Key
from shared.events import FactVoided, LoanOpened
from shared.fold import Failed, Outcome, Released, Said
from shared.refusal import Refusal

Settlement: TypeAlias = Literal["discarded", "retried"]

FAULT: Final = Refusal("fault-of-ours", "not taken, for a fault of ours, which is logged; it can be tried again")

_GIVEN = unnest({"source": Key, "id": Key}, "given")
_THESE: ColumnElement[bool] = tuple_(facts.c.source, facts.c.id).in_(select(_GIVEN.c.source, _GIVEN.c.id))
_FREE_NAMES = (
    update(facts).where(or_(_THESE, facts.c.about == func.any(bindparam("voided")))).values(name=None, known_as=None)
)
_FORGET_LOANS = delete(loans).where(loans.c.loan_id == func.any(bindparam("gone")))
_FORGET_STANDINGS = delete(standings).where(standings.c.loan_id == func.any(bindparam("gone")))
_LET_GO = delete(facts).where(_THESE, facts.c.awaiting.is_not(None))
_COME_SINCE = exists().where(facts.c.source == refusals.c.source, facts.c.id == refusals.c.id)
_OPEN = (
    select(refusals)
    .where(refusals.c.settled_at.is_(None), refusals.c.number > bindparam("after"), ~_COME_SINCE)
    .order_by(refusals.c.number)
    .limit(bindparam("count"))
)
_FIND = select(refusals).where(refusals.c.number == bindparam("of"), refusals.c.settled_at.is_(None))
_SETTLE = (
    update(refusals)
    .where(refusals.c.number == bindparam("of"), refusals.c.settled_at.is_(None))
    .values(settled_at=bindparam("at"), settled_by=bindparam("by"), settled_as=bindparam("how"))
    .returning(refusals.c.number)
)


async def record(
    connection: AsyncConnection, said: Sequence[Said], released: Sequence[Released], *, clock: Clock
) -> None:
    """Free the names of what *said* voids, and list what of *released* was refused; both are rare."""
    voids = [one.heard.fact for one in said if isinstance(one.heard.fact, Posted) and voided_by(one.heard.fact)]
    if voids:
        await _free_names(connection, voids)
    refused = [(item.fact, refusal) for item, outcome in released if (refusal := _refusal_in(outcome)) is not None]
    if refused:
        now = await clock.read(connection)
        rows = [_row(fact, refusal, now) for fact, refusal in refused if isinstance(fact, Posted)]
        await connection.execute(_LET_GO, arrays(("source", "id"), rows))
        await insert_rows(connection, refusals, rows)


async def _free_names(connection: AsyncConnection, voids: Sequence[Posted]) -> None:
    """What is voided, and the reversal of a voided payment, keep their rows and lose their names."""
    given = [{"source": one.fact.source, "id": one.fact.id} for one in voids if isinstance(one.fact, FactVoided)]
    voided = [voided_by(one) for one in voids]
    await connection.execute(_FREE_NAMES, {**arrays(("source", "id"), given), "voided": voided})
    gone = [loan_id_of(one) for one in voids if isinstance(one.about, LoanOpened) and not one.about_gone]
    if gone:
        await connection.execute(_FORGET_LOANS, {"gone": gone})
        await connection.execute(_FORGET_STANDINGS, {"gone": gone})


def _refusal_in(outcome: Outcome) -> Refusal | None:
    """Why an early fact cannot be taken after all; None while it is taken, or may still be."""
    if isinstance(outcome, Failed):
        return FAULT
    return outcome if isinstance(outcome, Refusal) and not is_early(outcome) else None


def _row(posted: Posted, refusal: Refusal, now: datetime) -> dict[str, Any]:
    return {
        "source": posted.source,
        "id": posted.id,
        "loan_id": loan_of(posted.fact),
        "type": posted.type,
        "time": posted.time,
        "recorded_on": posted.recorded_on,
        "data": encode(posted.fact),
        "code": refusal.code,
        "detail": refusal.detail,
        "pointer": refusal.pointers[0] if refusal.pointers else None,
        "refused_at": now,
    }


async def list_refusals(connection: AsyncConnection, after: int, limit: int) -> Sequence[Row[Any]]:
    """Refusals nobody has settled, behind number *after* (exclusive), oldest first.

    A fact that was posted again, and taken or held, is settled by that.
    """
    return (await connection.execute(_OPEN, {"after": after, "count": min(limit, PAGE_MAX)})).all()


async def find_refused(connection: AsyncConnection, number: int) -> Posted | None:
    """The fact of an open refusal."""
    row = (await connection.execute(_FIND, {"of": number})).one_or_none()
    if row is None:
        return None
    return Posted(row.source, row.id, row.time, row.recorded_on, row.type, decode(FACTS[row.type], row.data))


async def settle(connection: AsyncConnection, number: int, operator: str, how: Settlement, now: datetime) -> bool:
    """Note who settled a refusal, and how; whether there was one to settle."""
    act: Mapping[str, Any] = {"of": number, "at": now, "by": operator, "how": how}
    return (await connection.execute(_SETTLE, act)).one_or_none() is not None
