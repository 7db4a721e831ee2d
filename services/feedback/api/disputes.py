"""Disputes: raised by the borrower, answered by a person."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.feedback.api.entering import Entrance
from services.feedback.api.forms import Form
from services.feedback.domain.commands import RaiseDispute, ResolveDispute
from services.feedback.schemas import Entered
from shared.auth import Principal, requires
from shared.service.answers import IdempotencyKey

Caller = Annotated[Principal, Depends(requires("disputes:write"))]

DISPUTE = Form(
    RaiseDispute,
    "dispute_id",
    {
        "customer_id": "C1001", "dispute_id": "D1", "loan_ids": ["L1001"], "kind": "amount", "in_writing": True,
        "via": "message", "text": "The fee of May was never agreed.",
    },
)  # fmt: skip
ANSWER = Form(
    ResolveDispute,
    "dispute_id",
    {"customer_id": "C1001", "outcome": "upheld", "text": "The fee was charged in error and is taken back."},
    in_path=True,
)


def disputes_door(entrance: Entrance) -> APIRouter:
    """`/v1/disputes`."""
    router = APIRouter(tags=["disputes"])

    @router.post("/v1/disputes", response_model=Entered, **DISPUTE.route())
    async def raise_dispute(request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Dispute loans, or part of what is owed on them; promises about them are let go."""
        return await entrance.take(DISPUTE, request, caller, key)

    @router.post("/v1/disputes/{dispute_id}/decision", response_model=Entered, **ANSWER.route())
    async def decide_dispute(dispute_id: str, request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Answer a dispute."""
        return await entrance.take(ANSWER, request, caller, key, dispute_id)

    return router
