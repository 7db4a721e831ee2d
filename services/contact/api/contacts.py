"""Where a borrower's contacts are read, and an unclear one is settled by a person."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from services.contact.api.holds import by_of
from services.contact.schemas import Answer, CustomerId, Page, Settlement
from services.contact.store.attempts import (
    attempts_of,
    find_attempt,
    list_in_state,
    mark_reported,
    settle,
    shown,
)
from services.contact.store.reports import heard_of
from services.contact.store.story import contacts_of
from shared.auth import Principal, requires
from shared.fold import Applied, House, Replayed, apply
from shared.problems import Door
from shared.refusal import refuse

State = Literal[
    "reserved", "sending", "accepted", "rejected", "unknown", "delivered", "undelivered", "expired", "cancelled",
    "written_off",
]  # fmt: skip
Caller = Annotated[Principal, Depends(requires("contacts:write"))]


def contacts_door(house: House[Any]) -> APIRouter:
    """`/v1/customers/{customer_id}/contacts` and `/v1/attempts`."""
    router = APIRouter(route_class=Door, tags=["contacts"])

    @router.get("/v1/customers/{customer_id}/contacts", dependencies=[Depends(requires("contacts:read"))])
    async def read_contacts(customer_id: CustomerId) -> Answer:
        """What is planned and what was tried, each contact with the decision that let it pass or stopped it."""
        async with house.database.reading() as connection:
            contacts = await contacts_of(connection, customer_id)
            attempts = [shown(row) for row in await attempts_of(connection, customer_id)]
        return {"contacts": contacts, "attempts": attempts}

    @router.get("/v1/attempts", dependencies=[Depends(requires("contacts:read"))])
    async def read_attempts(
        state: State, after: Annotated[str, Query(max_length=128)] = "", limit: Page = 100
    ) -> Answer:
        """Attempts in one state, in the order of their ids, behind one (exclusive)."""
        async with house.database.reading() as connection:
            return {"items": [shown(row) for row in await list_in_state(connection, state, after, limit)]}

    @router.post("/v1/attempts/{attempt_id}/settle")
    async def settle_attempt(attempt_id: str, settlement: Settlement, caller: Caller) -> Answer:
        """Say how an unclear attempt came out; it is not sent again, whatever is said."""
        async with house.database.begin() as connection:
            row = await settle(connection, attempt_id, settlement.outcome, by_of(caller))
            known = row or await find_attempt(connection, attempt_id)
        if known is None:
            raise refuse("not-found", "there is no such attempt")
        if row is None and (known.state, known.settled_by) != (settlement.outcome, by_of(caller)):
            raise refuse("conflict", "this attempt is not unclear")
        [outcome] = await apply(house, [heard_of(known)])
        if isinstance(outcome, Applied | Replayed):
            async with house.database.begin() as connection:
                await mark_reported(connection, [known])
        return dict(shown(known))

    return router
