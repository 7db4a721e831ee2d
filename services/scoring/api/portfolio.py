"""Where the portfolio is read: how many borrowers stand how far behind, and how likely they are to default."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from fastapi import APIRouter, Depends
from sqlalchemy import Row

from services.scoring.schemas import PortfolioRisk, RiskBand, RiskStage, ShownAmount, example
from services.scoring.store.assessments import BANDS, count_risk, sum_expected_cash
from shared.auth import requires
from shared.fold import House

EDGES: Final = (Decimal(0), *map(Decimal, BANDS), Decimal(1))
EXAMPLE: Final = {
    "as_of": "2025-02-06",
    "stages": [{
        "instalments_unpaid": 1,
        "bands": [{
            "default_from": "0.05", "default_to": "0.20", "borrowers": 12, "loans": 14, "by_model": 0, "outdated": 0,
        }],
        "expected_cash": [{"amount": "3617.16", "currency": "CNY"}],
    }],
}  # fmt: skip


def portfolio_door(house: House[Any]) -> APIRouter:
    """`/v1/portfolio/risk`."""
    router = APIRouter(tags=["portfolio"], dependencies=[Depends(requires("risk:read"))])

    @router.get("/v1/portfolio/risk", responses=example(200, EXAMPLE))
    async def read_risk() -> PortfolioRisk:
        """Borrowers with an open loan by instalments unpaid and band of default probability, and the cash expected."""
        async with house.database.reading() as connection:
            today = (await house.clock.read(connection)).date()
            counts, sums = await count_risk(connection, today), await sum_expected_cash(connection)
        return PortfolioRisk(as_of=today, stages=_stages(counts, sums))

    return router


def _stages(counts: Iterable[Row[Any]], sums: Iterable[Row[Any]]) -> list[RiskStage]:
    cash = {behind: list(rows) for behind, rows in groupby(sums, attrgetter("behind"))}
    return [
        RiskStage(
            instalments_unpaid=behind,
            bands=[_band(row) for row in rows],
            expected_cash=[ShownAmount(amount=row.amount, currency=row.currency) for row in cash.get(behind, ())],
        )
        for behind, rows in groupby(counts, attrgetter("behind"))
    ]


def _band(row: Row[Any]) -> RiskBand:
    assessed = row.band is not None
    return RiskBand(
        default_from=EDGES[row.band] if assessed else None,
        default_to=EDGES[row.band + 1] if assessed else None,
        borrowers=row.borrowers,
        loans=row.loans,
        by_model=row.by_model,
        outdated=row.outdated,
    )
