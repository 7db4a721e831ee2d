"""Where core banking compares its books with ours: what was accepted, which ids are known, whose balance differs."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Row

from services.ingest.api.paging import After, cursor_of, place_behind
from services.ingest.domain.reconciliation import stated_difference
from services.ingest.schemas import Accepted, Counts, Differences, LoanDifference, Page, Standings, WantedIds
from services.ingest.store.reconciling import Place, count_accepted, facts_of_stated, standings_of
from services.ingest.store.rulebook import Rulebook
from shared.auth import requires
from shared.fold import House
from shared.problems import Door
from shared.refusal import refuse

DAYS_MAX: Final = 31
FIRST: Final = Place(date.min, "", "", "")
From = Annotated[date, Query(alias="from", description="business calendar, inclusive")]
To = Annotated[date, Query(alias="to", description="business calendar, inclusive")]


def reconciliation_door(house: House[Any], rulebook: Rulebook) -> APIRouter:
    """`/v1/reconciliation`."""
    router = APIRouter(route_class=Door, tags=["reconciliation"], dependencies=[Depends(requires("loans:read"))])

    @router.get("/v1/reconciliation")
    async def count_facts(from_on: From, to_on: To, after: After = None, limit: Page = 1000) -> Counts:
        """What was accepted, per day on which its source recorded it, source, type and currency; at most 31 days.

        `sum` adds up `amount`, or `principal` where a loan is opened. `digest` is the bitwise exclusive or of the
        SHA-256 of every event id (UTF-8): equal sets give equal digests, in whatever order.
        """
        if not timedelta() <= to_on - from_on < timedelta(days=DAYS_MAX):
            raise refuse("days-out-of-range", f"from 1 to {DAYS_MAX} days are counted at once", "/query/from")
        place = place_behind(Place, after, FIRST)
        async with house.database.reading() as connection:
            rows = await count_accepted(connection, from_on, to_on, place, limit)
        last = Place(rows[-1].day, rows[-1].source, rows[-1].type, rows[-1].currency) if rows else FIRST
        return Counts(items=[_counted(row) for row in rows], next=cursor_of(last) if len(rows) == limit else None)

    @router.post("/v1/reconciliation")
    async def look_up_ids(asked: WantedIds) -> Standings:
        """Which of these event ids of one source were accepted, wait, were refused in the end, or never came."""
        async with house.database.reading() as connection:
            found = await standings_of(connection, asked.source, asked.ids)
        of = {word: [id_ for id_ in found if found[id_] == word] for word in Standings.model_fields}
        return Standings(**of)

    @router.get("/v1/reconciliation/differences")
    async def list_differences(
        after: Annotated[str, Query(max_length=128, pattern=r"^[^\x00]*$")] = "",
        limit: Annotated[int, Query(ge=1, le=100)] = 100,
    ) -> Differences:
        """Loans whose balance, as core banking last stated it, is not what follows from its facts.

        A page looks at `limit` loans with a stated balance and lists those that differ; `next` is where to go on.
        """
        async with house.database.reading() as connection:
            context = await rulebook.context(connection, await house.clock.read(connection))
            by_loan = await facts_of_stated(connection, after, limit)
        found = (stated_difference(facts, context) for facts in by_loan.values())
        items = [LoanDifference.model_validate(one, from_attributes=True) for one in found if one is not None]
        return Differences(items=items, next=list(by_loan)[-1] if len(by_loan) == limit else None)

    return router


def _counted(row: Row[Any]) -> Accepted:
    return Accepted(
        day=row.day,
        source=row.source,
        type=row.type,
        currency=row.currency or None,
        count=row.accepted,
        sum=None if row.sum is None else format(Decimal(row.sum), "f"),
        digest=f"{int(row.digest, 2):064x}",
    )
