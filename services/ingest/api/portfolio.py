"""Where the portfolio is read: how many loans, and how much, stand in which bucket, and how that moved in a month."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from services.ingest.api.views import View, Viewer, as_json
from services.ingest.domain.buckets import BucketSet
from services.ingest.domain.dates import FIRST_DAY
from services.ingest.domain.rolling import Move, month_before, rates
from services.ingest.store.days import business_date
from services.ingest.store.portfolio import list_aging, list_moves
from shared.auth import requires
from shared.refusal import refuse

ClosedDay = Annotated[date | None, Query(description="a day that is closed; default: the business date")]


def portfolio_door(viewer: Viewer) -> APIRouter:
    """`/v1/portfolio`."""
    router = APIRouter(tags=["portfolio"], dependencies=[Depends(requires("loans:read"))])

    @router.get("/v1/portfolio/aging", response_model=dict[str, Any])
    async def read_aging(as_of: ClosedDay = None) -> Response:
        """Loans and amounts per bucket and currency as announced, and how each bucket moved since a month before.

        Late news moves the days on which it was announced, not those before.
        """
        async with viewer.house.database.reading() as connection:
            closed = await business_date(connection)
            day = _day(as_of, closed)
            rows = await list_aging(connection, as_of)
            before = month_before(day) if day else None
            moved = await list_moves(connection, before, day) if before and day else []
            view = await viewer.view(connection)
        moves = [Move(one.bucket_set, one.bucket_from, one.bucket_to, one.closed, one.loans) for one in moved]
        return as_json(
            {
                "as_of": day,
                "buckets": [
                    {
                        "bucket": row.bucket,
                        "currency": row.currency,
                        "loans": row.loans,
                        "delinquent_amount": row.amount,
                    }
                    for row in rows
                ],
                "compared_with": before,
                "rates": rates(moves, _sets(view, before), _sets(view, day)),
            }
        )

    return router


def _day(as_of: date | None, closed: date | None) -> date | None:
    """The day asked for. Raises: Refused when nothing was announced for it."""
    if as_of is None:
        return closed
    if as_of < FIRST_DAY or closed is None or as_of > closed:
        raise refuse("day-not-closed", "the portfolio is known for closed days", "/query/as_of")
    return as_of


def _sets(view: View, day: date | None) -> dict[str, BucketSet]:
    """The bucket sets in force on *day*."""
    found = {name: view.context.buckets_of(name, day) for name in view.context.bucket_sets} if day else {}
    return {name: one for name, one in found.items() if one is not None}
