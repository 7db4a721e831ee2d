"""What the gate would say of stated facts, and the rules it says it by; nothing is touched."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter, Depends, Request

from services.contact.domain.gate.deciding import decide_contact
from services.contact.domain.gate.decision import Decision
from services.contact.domain.gate.rule import Objection
from services.contact.domain.gate.stated import parse_case
from services.contact.schemas import Answer
from services.contact.store.calendars import list_years
from services.contact.store.contexts import Desk
from services.contact.store.rules import RuleBook
from shared.auth import requires
from shared.fold import House
from shared.problems import read_json
from shared.refusal import Refusal, Refused, refuse

SHARED_WORDS: Final = {
    "bad-shape": "wrong-type", "bad-date": "wrong-type", "bad-instant": "wrong-type", "bad-time": "wrong-type",
    "bad-number": "bad-value", "bad-text": "bad-value", "too-long": "bad-value",
}  # fmt: skip

EXAMPLE: Final = {
    "jurisdiction": "CN",
    "debtor": {"time_zone": "Asia/Shanghai", "debts": [{"id": "D1"}]},
    "history": [{"at": "2026-11-20T10:00:00+08:00", "channel": "phone", "outcome": "rang_no_answer"}],
    "proposed": {"at": "2026-11-24T12:00:00+08:00", "channel": "sms", "purpose": "collect_debt", "debt": "D1"},
}  # fmt: skip
ASKED: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["jurisdiction", "debtor", "proposed"],
                    "properties": {
                        "jurisdiction": {
                            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": 8}]
                        },
                        "debtor": {"type": "object"},
                        "history": {"type": "array", "items": {"type": "object"}, "maxItems": 2000},
                        "proposed": {"type": "object"},
                    },
                },
                "example": EXAMPLE,
            }
        },
    }
}


def checks_door(house: House[Any], desk: Desk, book: RuleBook) -> APIRouter:
    """`/v1/contact-checks`, `/v1/packs` and `/v1/calendars`."""
    router = APIRouter(tags=["gate"], dependencies=[Depends(requires("contacts:read"))])

    @router.post("/v1/contact-checks", openapi_extra=ASKED)
    async def check_contact(request: Request) -> Answer:
        """Judge one proposed contact, at `proposed.at` or now, by the packs in force."""
        case = parse_case(await read_json(request))
        if isinstance(case, Refusal):
            raise Refused(_in_shared_words(case))
        async with house.database.begin() as connection:
            now = case.proposed.at or await house.clock.read(connection)
            calendars = await desk.calendars.read(connection)
        return shown(decide_contact(case, book.packs, now, calendars))

    @router.get("/v1/packs")
    async def list_packs() -> Answer:
        """The packs in force."""
        packs = book.packs.by_name.values()
        names = ("name", "title", "version", "on_top_of")
        return {"items": [{n: getattr(pack, n) for n in names} | {"rules": len(pack.rules)} for pack in packs]}

    @router.get("/v1/packs/{name}")
    async def read_pack(name: str) -> Mapping[str, Any]:
        """One pack as it is written: every rule with its source."""
        if name not in book.documents:
            raise refuse("not-found", "there is no such pack")
        return book.documents[name]

    @router.get("/v1/calendars")
    async def read_calendars() -> Answer:
        """The years of work days and holidays that are loaded, each with its source."""
        async with house.database.reading() as connection:
            return {"items": await list_years(connection)}

    return router


def _in_shared_words(refusal: Refusal) -> Refusal:
    """What is wrong with a case, under the codes that every other door uses for the same."""
    return replace(refusal, code=SHARED_WORDS.get(refusal.code, refusal.code))


def shown(decision: Decision) -> Answer:
    """A decision record as an answer."""
    return {
        "decision": decision.decision,
        "earliest_permitted": decision.earliest_permitted,
        "rule": decision.rule,
        "objections": [_objection(one) for one in decision.objections],
        "flags": list(decision.flags),
        "computed": decision.computed,
        "evidence": list(decision.evidence),
        "packs": dict(decision.packs),
        "trace": [line._asdict() for line in decision.trace],
    }


def _objection(objection: Objection) -> Answer:
    return {name: getattr(objection, name) for name in objection.__slots__}
