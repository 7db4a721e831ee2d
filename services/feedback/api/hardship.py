"""Hardship: claimed by the borrower, decided by a person, and ended. The cause stays in the vault."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.feedback.api.entering import Entrance
from services.feedback.api.forms import Form, Values, read_as, schema_of
from services.feedback.domain.commands import ClaimHardship, ConfirmHardship, DeclineHardship, EndHardship
from services.feedback.domain.hardship import HANDLING, Cause
from services.feedback.schemas import Entered
from shared.auth import Principal, requires
from shared.events import Handling
from shared.problems import read_body
from shared.refusal import refuse
from shared.service.answers import IdempotencyKey

Caller = Annotated[Principal, Depends(requires("feedback:write"))]


def handled(values: Values) -> Values:
    """The handling that the stated cause calls for; the cause itself goes no further than the vault."""
    cause, handling = values.get("cause"), values.get("handling")
    if (cause is None) == (handling is None):
        raise refuse("cause-or-handling", "State the cause, or else how to handle it.", "/cause", "/handling")
    return {**values, "handling": HANDLING[cause] if cause is not None else handling}


CLAIM = Form(
    ClaimHardship,
    "claim_id",
    {
        "customer_id": "C1001", "claim_id": "H1", "cause": "job_loss", "horizon": "short", "loan_ids": ["L1001"],
        "via": "app", "text": "I was laid off on Monday.",
    },
    instead={"handling": Handling, "cause": Cause},
    translate=handled,
)  # fmt: skip
CONFIRM = Form(
    ConfirmHardship,
    "claim_id",
    {"customer_id": "C1001", "decision": "confirmed", "horizon": "short", "until": "2027-02-28"},
    in_path=True,
)
DECLINE = Form(
    DeclineHardship,
    "claim_id",
    {"customer_id": "C1001", "decision": "declined", "reason": "no_evidence"},
    in_path=True,
)
END = Form(EndHardship, "claim_id", {"customer_id": "C1001", "reason": "recovered"}, in_path=True)


@dataclass(frozen=True, slots=True)
class Decided:
    """Which way a decision goes; the rest of it follows from that."""

    decision: Literal["confirmed", "declined"]


DECISIONS = {"confirmed": CONFIRM, "declined": DECLINE}


def decision_route() -> dict[str, Any]:
    """The keywords of the decision's route: its body is one of two."""
    bodies = [{"allOf": [schema_of(Decided), schema_of(form.shape)]} for form in DECISIONS.values()]
    examples = {name: {"value": dict(form.example)} for name, form in DECISIONS.items()}
    content = {"application/json": {"schema": {"oneOf": bodies}, "examples": examples}}
    return {"status_code": 201, "openapi_extra": {"requestBody": {"required": True, "content": content}}}


def hardship_door(entrance: Entrance) -> APIRouter:
    """`/v1/hardship-claims`."""
    router = APIRouter(tags=["hardship"])

    @router.post("/v1/hardship-claims", response_model=Entered, **CLAIM.route())
    async def claim_hardship(request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Say that a borrower cannot pay; a decision is owed by the deadline of the policy."""
        return await entrance.take(CLAIM, request, caller, key)

    @router.post("/v1/hardship-claims/{claim_id}/decision", response_model=Entered, **decision_route())
    async def decide_claim(claim_id: str, request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Confirm or decline a claim."""
        decided: Decided = read_as(Decided, await read_body(request))
        return await entrance.take(DECISIONS[decided.decision], request, caller, key, claim_id)

    @router.post("/v1/hardship-claims/{claim_id}/end", response_model=Entered, **END.route())
    async def end_hardship(claim_id: str, request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """End a confirmed hardship before its date."""
        return await entrance.take(END, request, caller, key, claim_id)

    return router
