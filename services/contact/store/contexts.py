"""What a decision may rest on besides the borrower: gathered for a batch, one query per kind of thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.domain.context import Context, Switches, TemplateInfo
from services.contact.domain.gate.pack import Packs
from services.contact.domain.strategy import Strategy
from services.contact.store.budgets import funded, read_funds
from services.contact.store.calendars import CalendarShelf
from services.contact.store.hearing import Asked, Waits, hearings
from services.contact.store.switches import Thrown, TooManySwitches, read_switches
from shared.events import Wake
from shared.fold import Heard


@dataclass
class Desk:
    """The rules in force, and what is remembered between batches."""

    hears: Sequence[str]
    packs: Packs
    strategy: Strategy
    templates: Mapping[tuple[str, str], TemplateInfo]
    zone: ZoneInfo
    calendars: CalendarShelf = field(default_factory=CalendarShelf)
    waits: Waits = field(default_factory=Waits)

    async def gather(
        self, connection: AsyncConnection, work: Sequence[Heard], asked: Asked | None, now: datetime
    ) -> Mapping[str, Context]:
        """A context for each subject of *work*; heads only for those that are woken."""
        woken = {item.key for item in work if isinstance(item.fact, Wake)}
        funds = await read_funds(connection, now, self.zone, to_spend=bool(woken))
        common: Context = await self.context(connection, now)
        common = funded(common, funds) if funds.left else common
        found = {item.key: common for item in work}
        if woken and asked is not None:
            stand = await hearings(connection, self.hears, asked, woken, self.waits)
            found |= {key: replace(common, heads=hearing) for key, hearing in stand.items()}
        return found

    async def context(self, connection: AsyncConnection, now: datetime) -> Context:
        """The context that all subjects share at *now*."""
        return Context(
            now=now,
            packs=self.packs,
            strategy=self.strategy,
            calendars=await self.calendars.read(connection),
            templates=self.templates,
            switches=await _switches(connection),
            clock=now,
        )


async def _switches(connection: AsyncConnection) -> Switches | None:
    """None when there are more than can be read: nothing is sent then."""
    try:
        return as_seen(await read_switches(connection))
    except TooManySwitches:
        return None


def as_seen(thrown: Thrown) -> Switches:
    """The switches as the core knows them."""

    def of(scope: str) -> frozenset[str]:
        return thrown.values.get(scope, frozenset())

    return Switches(
        "global" in thrown.values, of("channel"), of("provider"), of("strategy"), of("segment"), of("borrower")
    )
