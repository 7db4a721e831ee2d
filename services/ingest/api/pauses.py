"""Where a person pauses and resumes the ageing of a loan: the same facts that core banking posts."""

from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request

from services.ingest.api.events import judge, receipt
from services.ingest.api.reading import local_date
from services.ingest.domain.facts import Posted
from services.ingest.schemas import LoanPath, PauseRequest, Receipt
from services.ingest.store.days import business_date
from shared.auth import Principal, requires
from shared.events import DelinquencyPaused, DelinquencyResumed, Event
from shared.fold import House
from shared.fold import Request as Via
from shared.ids import new_id
from shared.problems import Door
from shared.refusal import Refusal, Refused, refuse
from shared.service.answers import IdempotencyKey
from shared.telemetry import trace_of

Caller = Annotated[Principal, Depends(requires("pauses:write"))]
TYPES = {DelinquencyPaused: "delinquency.paused", DelinquencyResumed: "delinquency.resumed"}


def pauses_door(house: House[Any], zone: ZoneInfo) -> APIRouter:
    """`POST /v1/loans/{loan_id}/pauses` and `/resumes`."""
    router = APIRouter(route_class=Door, tags=["pauses"])

    @router.post("/v1/loans/{loan_id}/pauses", status_code=201)
    async def pause_ageing(
        loan_id: LoanPath, asked: PauseRequest, request: Request, caller: Caller, key: IdempotencyKey = None
    ) -> Receipt:
        """Let ageing stand still in [from_on, until_on)."""
        return await enter(request, caller, key, DelinquencyPaused(loan_id, asked.from_on, asked.until_on))

    @router.post("/v1/loans/{loan_id}/resumes", status_code=201)
    async def resume_ageing(loan_id: LoanPath, request: Request, caller: Caller, key: IdempotencyKey = None) -> Receipt:
        """End the pause that holds the business date."""
        return await enter(request, caller, key, DelinquencyResumed(loan_id, await _today(house, zone)))

    async def enter(request: Request, caller: Principal, key: str | None, fact: Event) -> Receipt:
        """Post *fact* as of the business date; the Idempotency-Key, where given, is its id."""
        async with house.database.begin() as connection:
            now = await house.clock.read(connection)
        today = await _today(house, zone)
        id_ = key or str(new_id())
        posted = Posted(f"/people/{caller.name}", id_, now, today, TYPES[type(fact)], fact)
        via = Via(caller.name, trace_of(request.headers.get("traceparent")))
        found = receipt([posted], await judge(house, [posted], via))
        _raise_refused(found)
        return found

    return router


async def _today(house: House[Any], zone: ZoneInfo) -> date:
    """A person's entry is judged against the business date."""
    async with house.database.begin() as connection:
        day = await business_date(connection)
        return day or local_date(await house.clock.read(connection), zone)


def _raise_refused(found: Receipt) -> None:
    for item in found.items:
        if item.verdict in ("rejected", "contradicted"):
            asked = (item.pointer or "").removeprefix("/data")
            raise Refused(Refusal(item.reason or "rejected", item.detail or "", (asked,)))
        if item.verdict == "held":
            raise refuse("not-found", "no such loan is known")
        if item.verdict == "busy":
            raise refuse("busy", "somebody else is at work on this borrower; try again")
