"""Where positions are read: a loan on any day, as known at any instant, and why it is so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.ingest.domain.context import Context
from services.ingest.domain.facts import Recorded
from services.ingest.domain.history import history
from services.ingest.domain.position import Position, answer, position
from services.ingest.domain.statement import statement
from services.ingest.schemas import Aging, HeldFact, LoanPath, LoanSummary, Page
from services.ingest.store.addressing import held_reason
from services.ingest.store.days import business_date
from services.ingest.store.facts import facts_of, find_loan, list_aging, list_held
from shared.auth import requires
from shared.codec import encode
from shared.fold import House
from shared.refusal import Refused, refuse

AsOf = Annotated[date | None, Query(description="the day the position is for, in the business calendar")]
KnownAt = Annotated[AwareDatetime | None, Query(description="use only what had reached us by then")]
EPOCH, FAR = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
After = Annotated[AwareDatetime, Query(ge=EPOCH, le=FAR, description="recorded after it (exclusive)")]


@dataclass(frozen=True, slots=True)
class Asked:
    """The facts of a loan, the day asked for, now, and whether any day was closed yet."""

    facts: Sequence[Recorded]
    day: date
    now: datetime
    is_open: bool


def loans_door(house: House[Any], context: Context, zone: ZoneInfo) -> APIRouter:
    """`/v1/loans/{loan_id}` and what is asked of it."""
    router = APIRouter(tags=["loans"], dependencies=[Depends(requires("loans:read"))])

    @router.get("/v1/loans/{loan_id}")
    async def read_loan(loan_id: LoanPath) -> LoanSummary:
        """The loan as last announced."""
        async with house.database.reading() as connection:
            row = await find_loan(connection, loan_id)
        if row is None:
            raise _unknown()
        fields = {name: getattr(row, name) for name in LoanSummary.model_fields if name in row._fields}
        return LoanSummary(**{**fields, "customer_id": row.key, "delinquent_amount": str(row.delinquent_amount)})

    @router.get("/v1/loans/{loan_id}/position", response_model=dict[str, Any])
    async def read_position(loan_id: LoanPath, as_of: AsOf = None, known_at: KnownAt = None) -> Response:
        """What is owed, how late, in which bucket: on a day, as known at an instant."""
        async with house.database.reading() as connection:
            asked = await _asked(house, connection, zone, loan_id, as_of)
        found = position(asked.facts, asked.day, replace(context, now=asked.now), known_at=known_at)
        if found is None:
            raise _unknown()
        return _json(answer(found if asked.is_open or as_of else before_the_first_day(found)))

    @router.get("/v1/loans/{loan_id}/history", response_model=dict[str, Any])
    async def read_history(loan_id: LoanPath) -> Response:
        """Effective-dated bucket history, with the instant at which each row was recorded."""
        async with house.database.reading() as connection:
            asked = await _asked(house, connection, zone, loan_id, None)
        return _json({"items": history(asked.facts, asked.day, replace(context, now=asked.now))})

    @router.get("/v1/loans/{loan_id}/statement", response_model=dict[str, Any])
    async def read_statement(loan_id: LoanPath, as_of: AsOf = None) -> Response:
        """Why this is owed: every fact, line by line, with a running balance that ends at the amount owed."""
        async with house.database.reading() as connection:
            asked = await _asked(house, connection, zone, loan_id, as_of)
        return _json({"as_of": asked.day, "lines": statement(asked.facts, asked.day)})

    return router


def portfolio_door(house: House[Any]) -> APIRouter:
    """`/v1/held`, `/v1/portfolio`."""
    router = APIRouter(tags=["portfolio"], dependencies=[Depends(requires("loans:read"))])

    @router.get("/v1/held")
    async def read_held(after: After = EPOCH, limit: Page = 100) -> dict[str, list[HeldFact]]:
        """Facts that are true but early: what each waits for."""
        async with house.database.reading() as connection:
            rows = await list_held(connection, after, limit)
        return {"items": [_held(row) for row in rows]}

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


async def _asked(
    house: House[Any], connection: AsyncConnection, zone: ZoneInfo, loan_id: str, as_of: date | None
) -> Asked:
    """What the answer about a loan is made of. Raises: Refused."""
    facts = await facts_of(connection, loan_id)
    if not facts:
        raise _unknown()
    now = await house.clock.read(connection)
    day = await business_date(connection)
    return Asked(facts, as_of or day or now.astimezone(zone).date(), now, day is not None)


def before_the_first_day(found: Position) -> Position:
    """*found* as it counts until the first business date: nothing is past due yet."""
    return replace(
        found,
        past_due_days=0,
        paused_days=0,
        delinquent_days=0,
        delinquent_amount=Decimal(0),
        overdue_since=None,
        delinquent_start_on=None,
        bucket=None,
        instalment_buckets=(),
    )


def _held(row: Any) -> HeldFact:
    return HeldFact(
        source=row.source,
        id=row.id,
        type=row.type,
        loan_id=row.loan_id,
        reason=held_reason(row),
        recorded_at=row.recorded_at,
    )


def _json(body: Any) -> Response:
    return Response(encode(body), media_type="application/json")


def _unknown() -> Refused:
    return refuse("not-found", "no such loan is known")
