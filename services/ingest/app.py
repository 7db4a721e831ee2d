"""Ingest, put together: settings in, a running application out."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.api.buckets import buckets_door
from services.ingest.api.days import days_door
from services.ingest.api.events import events_door
from services.ingest.api.held import held_door, refusals_door
from services.ingest.api.loans import loans_door
from services.ingest.api.pauses import pauses_door
from services.ingest.api.portfolio import portfolio_door
from services.ingest.api.positions import positions_door
from services.ingest.api.reconciliation import reconciliation_door
from services.ingest.api.views import Viewer
from services.ingest.consumers import HANDLERS
from services.ingest.domain.borrower import Borrower, blank
from services.ingest.domain.context import Context
from services.ingest.domain.decide import decide
from services.ingest.domain.evolve import evolve
from services.ingest.domain.facts import Posted
from services.ingest.settings import Settings
from services.ingest.store.addressing import address
from services.ingest.store.contexts import named, posted_from, rulebook_of, rules_of
from services.ingest.store.days import business_date, close_days, horizon
from services.ingest.store.facts import TABLES, rows_of
from services.ingest.store.refusals import record
from services.ingest.store.rulebook import Rulebook, wake_for
from services.ingest.timers import on_the_day, start_of_day
from shared.clock import clock_named
from shared.database import Database
from shared.fold import Heard, House
from shared.service import Assembly, build_app, serve
from shared.verify import VERIFY, Rebuild, Verification, run_verification


def build_house(settings: Settings, rulebook: Rulebook) -> House[Borrower]:
    """Ingest as a value."""
    clock = clock_named(settings.clock)
    zone = ZoneInfo(settings.business_zone)

    async def gather(
        connection: AsyncConnection, work: Sequence[Heard], _prepared: None, now: datetime
    ) -> Mapping[str, Context]:
        today = await rulebook.context(connection, now)
        return {item.key: today for item in work}

    return House(
        name="ingest",
        topic="collections.repayments.v1",
        hears=(),
        state_type=Borrower,
        schema=1,
        blank=blank,
        evolve=evolve,
        decide=decide,
        wake_at=rulebook.wake_at,
        gather=gather,
        listens_to=frozenset(HANDLERS),
        database=Database.at(settings.database_url, "forbear ingest"),
        clock=clock,
        address=partial(address, clock=clock),
        record=partial(record, clock=clock),
        rows=rows_of,
        tables=TABLES,
        horizon=horizon,
        at_wake=partial(on_the_day, zone=zone),
        wakes_first=True,
        wake_instant=partial(start_of_day, zone=zone),
    )


def context_of(settings: Settings) -> Context:
    """What every decision rests on besides its instant."""
    now = datetime.min.replace(tzinfo=UTC)
    return named(Context(now, jurisdiction=settings.jurisdiction, coming_due_days=settings.coming_due_days))


def verification_of(settings: Settings) -> Verification[Borrower]:
    """How ingest's history is taken again."""
    rulebook = Rulebook(context_of(settings))

    async def rules(connection: AsyncConnection, versions: Mapping[str, str]) -> Rebuild | None:
        await rulebook.read(connection)
        return await rules_of(connection, versions)

    return Verification(build_house(settings, rulebook), {}, {Posted.__name__: posted_from}, rules)


def build(settings: Settings) -> FastAPI:
    """Ingest as an application."""
    zone = ZoneInfo(settings.business_zone)
    context = context_of(settings)
    rulebook = Rulebook(context)
    house = build_house(settings, rulebook)
    viewer = Viewer(house, rulebook, zone)

    async def open_first_day() -> None:
        """Under the system clock a first start takes today; under the simulated one, days are posted.

        Whoever changed a bucket set may have died before those it grades were woken for it.
        """
        async with house.database.begin() as connection:
            await wake_for(connection, await business_date(connection) or date.min)
            if not house.clock.simulated and await business_date(connection) is None:
                now = await house.clock.read(connection)
                await close_days(connection, now.astimezone(zone).date())

    async def heads_say_the_day(connection: AsyncConnection) -> Mapping[str, Any]:
        day = await business_date(connection)
        return {"business_date": day.isoformat() if day else None}

    routers = (
        events_door(house, zone),
        days_door(house, zone),
        loans_door(viewer),
        positions_door(viewer),
        buckets_door(house, zone),
        held_door(house),
        refusals_door(house),
        portfolio_door(viewer),
        pauses_door(house, zone),
        reconciliation_door(house, rulebook),
    )
    assembly = Assembly(
        routers=routers, extra_heads=heads_say_the_day, prepare=open_first_day, rulebook=rulebook_of(context)
    )
    return build_app(house, settings, assembly)


def main() -> None:
    """Run ingest until told to stop; told to `verify`, compare its state with its history instead."""
    settings = Settings()  # type: ignore[call-arg]  # read from the environment
    if VERIFY in sys.argv[1:]:
        sys.exit(run_verification(verification_of(settings)))
    serve(build(settings), settings, Path(__file__).parent.name)


if __name__ == "__main__":
    main()
