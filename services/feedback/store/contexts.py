"""What decisions may know: the instant, and, where ingest was asked, how far the bank's day and our ears have come."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Integer, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.feedback.domain.context import Context, Heads
from shared.database.tables import subjects
from shared.fold import Heard
from shared.heads import Heads as Answer

# PostgreSQL counts array elements from one; ingest is the first source.
_FIRST = bindparam("index", 1, type_=Integer())
_HEARD = select(
    subjects.c.key, func.coalesce(subjects.c.heard[_FIRST], 0).label("number"), subjects.c.heard_ids[_FIRST].label("id")
).where(subjects.c.key == func.any(bindparam("keys")))


async def gather(
    connection: AsyncConnection, work: Sequence[Heard], prepared: Answer | None, now: datetime
) -> Mapping[str, Context]:
    """A context for each subject of *work*; *prepared* is ingest's answer, None if it gave none."""
    keys = {item.key for item in work}
    heads = await _heads(connection, prepared, keys) if prepared is not None else {}
    return {key: Context(now, heads=heads.get(key)) for key in keys}


async def _heads(connection: AsyncConnection, answer: Answer, keys: set[str]) -> dict[str, Heads]:
    """For each of *keys* that ingest was asked about: its business date, and whether we have heard it out.

    The rows are locked by now, and the answer is older than the lock: where we heard more since, we ask again.
    """
    asked = sorted(keys & answer.numbers.keys())
    rows = await connection.execute(_HEARD, {"keys": asked}) if asked else ()
    last = {row.key: (row.number, row.id) for row in rows}
    return {key: Heads(answer.business_date, answer.are_heard(key, *last.get(key, (0, None)))) for key in asked}
