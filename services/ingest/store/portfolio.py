"""The portfolio on a day, as it was announced: loans and amounts per bucket, and where they were a month before."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Date, Row, Subquery, bindparam, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.tables import loans, standings

_NOW = (
    select(
        loans.c.bucket,
        loans.c.currency,
        func.count().label("loans"),
        func.sum(loans.c.delinquent_amount).label("amount"),
    )
    .where(~loans.c.closed)
    .group_by(loans.c.bucket, loans.c.currency)
    .order_by(loans.c.currency, loans.c.bucket)
)


def _on(parameter: str) -> Subquery:
    """The loans that were open on a day, each as last announced by then."""
    day = bindparam(parameter, type_=Date)
    last = (
        select(standings.c.bucket, standings.c.delinquent_amount)
        .where(standings.c.loan_id == loans.c.loan_id, standings.c.as_of <= day)
        .order_by(standings.c.as_of.desc())
        .limit(1)
        .lateral()
    )
    return (
        select(
            loans.c.loan_id,
            loans.c.currency,
            loans.c.bucket_set,
            last.c.bucket,
            func.coalesce(last.c.delinquent_amount, 0).label("amount"),
        )
        .select_from(loans.outerjoin(last, true()))
        .where(loans.c.opened_on <= day, or_(loans.c.closed_on.is_(None), loans.c.closed_on > day))
        .subquery()
    )


_THEN = _on("day")
_ON_DAY = (
    select(_THEN.c.bucket, _THEN.c.currency, func.count().label("loans"), func.sum(_THEN.c.amount).label("amount"))
    .group_by(_THEN.c.bucket, _THEN.c.currency)
    .order_by(_THEN.c.currency, _THEN.c.bucket)
)
_BEFORE = _on("before")
_MOVES = (
    select(
        _BEFORE.c.bucket_set,
        _BEFORE.c.bucket.label("bucket_from"),
        _THEN.c.bucket.label("bucket_to"),
        _THEN.c.loan_id.is_(None).label("closed"),
        func.count().label("loans"),
    )
    .select_from(_BEFORE.outerjoin(_THEN, _THEN.c.loan_id == _BEFORE.c.loan_id))
    .group_by(_BEFORE.c.bucket_set, _BEFORE.c.bucket, _THEN.c.bucket, _THEN.c.loan_id.is_(None))
)


async def list_aging(connection: AsyncConnection, day: date | None) -> Sequence[Row[Any]]:
    """Loans and amounts past due per bucket and currency on *day*, or (None) now; closed loans left out."""
    if day is None:
        return (await connection.execute(_NOW)).all()
    return (await connection.execute(_ON_DAY, {"day": day})).all()


async def list_moves(connection: AsyncConnection, before: date, day: date) -> Sequence[Row[Any]]:
    """How many of the loans open on *before* were in which bucket then, and on *day*; some were closed meanwhile."""
    return (await connection.execute(_MOVES, {"before": before, "day": day})).all()
