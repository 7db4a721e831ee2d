"""Where a loan is read: as last announced, its history, and why what it owes is owed."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.ingest.api.views import AsOf, Viewer, as_json, unknown_loan
from services.ingest.domain.facts import Recorded
from services.ingest.domain.history import history
from services.ingest.domain.statement import statement
from services.ingest.schemas import LoanPath, LoanSummary
from services.ingest.store.facts import facts_of, find_loan
from shared.auth import requires


def loans_door(viewer: Viewer) -> APIRouter:
    """`/v1/loans/{loan_id}`, its history and its statement."""
    router = APIRouter(tags=["loans"], dependencies=[Depends(requires("loans:read"))])
    database = viewer.house.database

    @router.get("/v1/loans/{loan_id}")
    async def read_loan(loan_id: LoanPath) -> LoanSummary:
        """The loan as last announced."""
        async with database.reading() as connection:
            row = await find_loan(connection, loan_id)
        if row is None:
            raise unknown_loan()
        fields = {name: getattr(row, name) for name in LoanSummary.model_fields if name in row._fields}
        return LoanSummary(**{**fields, "customer_id": row.key, "delinquent_amount": str(row.delinquent_amount)})

    @router.get("/v1/loans/{loan_id}/history", response_model=dict[str, Any])
    async def read_history(loan_id: LoanPath) -> Response:
        """Effective-dated bucket history, with the instant at which each row was recorded."""
        async with database.reading() as connection:
            facts, view = await known_facts(connection, loan_id), await viewer.view(connection)
        return as_json({"items": history(facts, view.day, view.context)})

    @router.get("/v1/loans/{loan_id}/statement", response_model=dict[str, Any])
    async def read_statement(loan_id: LoanPath, as_of: AsOf = None) -> Response:
        """Why this is owed: every fact, line by line, with a running balance that ends at the amount owed."""
        async with database.reading() as connection:
            facts, view = await known_facts(connection, loan_id), await viewer.view(connection, as_of)
        return as_json({"as_of": view.day, "lines": statement(facts, view.day)})

    return router


async def known_facts(connection: AsyncConnection, loan_id: str) -> Sequence[Recorded]:
    """The facts of a loan. Raises: Refused when there are none."""
    facts = await facts_of(connection, loan_id)
    if not facts:
        raise unknown_loan()
    return facts
