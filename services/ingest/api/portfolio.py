"""Where the portfolio is read: how many loans, and how much, stand in which bucket."""

from typing import Any

from fastapi import APIRouter, Depends

from services.ingest.schemas import Aging
from services.ingest.store.days import business_date
from services.ingest.store.facts import list_aging
from shared.auth import requires
from shared.fold import House


def portfolio_door(house: House[Any]) -> APIRouter:
    """`/v1/portfolio`."""
    router = APIRouter(tags=["portfolio"], dependencies=[Depends(requires("loans:read"))])

    @router.get("/v1/portfolio/aging")
    async def read_aging() -> dict[str, Any]:
        """Loans and amounts per bucket and currency, as last announced."""
        async with house.database.reading() as connection:
            day, rows = await business_date(connection), await list_aging(connection)
        buckets = [
            Aging(bucket=row.bucket, currency=row.currency, loans=row.loans, delinquent_amount=str(row.amount))
            for row in rows
        ]
        return {"as_of": day, "buckets": buckets}

    return router
