"""Where core banking reports facts."""

from collections.abc import Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request

from services.ingest.api.reading import Bad, place_in_event, read_events
from services.ingest.domain.admission import is_early
from services.ingest.domain.facts import Posted, loan_of
from services.ingest.schemas import Item, Receipt, Verdict
from shared.auth import Principal, requires
from shared.fold import Applied, Busy, Contradicted, Duplicate, Failed, Held, House, Outcome, Parked, Unaddressed, apply
from shared.fold import Request as Via
from shared.refusal import Refusal, Refused
from shared.service.answers import refusal_of
from shared.telemetry import trace_of

EXAMPLE = {
    "specversion": "1.0",
    "id": "pay-1001",
    "source": "/core-banking",
    "type": "payment.received",
    "time": "2026-11-23T10:15:00+08:00",
    "subject": "L1001",
    "data": {
        "payment_id": "P1001", "loan_id": "L1001", "amount": "250.00", "value_on": "2026-11-23", "kind": "repayment",
    },
}  # fmt: skip
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents-batch+json": {
                "schema": {"type": "array", "maxItems": 1000, "items": {"type": "object"}},
                "example": [EXAMPLE],
            },
            "application/cloudevents+json": {"schema": {"type": "object"}, "example": EXAMPLE},
        },
    }
}
FAULT = "not taken, for a fault of ours, which is logged; send it again"


def events_door(house: House[Any], zone: ZoneInfo) -> APIRouter:
    """`POST /v1/events`."""
    router = APIRouter(tags=["facts"])

    @router.post("/v1/events", status_code=202, openapi_extra=BODY)
    async def report_facts(
        request: Request, caller: Annotated[Principal, Depends(requires("events:write"))]
    ) -> Receipt:
        """Report up to 1,000 facts; each is judged alone, and every accepted one is durable when this answers."""
        read = await read_events(request, zone)
        via = Via(caller.name, trace_of(request.headers.get("traceparent")))
        verdicts = await judge(house, read, via)
        return receipt(read, verdicts)

    return router


async def judge(house: House[Any], read: Sequence[Posted | Bad], via: Via) -> list[Outcome]:
    """The outcome of every event, in order.

    What was refused because something in the same call that it needs was refused, is judged again, and then held.
    Raises: Refused when a fault of ours met every fact: a commit that fails is never answered with 2xx.
    """
    outcomes: list[Outcome] = [_refusal(one) if isinstance(one, Bad) else Busy() for one in read]
    indexes = [index for index, one in enumerate(read) if isinstance(one, Posted)]
    for _ in range(2):
        posted = (one for index in indexes if isinstance(one := read[index], Posted))
        work = [Unaddressed(one, via, loan_of(one.fact)) for one in posted]
        found = await apply(house, work) if work else []
        outcomes = _merged(outcomes, indexes, found)
        indexes = [index for index in indexes if _is_orphan(outcomes[index])]
    _raise_fault(read, outcomes)
    return outcomes


def _raise_fault(read: Sequence[Posted | Bad], outcomes: Sequence[Outcome]) -> None:
    judged = [outcome for one, outcome in zip(read, outcomes, strict=True) if isinstance(one, Posted)]
    if judged and all(isinstance(outcome, Failed) for outcome in judged):
        raise Refused(refusal_of(judged[0]))


def _merged(outcomes: Sequence[Outcome], indexes: Sequence[int], found: Sequence[Outcome]) -> list[Outcome]:
    merged = list(outcomes)
    for index, outcome in zip(indexes, found, strict=True):
        merged[index] = outcome
    return merged


def _is_orphan(outcome: Outcome) -> bool:
    return isinstance(outcome, Refusal) and is_early(outcome)


def _refusal(bad: Bad) -> Refusal:
    return Refusal(bad.code, bad.detail, (bad.pointer,))


def receipt(read: Sequence[Posted | Bad], outcomes: Sequence[Outcome]) -> Receipt:
    """The answer to a call."""
    items = [_item(i, one, outcome) for i, (one, outcome) in enumerate(zip(read, outcomes, strict=True))]
    listed = [item for item in items if item is not None]
    count = {verdict: sum(item.verdict == verdict for item in listed) for verdict in ("duplicate", "held", "busy")}
    return Receipt(
        accepted=len(items) - len(listed),
        duplicates=count["duplicate"],
        held=count["held"],
        busy=count["busy"],
        rejected=sum(item.verdict in ("rejected", "contradicted") for item in listed),
        items=listed,
    )


def _item(index: int, one: Posted | Bad, outcome: Outcome) -> Item | None:
    """The line of one event; None when it was plainly accepted."""
    if isinstance(outcome, Applied):
        return None
    refusal = _refusal_in(outcome)
    if refusal is not None:
        verdict: Verdict = "contradicted" if isinstance(outcome, Contradicted) else "rejected"
        return _refused(index, one, verdict, refusal)
    match outcome:
        case Failed():
            return Item(index=index, id=one.id, verdict="busy", reason="fault-of-ours", detail=FAULT)
        case Duplicate():
            return Item(index=index, id=one.id, verdict="duplicate")
        case Held(reason):
            return Item(index=index, id=one.id, verdict="held", reason=reason)
        case Busy() | Parked():
            return Item(index=index, id=one.id, verdict="busy", reason="try-again")
        case _:
            raise AssertionError("no other outcome comes from posted facts")


def _refusal_in(outcome: Outcome) -> Refusal | None:
    """Why the event cannot be taken as it stands, if that is so."""
    if isinstance(outcome, Contradicted):
        return outcome.refusal
    return outcome if isinstance(outcome, Refusal) else None


def _refused(index: int, one: Posted | Bad, verdict: Verdict, refusal: Refusal) -> Item:
    """The rules point into the fact, everything else into the event."""
    pointer = refusal.pointers[0] if refusal.pointers else None
    if pointer is not None and isinstance(one, Posted) and verdict == "rejected":
        pointer = place_in_event(one.type, pointer)
    return Item(index=index, id=one.id, verdict=verdict, reason=refusal.code, detail=refusal.detail, pointer=pointer)
