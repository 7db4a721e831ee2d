"""Where a person lets a step go ahead that no machine may decide alone."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request

from services.contact.api.examples import answers, problem_of
from services.contact.api.holds import by_of
from services.contact.domain.commands import ApproveContact
from services.contact.schemas import Approval, ContactId
from services.contact.store.approvals import find_waiting, get_approval
from shared.auth import Principal, requires
from shared.fold import Answer as Kept
from shared.fold import Applied, Heard, House, Replayed, apply
from shared.refusal import refuse
from shared.service import answer_of, kept
from shared.service.answers import IdempotencyKey

Caller = Annotated[Principal, Depends(requires("contacts:approve"))]
NONE_HERE: Final = "no such contact was withheld for approval"
APPROVED: Final = {
    "contact_id": "7d2f6c1e-0a4b-5c1d-9e8f-112233445566", "customer_id": "C1001", "step": "formal-notice",
    "approved_by": "person:lead", "approved_at": "2026-06-05T02:00:00Z",
}  # fmt: skip


def approvals_door(house: House[Any]) -> APIRouter:
    """`/v1/contacts/{contact_id}/approval`."""
    router = APIRouter(tags=["contacts"])

    @router.post(
        "/v1/contacts/{contact_id}/approval",
        responses=answers(
            APPROVED,
            problem_of(404, "not-found", NONE_HERE),
            problem_of(409, "not-for-approval", "This contact does not wait for approval (any more)."),
        ),
    )
    async def approve_contact(
        contact_id: ContactId, request: Request, caller: Caller, key: IdempotencyKey = None
    ) -> Approval:
        """Let a withheld step go ahead; the gate judges it all the same. Who approved first is who approved it."""
        async with house.database.reading() as connection:
            customer_id = await find_waiting(connection, contact_id)
        if customer_id is None:
            raise refuse("not-found", NONE_HERE)
        via = kept(request, caller.name, key, await request.body(), lambda _said: Kept(200, b""))
        [outcome] = await apply(house, [Heard(customer_id, ApproveContact(contact_id, by_of(caller)), via)])
        if not isinstance(outcome, Applied | Replayed):
            answer_of(outcome)
        async with house.database.reading() as connection:
            return Approval(**await get_approval(connection, contact_id))

    return router
