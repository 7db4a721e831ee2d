"""The business date: which days are closed, and how many borrowers still have to age."""

from datetime import UTC, date, datetime, time

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.tables import business_dates
from shared.database.tables import subjects

_READ = select(business_dates.c.business_date)
_INSERT = insert(business_dates).values(business_date=bindparam("closed"))
_CLOSE = _INSERT.on_conflict_do_update(
    index_elements=["single"],
    set_={"business_date": func.greatest(business_dates.c.business_date, _INSERT.excluded.business_date)},
).returning(business_dates.c.business_date)
_REMAINING = select(func.count()).where(subjects.c.wake_at <= bindparam("horizon"))


async def business_date(connection: AsyncConnection) -> date | None:
    """The business date; None until the first day was posted."""
    return (await connection.execute(_READ)).scalar_one_or_none()


async def close_days(connection: AsyncConnection, until: date) -> date:
    """Close the days up to *until* and answer the business date now in force: it only moves forward."""
    closed: date = (await connection.execute(_CLOSE, {"closed": until})).scalar_one()
    return closed


async def horizon(connection: AsyncConnection, _now: datetime) -> datetime | None:
    """Wakes are due up to the business date, which the core writes as 00:00 UTC; none before the first day."""
    day = await business_date(connection)
    return None if day is None else datetime.combine(day, time(), UTC)


async def remaining(connection: AsyncConnection) -> int:
    """How many borrowers still have to age to the business date."""
    until = await horizon(connection, datetime.min.replace(tzinfo=UTC))
    if until is None:
        return 0
    count: int = (await connection.execute(_REMAINING, {"horizon": until})).scalar_one()
    return count
