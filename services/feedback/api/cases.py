"""What waits for an answer, and what was said in the borrower's own words."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from services.feedback.api.entering import Entrance
from services.feedback.api.paging import After, cursor_of, place_behind
from services.feedback.domain.cases import CaseKind
from services.feedback.schemas import Cases, OpenCase, Page, Texts, Words
from services.feedback.store import cases as stored
from services.feedback.store import vault
from shared.auth import Principal, requires
from shared.codec import decode
from shared.events import Identifier

Reader = Annotated[Principal, Depends(requires("pii:read"))]

log = logging.getLogger("forbear.feedback")


def cases_door(entrance: Entrance) -> APIRouter:
    """`/v1/cases`, and a borrower's texts."""
    router = APIRouter(tags=["cases"])

    @router.get("/v1/cases", dependencies=[Depends(requires("feedback:read"))])
    async def read_cases(kind: CaseKind | None = None, after: After = None, limit: Page = 100) -> Cases:
        """Open hardship claims, disputes and complaints, the most urgent first."""
        place = place_behind(stored.Place, after, stored.FIRST)
        async with entrance.house.database.reading() as connection:
            rows = await stored.list_cases(connection, kind, place, limit)
        following = cursor_of(stored.place_of(rows[-1])) if len(rows) == limit else None
        return Cases(items=[_view(row) for row in rows], next=following)

    @router.get("/v1/customers/{customer_id}/texts")
    async def read_texts(customer_id: Identifier, reader: Reader, after: After = None, limit: Page = 100) -> Texts:
        """What a borrower said in their own words, oldest first; who reads is logged."""
        place = place_behind(vault.Place, after, vault.FIRST)
        async with entrance.house.database.reading() as connection:
            found = await entrance.vault.list_texts(connection, customer_id, place, limit)
        log.info("texts read", extra={"operator": reader.name, "count": len(found)})
        following = cursor_of((found[-1].at, found[-1].ref)) if len(found) == limit else None
        items = [Words(ref=o.ref, command=o.command, matter_id=o.matter_id, at=o.at, words=o.words) for o in found]
        return Texts(items=items, next=following)

    return router


def _view(row: Any) -> OpenCase:
    return OpenCase(
        kind=row.kind,
        id=row.id,
        customer_id=row.key,
        owner=row.owner,
        opened_on=row.opened_on,
        due_on=None if row.due_on == stored.NO_DEADLINE else row.due_on,
        loan_ids=decode(list[str], row.loan_ids),
    )
