"""Where early facts are watched: those that wait, and those that were refused when what they waited for had come."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from services.ingest.api.events import judge, receipt
from services.ingest.api.paging import After, cursor_of, place_behind
from services.ingest.schemas import HeldFact, HeldPage, Page, Receipt, RefusalPage, RefusedFact, Settled
from services.ingest.store.addressing import held_reason
from services.ingest.store.facts import list_held
from services.ingest.store.refusals import Settlement, find_refused, list_refusals, settle
from shared.auth import Principal, requires
from shared.fold import House
from shared.fold import Request as Via
from shared.refusal import Refused, refuse
from shared.telemetry import trace_of

Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
FIRST = ("", "")

log = logging.getLogger("forbear.ingest")


def held_door(house: House[Any]) -> APIRouter:
    """`GET /v1/held`."""
    router = APIRouter(tags=["held facts"], dependencies=[Depends(requires("loans:read"))])

    @router.get("/v1/held")
    async def read_held(after: After = None, limit: Page = 100) -> HeldPage:
        """Facts that are true but early, by source and id: what each waits for."""
        place = place_behind(tuple[str, str], after, FIRST)
        async with house.database.reading() as connection:
            rows = await list_held(connection, place, limit)
        behind = cursor_of((rows[-1].source, rows[-1].id)) if len(rows) == limit else None
        return HeldPage(items=[_held(row) for row in rows], next=behind)

    return router


def refusals_door(house: House[Any]) -> APIRouter:
    """`/v1/refusals`."""
    router = APIRouter(tags=["held facts"])
    Operator = Annotated[Principal, Depends(requires("parked:write"))]  # noqa: N806

    @router.get("/v1/refusals", dependencies=[Depends(requires("parked:read"))])
    async def read_refusals(after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0, limit: Page = 100) -> RefusalPage:
        """Facts that were held, and refused when what they waited for had come; oldest first.

        Their senders were answered that we have them, so somebody must look: mend and try again, or discard.
        """
        async with house.database.reading() as connection:
            rows = await list_refusals(connection, after, limit)
        return RefusalPage(
            items=[RefusedFact.model_validate(row, from_attributes=True) for row in rows],
            next=rows[-1].number if len(rows) == limit else None,
        )

    @router.post("/v1/refusals/{number}/retry")
    async def retry_refused(number: Number, request: Request, operator: Operator) -> Receipt:
        """Judge the fact once more, as if it were posted now; settled unless it is refused again."""
        async with house.database.reading() as connection:
            posted = await find_refused(connection, number)
        if posted is None:
            raise _unknown()
        via = Via(operator.name, trace_of(request.headers.get("traceparent")))
        found = receipt([posted], await judge(house, [posted], via))
        if not found.rejected and not found.busy:
            await note(number, operator, "retried")
        return found

    @router.post("/v1/refusals/{number}/discard")
    async def discard_refused(number: Number, operator: Operator) -> Settled:
        """Settle the refusal: the fact is not to be taken."""
        if not await note(number, operator, "discarded"):
            raise _unknown()
        return Settled(number=number, settled_as="discarded")

    async def note(number: int, operator: Principal, how: Settlement) -> bool:
        async with house.database.begin() as connection:
            now = await house.clock.read(connection)
            settled = await settle(connection, number, operator.name, how, now)
        log.warning("refused fact settled", extra={"refusal": number, "operator": operator.name, "act": how})
        return settled

    return router


def _held(row: Any) -> HeldFact:
    return HeldFact(
        source=row.source,
        id=row.id,
        type=row.type,
        loan_id=row.loan_id,
        reason=held_reason(row),
        recorded_at=row.recorded_at,
    )


def _unknown() -> Refused:
    return refuse("not-found", "there is no such open refusal")
