"""Where a person stops contact, and lets it go on."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.contact.domain.commands import EndHold, PlaceHold
from services.contact.schemas import Answer, CustomerId, HoldRequest, Page
from services.contact.store.story import find_hold, list_holds
from shared.announcements import Announcement
from shared.auth import Principal, requires
from shared.codec import encode
from shared.events import Command
from shared.fold import Answer as Kept
from shared.fold import Applied, Heard, House, apply
from shared.fold import Request as Via
from shared.ids import new_id
from shared.problems import Door, stated_at
from shared.refusal import refuse
from shared.service import answer_of, kept
from shared.service.answers import IdempotencyKey
from shared.telemetry import trace_of

Caller = Annotated[Principal, Depends(requires("holds:write"))]


def holds_door(house: House[Any]) -> APIRouter:
    """`/v1/holds`."""
    router = APIRouter(route_class=Door, tags=["holds"], prefix="/v1/holds")

    @router.post("", status_code=201)
    async def place_hold(asked: HoldRequest, request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Stop contact with a borrower, at once; whatever is planned or reserved is cancelled."""
        hold_id = str(new_id())
        with stated_at():
            command = PlaceHold(
                hold_id, asked.kind, asked.scope, by_of(caller), asked.until, asked.stop_debits, asked.stop_interest
            )
        body = encode({"hold_id": hold_id, "customer_id": asked.customer_id})

        def answer(_said: Sequence[Announcement]) -> Kept:
            return Kept(201, body)

        via = kept(request, caller.name, key, await request.body(), answer)
        [outcome] = await apply(house, [Heard(asked.customer_id, command, via)])
        if isinstance(outcome, Applied):
            return Response(body, 201, media_type="application/json")
        return answer_of(outcome)

    @router.get("", dependencies=[Depends(requires("contacts:read"))])
    async def read_holds(
        customer_id: CustomerId | None = None, after: Annotated[str, Query(max_length=128)] = "", limit: Page = 100
    ) -> Answer:
        """Holds that run: of one borrower, or of all behind a borrower (exclusive)."""
        async with house.database.reading() as connection:
            return {"items": await list_holds(connection, customer_id, after, limit)}

    @router.delete("/{hold_id}")
    async def end_hold(hold_id: str, request: Request, caller: Caller) -> Answer:
        """Let contact go on, as far as this hold goes."""
        async with house.database.reading() as connection:
            customer_id = await find_hold(connection, hold_id)
        if customer_id is None:
            raise refuse("not-found", "no such hold runs")
        via = Via(caller.name, trace_of(request.headers.get("traceparent")))
        command: Command = EndHold(hold_id, by_of(caller))
        [outcome] = await apply(house, [Heard(customer_id, command, via)])
        if not isinstance(outcome, Applied):
            answer_of(outcome)
        return {"hold_id": hold_id, "customer_id": customer_id}

    return router


def by_of(caller: Principal) -> str:
    """The caller as a code that may travel: characters a code cannot have become hyphens."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._:+/-") else "-" for c in caller.name)
    return f"person:{plain}"[:64]
