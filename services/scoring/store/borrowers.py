"""A borrower's record as it stands, and in which order its sources were heard."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scoring.domain.history import Borrower
from shared.codec import decode
from shared.database.tables import journal, subjects

HEARD_MAX: Final = 20_000

_RECORDS = select(subjects.c.key, subjects.c.heard, subjects.c.body).where(
    subjects.c.key == func.any(bindparam("keys"))
)
_HEARD = (
    select(journal.c.source, journal.c.number, journal.c.event_id, journal.c.body)
    .where(journal.c.key == bindparam("of"), journal.c.source.is_not(None))
    .order_by(journal.c.position)
    .limit(HEARD_MAX + 1)
)


async def records_of(connection: AsyncConnection, keys: Collection[str]) -> Sequence[Any]:
    """The rows of *keys*: what was heard of each source, and the record."""
    return (await connection.execute(_RECORDS, {"keys": sorted(keys)})).all()


async def find_borrower(connection: AsyncConnection, key: str) -> Borrower | None:
    """The record of one borrower; None of whom nothing was heard."""
    found = await records_of(connection, [key])
    return borrower_in(found[0]) if found and found[0].body else None


def borrower_in(row: Any) -> Borrower:
    """The record in a row; blank where nothing was heard yet."""
    return decode(Borrower, row.body) if row.body else Borrower()


async def list_heard(connection: AsyncConnection, key: str) -> Sequence[Any]:
    """What was heard of one borrower, in the order of hearing: source, number, id; one more than 20,000 at most.

    `body` is what an operator applied in place of a parked item, with its type.
    """
    return (await connection.execute(_HEARD, {"of": key})).all()
