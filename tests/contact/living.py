"""Contact as it is put together, its loops at rest: its doors, its sender, its sources, and its history taken again."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local.tokens import ensure_keys, jwks_file
from services.contact.api.budgets import budgets_door
from services.contact.api.holds import holds_door
from services.contact.api.inbound import Inbound
from services.contact.api.profiles import profiles_door
from services.contact.api.signatures import Signatures
from services.contact.api.webhooks import webhooks_door
from services.contact.app import build_house, verification_of
from services.contact.consumers import HEARS
from services.contact.settings import Settings
from services.contact.store.calendars import load_china
from services.contact.store.contexts import Desk
from services.contact.store.messages import Composer
from services.contact.store.rules import load_packs, load_strategy
from services.contact.store.sealing import Sealer
from services.contact.store.texts import load_texts
from services.contact.store.written import rulebook_of
from shared.fold import House
from shared.service import Assembly, build_app
from shared.verify import keep_rulebook, verify
from tests.contact.desk import SHANGHAI, Shop, write_master_key
from tests.contact.signing import OLD, written
from tests.harness import Databases
from tests.houses import Client, _set_clock
from tests.shared.street import check_chains
from tests.stories.spoken import Spoken


@dataclass
class Contact:
    """The house, somebody at its doors, its tables and sender, and the houses that it hears."""

    house: House[Any]
    client: Client
    shop: Shop
    sources: Mapping[str, Spoken]
    settings: Settings

    async def set_clock(self, now: datetime) -> None:
        await _set_clock(self.shop.database, now)

    async def types_said(self, key: str) -> list[str]:
        rows = await self.shop.sql("select type from announcements where key = $1 order by number", key)
        return [row["type"] for row in rows]

    async def check(self) -> None:
        """Numbers without gaps, chains whole, and every decision, taken again, the same."""
        await check_chains(self.house)
        verification = verification_of(self.settings, self.sources)
        report = await verify(verification)
        await verification.house.database.close()
        assert report.mismatches == []
        assert report.entries > 0


@asynccontextmanager
async def living_contact(databases: Databases, folder: Path, now: datetime, **rules: Any) -> AsyncIterator[Contact]:
    """Contact over a database of its own, its clock at *now*; *rules* are `packs` and `strategy` that do not ship."""
    database = await databases.fresh("contact")
    await _set_clock(database, now)
    ensure_keys(folder)
    secrets = folder / "sandbox.secrets"
    secrets.write_text(f"{written(OLD)}\n")
    settings = Settings(
        database_url=database.app_url, clock="simulated", jwks_file=jwks_file(folder), jurisdiction="CN",
        master_key_file=write_master_key(folder), webhook_secrets={"sandbox": secrets},
    )  # fmt: skip
    sources = {name: Spoken(name) for name in HEARS}
    sealer, texts = Sealer(settings.master_key_file), load_texts(settings.templates)
    house = await _house(settings, sources, texts, now, rules)
    composer = Composer(sealer, texts, {"lender": settings.lender})
    routers = (
        profiles_door(house, sealer), holds_door(house), budgets_door(house, SHANGHAI),
        webhooks_door(house, Signatures(settings.webhook_secrets), Inbound(house, sealer)),
    )  # fmt: skip
    client = Client(build_app(house, settings, Assembly(routers=routers, peers=dict(sources))), folder, database)
    owner = await asyncpg.connect(database.owner_dsn)
    async with client.http:
        yield Contact(house, client, Shop(house, composer, sealer, database, owner), sources, settings)
    await owner.close()
    await house.database.close()


async def _house(
    settings: Settings, sources: Mapping[str, Spoken], texts: Any, now: datetime, rules: Mapping[str, Any]
) -> House[Any]:
    """The house; the rules that ship are kept, and its decisions taken again by them."""
    book = load_packs(settings.packs)
    rulebook = rulebook_of(book, settings.strategy_file, texts.infos())
    packs, strategy = rules.get("packs", book.packs), rules.get("strategy") or load_strategy(settings.strategy_file)
    house = build_house(settings, Desk(HEARS, packs, strategy, texts.infos(), SHANGHAI, rulebook.name), sources, {})
    async with house.database.begin() as connection:
        await keep_rulebook(connection, rulebook)
        await load_china(connection, now.date())
    return house
