"""Complaints: raised, given more time, answered, and counted."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.feedback.api.entering import Entrance
from services.feedback.api.forms import Form
from services.feedback.domain.commands import ExtendComplaint, RaiseComplaint, ResolveComplaint
from services.feedback.domain.policy import DEFAULT, Policies
from services.feedback.schemas import ComplaintRate, Entered
from services.feedback.store.complaints import count_complaints
from shared.auth import Principal, requires
from shared.refusal import refuse
from shared.service.answers import IdempotencyKey

SPAN_DAYS: Final = 30
CENT: Final = Decimal("0.01")

Caller = Annotated[Principal, Depends(requires("complaints:write"))]
DAY_MIN: Final = date(1970, 1, 1)
Day = Annotated[
    date | None, Query(ge=DAY_MIN, description="inclusive, the bank's calendar; the last 30 days by default")
]

COMPLAINT = Form(
    RaiseComplaint,
    "complaint_id",
    {
        "customer_id": "C1001", "complaint_id": "K1", "category": "hours", "complex": False, "loan_ids": ["L1001"],
        "via": "app", "text": "You called after nine in the evening.",
    },
)  # fmt: skip
EXTENSION = Form(ExtendComplaint, "complaint_id", {"customer_id": "C1001", "reason": "complex"}, in_path=True)
ANSWER = Form(
    ResolveComplaint,
    "complaint_id",
    {"customer_id": "C1001", "outcome": "upheld", "root_cause": "process", "text": "The hours are kept from now on."},
    in_path=True,
)


def complaints_door(entrance: Entrance, policies: Mapping[str, Policies]) -> APIRouter:
    """`/v1/complaints`."""
    router = APIRouter(tags=["complaints"])

    @router.post("/v1/complaints", response_model=Entered, **COMPLAINT.route())
    async def raise_complaint(request: Request, caller: Caller, key: IdempotencyKey = None) -> Response:
        """Complain of how a borrower was treated; an answer is owed by the deadline of the policy."""
        return await entrance.take(COMPLAINT, request, caller, key)

    @router.post("/v1/complaints/{complaint_id}/extension", response_model=Entered, **EXTENSION.route())
    async def extend_complaint(
        complaint_id: str, request: Request, caller: Caller, key: IdempotencyKey = None
    ) -> Response:
        """Take longer: because the complaint proved complex, and after that because more time was approved."""
        return await entrance.take(EXTENSION, request, caller, key, complaint_id)

    @router.post("/v1/complaints/{complaint_id}/decision", response_model=Entered, **ANSWER.route())
    async def decide_complaint(
        complaint_id: str, request: Request, caller: Caller, key: IdempotencyKey = None
    ) -> Response:
        """Answer a complaint, and name its root cause."""
        return await entrance.take(ANSWER, request, caller, key, complaint_id)

    @router.get("/v1/complaints/rate", dependencies=[Depends(requires("feedback:read"))])
    async def read_rate(from_on: Day = None, until_on: Day = None) -> ComplaintRate:
        """Complaints raised in a span of days for every thousand borrowers."""
        async with entrance.house.database.reading() as connection:
            today = policies[DEFAULT].date_of(await entrance.house.clock.read(connection))
            last = until_on or today
            first = from_on or last - timedelta(days=SPAN_DAYS - 1)
            if first > last:
                raise refuse("bad-span", "the span ends before it begins", "/query/from_on", "/query/until_on")
            count = await count_complaints(connection, first, last, today)
        total = sum(count.by_category.values())
        return ComplaintRate(
            from_on=first,
            until_on=last,
            complaints=total,
            by_category=count.by_category,
            borrowers=count.borrowers,
            per_thousand=per_thousand(total, count.borrowers),
            overdue=count.overdue,
        )

    return router


def per_thousand(count: int, of: int) -> str | None:
    """*count* for every thousand *of*, with two decimals; None of nothing."""
    return str((Decimal(1000 * count) / of).quantize(CENT)) if of else None
