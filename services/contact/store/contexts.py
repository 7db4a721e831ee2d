"""What a decision may rest on besides the borrower: gathered for a batch, one query per kind of thing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.domain.context import Context, Hearing, Switches, TemplateInfo
from services.contact.domain.gate.pack import Packs
from services.contact.domain.strategy import Strategy
from services.contact.store.budgets import funded, read_funds
from services.contact.store.calendars import CalendarShelf, only_years
from services.contact.store.hearing import Asked, Waits, hearings
from services.contact.store.switches import Thrown, TooManySwitches, read_switches
from services.contact.store.written import rules_in
from shared.codec import decode
from shared.events import Wake
from shared.fold import Heard
from shared.verify import Rebuild, find_rulebook


@dataclass
class Desk:
    """The rules in force (`rulebook`: under which digest they are kept), and what is remembered between batches."""

    hears: Sequence[str]
    packs: Packs
    strategy: Strategy
    templates: Mapping[tuple[str, str], TemplateInfo]
    zone: ZoneInfo
    rulebook: str | None = None
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
            rulebook=self.rulebook,
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


@dataclass(frozen=True, slots=True)
class Unversioned:
    """What the journal keeps of a context."""

    heads: Hearing | None = None
    clock: datetime | None = None
    switches: Switches | None = None
    budget: dict[str, Decimal] = field(default_factory=dict)
    budget_renewed_at: dict[str, datetime] = field(default_factory=dict)


async def rules_of(connection: AsyncConnection, versions: Mapping[str, str]) -> Rebuild | None:
    """How contexts are rebuilt under *versions*; None when those rules are not kept."""
    digest = versions.get("rulebook", "")
    body = await find_rulebook(connection, digest)
    rules = rules_in(body) if body else None
    if rules is None:
        return None
    loaded = await CalendarShelf().read(connection)
    calendars = only_years(loaded, versions.get("calendars", ""))
    start = datetime.min.replace(tzinfo=UTC)
    context = Context(start, rules.packs, rules.strategy, calendars, rules.templates, rulebook=digest)

    def rebuild(now: datetime, kept: bytes | None) -> Context:
        found = decode(Unversioned, kept) if kept else Unversioned()
        return replace(
            context, now=now, clock=found.clock or now, heads=found.heads, switches=found.switches,
            budget=found.budget, budget_renewed_at=found.budget_renewed_at,
        )  # fmt: skip

    return rebuild
