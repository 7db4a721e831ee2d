"""What must be known to treat somebody rightly: who speaks for them, what they need, what they say they paid."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.feedback.api.entering import Entrance
from services.feedback.api.forms import Form
from services.feedback.domain.commands import ClaimPayment, NameRepresentative, NoteVulnerability, ReportAddressInvalid
from services.feedback.schemas import Entered
from shared.auth import Principal, requires
from shared.service.answers import IdempotencyKey

Caller = Annotated[Principal, Depends(requires("feedback:write"))]

REPRESENTATIVE = Form(
    NameRepresentative,
    "representative_id",
    {"customer_id": "C1001", "representative_id": "R1", "role": "debt_adviser", "since": "2026-11-23"},
)
VULNERABILITY = Form(
    NoteVulnerability,
    "note_id",
    {
        "customer_id": "C1001", "note_id": "V1", "support": ["extra_time"], "strength": "suspected",
        "text": "Asked me to repeat everything slowly.",
    },
)  # fmt: skip
ADDRESS = Form(
    ReportAddressInvalid,
    "address_ref",
    {
        "customer_id": "C1001", "address_ref": "2f1c6a0e-4b7d-4c1f-9a53-8e2d1b0c9f64", "channel": "sms",
        "reason": "reassigned",
    },
    minted=False,
)  # fmt: skip
PAYMENT = Form(
    ClaimPayment,
    "claim_id",
    {"customer_id": "C1001", "claim_id": "Z1", "channel": "sms", "loan_ids": ["L1001"], "text": "Paid on Friday."},
)


def circumstances_door(entrance: Entrance) -> APIRouter:
    """`/v1/representatives`, `/v1/vulnerabilities`, `/v1/addresses/invalid`, `/v1/payment-claims`."""
    router = APIRouter(tags=["circumstances"])

    @router.post("/v1/representatives", response_model=Entered, **REPRESENTATIVE.route())
    async def name_representative(request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Name somebody who speaks for the borrower; who it is stays in contact's vault, under `address_ref`."""
        return await entrance.take(REPRESENTATIVE, request, caller, key)

    @router.post("/v1/vulnerabilities", response_model=Entered, **VULNERABILITY.route())
    async def note_vulnerability(request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Note what the borrower needs of us; why stays in the vault."""
        return await entrance.take(VULNERABILITY, request, caller, key)

    @router.post("/v1/addresses/invalid", response_model=Entered, **ADDRESS.route())
    async def report_address_invalid(request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Report that an address does not reach the borrower."""
        return await entrance.take(ADDRESS, request, caller, key)

    @router.post("/v1/payment-claims", response_model=Entered, **PAYMENT.route())
    async def claim_payment(request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Say that a borrower says they have paid already."""
        return await entrance.take(PAYMENT, request, caller, key)

    return router
