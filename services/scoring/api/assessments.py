"""Where an assessment is read with its reasons, and where facts that are only stated are assessed."""

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from sqlalchemy import Row

from services.scoring.api.stating import NAMES, read_facts
from services.scoring.domain.preview import preview, record_of
from services.scoring.schemas import PROBLEM, Assessment, CustomerId, Preview, example
from services.scoring.store.assessments import find_assessment
from services.scoring.store.contexts import context_of
from services.scoring.store.models import Model
from shared.auth import requires
from shared.codec import decode
from shared.events import RiskAssessed
from shared.fold import House
from shared.problems import read_json
from shared.refusal import Refusal, Refused, refuse

PREVIEW: Final[dict[str, Any]] = {
    "as_of": "2025-02-06", "valid_until": "2025-03-09", "basis": "bucket_rates", "confidence": "low",
    "model": "bucket-rates:car-loans-2017-2023", "trained_on": None, "model_expired": False,
    "roll_probability": "0.1480", "cure_probability": "0.5207", "default_probability": "0.1885",
    "expected_cash": [{"amount": "213.47", "currency": "CNY"}],
    "ability": {
        "verdict": "insufficient_data", "confidence": "low", "score": None, "baseline": None, "reasons": [],
        "remainder": None,
    },
    "willingness": {
        "verdict": "insufficient_data", "confidence": "low", "score": None, "baseline": None, "reasons": [],
        "remainder": None,
    },
    "loans": [{
        "loan_id": "L1", "currency": "CNY", "basis": "bucket_rates", "roll_probability": "0.1480",
        "cure_probability": "0.5207", "default_probability": "0.1885", "expected_cash": "213.47",
    }],
    "baseline": "-4.3297",
    "reasons": [{
        "code": "behind", "contribution": "2.8699", "wording": "behind-1",
        "words": {"zh-CN": "目前有一期未还。", "en": "One instalment is behind now."},
    }],
    "remainder": "0",
}  # fmt: skip
ASSESSMENT: Final = PREVIEW | {
    "customer_id": "C1", "number": 2, "event_id": "6d0f8f4c-6a55-5e43-9f5e-0d5b2b8f6f0e", "at": "2025-02-06T00:00:00Z",
    "heard": {"ingest": 4, "contact": 0, "feedback": 0}, "versions": {"bucket-rates": "car-loans-2017-2023"},
}  # fmt: skip
STATED: Final = {
    "facts": [
        {
            "type": "LoanOpened",
            "data": {
                "loan_id": "L1", "customer_id": "C1", "product": "cash", "currency": "CNY", "principal": "300.00",
                "opened_on": "2025-01-01", "instalments": [
                    {"number": 1, "due_on": "2025-02-05", "principal": "150.00"},
                    {"number": 2, "due_on": "2025-03-05", "principal": "150.00"},
                ],
            },
        },
        {
            "type": "DelinquencyChanged",
            "data": {
                "loan_id": "L1", "as_of": "2025-02-06", "delinquent_amount": "150.00", "currency": "CNY",
                "overdue_since": "2025-02-05", "unpaid_instalments": 1,
            },
        },
    ],
}  # fmt: skip
BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}, "example": STATED}},
    }
}
BAD: Final = {
    "type": "/problems/not-a-decimal", "title": "Not acceptable", "status": 422, "code": "not-a-decimal",
    "detail": 'a plain decimal string is expected, such as "12.50"', "errors": [{"pointer": "/facts/0/data/principal"}],
}  # fmt: skip


def assessments_door(house: House[Any], model: Model | None) -> APIRouter:
    """`/v1/customers/{customer_id}/assessment` and `/v1/assessments/preview`."""
    router = APIRouter(tags=["assessments"], dependencies=[Depends(requires("risk:read"))])

    @router.get("/v1/customers/{customer_id}/assessment", responses=example(200, ASSESSMENT) | example(404, PROBLEM))
    async def read_assessment(customer_id: Annotated[CustomerId, Path()]) -> Assessment:
        """The latest assessment of one borrower, its reasons in words."""
        async with house.database.reading() as connection:
            row = await find_assessment(connection, customer_id)
        if row is None:
            raise refuse("not-found", "nothing is known of this borrower here")
        return shown(row)

    @router.post(
        "/v1/assessments/preview",
        openapi_extra=BODY,
        responses=example(200, PREVIEW) | example(422, BAD),
    )
    async def preview_assessment(request: Request) -> Preview:
        """What would be said now of a borrower of whom exactly the stated events are known; nothing is kept."""
        facts = read_facts(await read_json(request, names=NAMES))
        async with house.database.reading() as connection:
            now = await house.clock.read(connection)
            context = await context_of(connection, record_of(facts), now, model)
        found = preview(facts, now, context)
        if isinstance(found, Refusal):
            raise Refused(found)
        return Preview.model_validate(found)

    return router


def shown(row: Row[Any]) -> Assessment:
    """The announcement in *row* as it is answered."""
    basis = json.loads(row.basis)
    found = Preview.model_validate(decode(RiskAssessed, row.data))
    return Assessment(
        **{name: getattr(found, name) for name in Preview.model_fields},
        customer_id=row.key,
        number=row.number,
        event_id=row.event_id,
        at=row.at,
        heard=basis["heard"],
        versions=basis["versions"],
    )
