"""Promises to pay: made here, judged by payments alone."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.feedback.api.entering import Entrance
from services.feedback.api.forms import Form
from services.feedback.api.paging import After, cursor_of, place_behind
from services.feedback.domain.commands import MakePromise
from services.feedback.schemas import Entered, Page, Promises, PromiseView
from services.feedback.store.promises import FIRST, Place, list_promises, place_of
from shared.auth import Principal, requires
from shared.codec import decode
from shared.events import Identifier
from shared.service.answers import IdempotencyKey

Caller = Annotated[Principal, Depends(requires("promises:write"))]

PROMISE = Form(
    MakePromise,
    "promise_id",
    {
        "customer_id": "C1001", "promise_id": "P1", "loan_ids": ["L1001"], "amount": "250.00", "currency": "CNY",
        "due_on": "2026-11-30", "tolerance_days": 2, "via": "app",
    },
)  # fmt: skip


def promises_door(entrance: Entrance) -> APIRouter:
    """`/v1/promises`, and a borrower's promises."""
    router = APIRouter(tags=["promises"])

    @router.post("/v1/promises", response_model=Entered, **PROMISE.route())
    async def make_promise(request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Promise to pay an amount over some loans by a day; it replaces an unfulfilled promise on the same loans."""
        return await entrance.take(PROMISE, request, caller, key)

    @router.get("/v1/customers/{customer_id}/promises", dependencies=[Depends(requires("feedback:read"))])
    async def read_promises(customer_id: Identifier, after: After = None, limit: Page = 100) -> Promises:
        """A borrower's promises in the order they were made, and what became of each."""
        place = place_behind(Place, after, FIRST)
        async with entrance.house.database.reading() as connection:
            rows = await list_promises(connection, customer_id, place, limit)
        following = cursor_of(place_of(rows[-1])) if len(rows) == limit else None
        return Promises(items=[_view(row) for row in rows], next=following)

    return router


def _view(row: Any) -> PromiseView:
    names = ("promise_id", "currency", "made_on", "due_on", "tolerance_days", "via", "contact_id", "outcome")
    plain = {name: getattr(row, name) for name in (*names, "judged_on", "superseded_by")}
    loan_ids = decode(list[str], row.loan_ids)
    return PromiseView(
        **plain, loan_ids=loan_ids, amount=format(row.amount, "f"), paid=format(row.paid or Decimal(0), "f")
    )
