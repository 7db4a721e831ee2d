"""What the borrower wishes: stops, preferences, consents and their withdrawal."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.feedback.api.entering import Entrance
from services.feedback.api.forms import Form
from services.feedback.domain.commands import GiveConsent, StatePreference, StopContact, WithdrawConsent
from services.feedback.schemas import Entered
from shared.auth import Principal, requires
from shared.service.answers import IdempotencyKey

Caller = Annotated[Principal, Depends(requires("feedback:write"))]

STOP = Form(
    StopContact,
    "stop_id",
    {"customer_id": "C1001", "stop_id": "S1", "scope": {"kind": "channel", "channel": "sms"}, "via": "message"},
)
PREFERENCE = Form(
    StatePreference,
    "preference_id",
    {
        "customer_id": "C1001", "preference_id": "W1", "kind": "preferred_window", "from_time": "18:00:00",
        "until_time": "20:00:00", "via": "app",
    },
)  # fmt: skip
CONSENT = Form(
    GiveConsent,
    "consent_id",
    {"customer_id": "C1001", "consent_id": "A1", "matter": "reminders", "scope": {"kind": "everything"}},
)
WITHDRAWAL = Form(WithdrawConsent, "consent_id", {"customer_id": "C1001"}, in_path=True)


def wishes_door(entrance: Entrance) -> APIRouter:
    """`/v1/stops`, `/v1/preferences`, `/v1/consents`."""
    router = APIRouter(tags=["wishes"])

    @router.post("/v1/stops", response_model=Entered, **STOP.route())
    async def stop_contact(request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Ask for no contact, altogether or within a scope; it holds from the moment it is received."""
        return await entrance.take(STOP, request, caller, key)

    @router.post("/v1/preferences", response_model=Entered, **PREFERENCE.route())
    async def state_preference(request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Say when, where and how to be contacted; times are the borrower's own."""
        return await entrance.take(PREFERENCE, request, caller, key)

    @router.post("/v1/consents", response_model=Entered, **CONSENT.route())
    async def give_consent(request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Agree to something that needs agreement."""
        return await entrance.take(CONSENT, request, caller, key)

    @router.post("/v1/consents/{consent_id}/withdrawal", response_model=Entered, **WITHDRAWAL.route())
    async def withdraw_consent(
        consent_id: str, request: Request, caller: Caller, key: IdempotencyKey = None
    ) -> Response:
        """Take a consent back; saying so twice is saying it once."""
        return await entrance.take(WITHDRAWAL, request, caller, key, consent_id)

    return router
