"""Feedback as it is put together, its loops at rest: its doors, its sources, and its history taken again."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy.local.secrets import ensure_master_key
from deploy.local.tokens import ensure_keys, jwks_file
from services.feedback.api.cases import cases_door
from services.feedback.api.complaints import complaints_door
from services.feedback.api.entering import Entrance
from services.feedback.api.hardship import hardship_door
from services.feedback.api.promises import promises_door
from services.feedback.app import verification_of
from services.feedback.consumers import HEARS
from services.feedback.settings import Settings
from services.feedback.store.contexts import Rules
from services.feedback.store.vault import Vault
from shared.consumer import KafkaConsumer
from shared.fold import House
from shared.service import Assembly, build_app
from shared.verify import Verification, keep_rulebook, verify
from tests.harness import Databases
from tests.houses import Client, _set_clock
from tests.shared.crash import batch_of
from tests.shared.street import check_chains
from tests.stories.spoken import Spoken


@dataclass
class Feedback:
    """The house, somebody at its doors, and the houses that it hears."""

    verification: Verification[Any]
    client: Client
    sources: Mapping[str, Spoken]

    @property
    def house(self) -> House[Any]:
        return self.verification.house

    async def set_clock(self, now: datetime) -> None:
        await _set_clock(self.client.database, now)

    async def hears(self, key: str, at: datetime, *events: Any) -> None:
        """Ingest says *events* of *key*, and they are heard."""
        said = self.sources["ingest"].say(key, at, *events)
        await KafkaConsumer(self.house, "nobody:9").hear_records(batch_of("ingest", said))

    async def types_said(self, key: str) -> list[str]:
        rows = await self.client.sql("select type from announcements where key = $1 order by number", key)
        return [row["type"] for row in rows]

    async def check(self) -> None:
        """Numbers without gaps, chains whole, and every decision, taken again, the same."""
        await check_chains(self.house)
        report = await verify(self.verification)
        assert report.mismatches == []
        assert report.decisions > 0


@asynccontextmanager
async def living_feedback(databases: Databases, folder: Path, now: datetime) -> AsyncIterator[Feedback]:
    """Feedback over a database of its own, its clock at *now*."""
    database = await databases.fresh("feedback")
    await _set_clock(database, now)
    ensure_keys(folder)
    ensure_master_key(folder / "master.key")
    settings = Settings(
        database_url=database.app_url, clock="simulated", jwks_file=jwks_file(folder), jurisdiction="CN",
        master_key_file=folder / "master.key",
    )  # fmt: skip
    sources, rules = {name: Spoken(name) for name in HEARS}, Rules.of_bank(settings.business_zone)
    verification = verification_of(settings, sources)
    house = verification.house
    async with house.database.begin() as connection:
        await keep_rulebook(connection, rules.rulebook)
    entrance = Entrance(house, Vault.with_key_in(settings.master_key_file))
    complaints = complaints_door(entrance, rules.policies)
    routers = (promises_door(entrance), hardship_door(entrance), complaints, cases_door(entrance))
    app = build_app(house, settings, Assembly(routers=routers, peers=dict(sources)))
    client = Client(app, folder, database)
    async with client.http:
        yield Feedback(verification, client, sources)
    await house.database.close()
