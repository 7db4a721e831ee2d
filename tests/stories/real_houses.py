"""Real houses over databases of their own, in this process, so that they can be killed at any call."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from deploy.local.secrets import ensure_master_key
from deploy.local.tokens import ensure_keys, jwks_file
from services.feedback import app as feedback
from services.feedback.settings import Settings as FeedbackSettings
from services.feedback.store.contexts import Rules
from services.ingest import app as ingest
from services.ingest.api.events import events_door
from services.ingest.settings import Settings as IngestSettings
from services.ingest.store.contexts import rulebook_of
from services.ingest.store.days import close_days
from services.scoring import app as scoring
from services.scoring.settings import Settings as ScoringSettings
from services.scoring.store.rates import RULEBOOK as RATES
from shared.fold import House
from shared.service import Assembly, build_app
from shared.verify import Rulebook, Verification, keep_rulebook
from tests.harness import Databases
from tests.houses import Client, _set_clock

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 2, 20, 4, tzinfo=UTC)


@asynccontextmanager
async def an_ingest(databases: Databases, folder: Path) -> AsyncIterator[tuple[Client, Verification[Any]]]:
    """Ingest, whose loops do not run, somebody at its door, and how its history is taken again."""
    database = await databases.fresh("ingest")
    await _set_clock(database, NOW)
    ensure_keys(folder)
    settings = IngestSettings(
        database_url=database.app_url, clock="simulated", jwks_file=jwks_file(folder), jurisdiction="CN"
    )
    verification = ingest.verification_of(settings)
    await _keep(verification.house, rulebook_of(ingest.context_of(settings)))
    doors = build_app(verification.house, settings, Assembly(routers=(events_door(verification.house, ZONE),)))
    client = Client(doors, folder, database)
    async with client.http:
        yield client, verification
    await verification.house.database.close()


@asynccontextmanager
async def a_scoring(databases: Databases, folder: Path, sources: Mapping[str, Any]) -> AsyncIterator[Verification[Any]]:
    """Scoring, which asks *sources* what they said."""
    database = await databases.fresh("scoring")
    await _set_clock(database, NOW)
    made = ScoringSettings(
        database_url=database.app_url, clock="simulated", jwks_file=jwks_file(folder), jurisdiction="CN"
    )
    verification = scoring.verification_of(made, sources)
    await _keep(verification.house, RATES)
    yield verification
    await verification.house.database.close()


@asynccontextmanager
async def a_feedback(
    databases: Databases, folder: Path, sources: Mapping[str, Any]
) -> AsyncIterator[Verification[Any]]:
    """Feedback, which asks *sources* what they said."""
    database = await databases.fresh("feedback")
    await _set_clock(database, NOW)
    ensure_master_key(folder / "master.key")
    made = FeedbackSettings(
        database_url=database.app_url, clock="simulated", jwks_file=jwks_file(folder), jurisdiction="CN",
        master_key_file=folder / "master.key",
    )  # fmt: skip
    verification = feedback.verification_of(made, sources)
    await _keep(verification.house, Rules.of_bank("Asia/Shanghai").rulebook)
    yield verification
    await verification.house.database.close()


async def _keep(house: House[Any], rulebook: Rulebook) -> None:
    async with house.database.begin() as connection:
        await keep_rulebook(connection, rulebook)


async def close_day(house: House[Any], day: date) -> None:
    async with house.database.begin() as connection:
        await close_days(connection, day)
