"""A small HTTP door of the toy speaker, as a house would write it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel

from shared.auth import Principal, requires
from shared.fold import Answer, Applied, Heard, House, apply
from shared.money import Money
from shared.problems import Door
from shared.service import answer_of, kept
from shared.service.answers import IdempotencyKey, as_json
from tests.shared.toy import Pay, Purse


class Asked(BaseModel):
    key: str
    amount: Money


def counter(house: House[Purse]) -> APIRouter:
    """A payment is told; a repeat of the request is answered as the first time."""
    router = APIRouter(route_class=Door)

    def answer(said) -> Answer:
        return as_json(201, {"number": said[-1].number})

    @router.post("/v1/payments")
    async def tell_payment(
        asked: Asked,
        request: Request,
        caller: Annotated[Principal, Depends(requires("payments:write"))],
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        via = kept(request, caller.name, idempotency_key, await request.body(), answer)
        outcome = (await apply(house, [Heard(asked.key, Pay("P", asked.amount), via)]))[0]
        if isinstance(outcome, Applied):
            fresh = answer(outcome.announcements)
            return Response(fresh.body, fresh.status, media_type="application/json")
        return answer_of(outcome)

    return router
