"""The four real houses over real PostgreSQL for the tests of their doors, and every row that they hold counted."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.contact.desk import running_contact
from tests.contact.signing import OLD, signed, written
from tests.contracts.goods import BORROWERS, Good
from tests.feedback.street import feedback_beside, opened
from tests.harness import Databases
from tests.houses import JSON, Client, running
from tests.ingest.posting import BATCH, close_days, report

START = datetime(2025, 2, 2, 1, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9"
HOUSES = ("ingest", "scoring", "contact", "feedback")
_TABLES = "select tablename from pg_tables where schemaname = 'public'"


@dataclass
class FourHouses:
    """A client of each house, and what a good request to each of their doors is."""

    clients: Mapping[str, Client]
    numbers: Any = field(default_factory=lambda: count(1))
    owners: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, str] = field(default_factory=dict)

    async def send(self, house: str, good: Good, body: bytes, **headers: str) -> httpx.Response:
        """*body* to the door of *good*, said to be what that door takes; a webhook is signed."""
        said = {"content-type": BATCH if good.path == "/v1/events" else JSON} | headers
        if good.is_signed and "webhook-signature" not in headers:
            said |= signed(body, f"W{next(self.numbers)}")
        return await self.clients[house].http.request(
            good.method, good.path_of(next(self.numbers)), content=body, headers=said
        )

    async def rows(self, house: str) -> dict[str, int]:
        """How many rows each table of *house* holds once it is at rest."""
        await self.clients[house].get("/v1/quiet", wait=20)
        return await self.rows_now(house)

    async def rows_now(self, house: str) -> dict[str, int]:
        """The same at this moment, whatever is under way."""
        if house not in self.owners:
            self.owners[house] = await asyncpg.connect(self.clients[house].database.owner_dsn)
            names = [row["tablename"] for row in await self.owners[house].fetch(_TABLES)]
            each = (f"select '{name}' as name, count(*) as rows from \"{name}\"" for name in names)
            self.counts[house] = " union all ".join(each)
        return {row["name"]: row["rows"] for row in await self.owners[house].fetch(self.counts[house])}

    async def left(self, house: str, before: Mapping[str, int]) -> dict[str, int]:
        """The tables that hold another number of rows than *before*, and how many more."""
        after = await self.rows_now(house)
        if after != before:  # perhaps something else was under way
            after = await self.rows(house)
        return {name: count - before[name] for name, count in after.items() if count != before[name]}

    async def close(self) -> None:
        for owner in self.owners.values():
            await owner.close()


@asynccontextmanager
async def four_houses(databases: Databases, folder: Path) -> AsyncIterator[FourHouses]:
    """All four with their loops running; feedback hears ingest, and both know the loans L1 of C1, L2 of C2, …"""
    peers = dict.fromkeys(HOUSES, NOWHERE)
    secrets = folder / "sandbox.secrets"
    secrets.write_text(f"{written(OLD)}\n")
    async with AsyncExitStack() as stack:
        open_ = stack.enter_async_context
        ingest = await open_(running(databases, folder, "ingest", now=START, calls_per_second=0))
        feedback, _ = await open_(feedback_beside(databases, folder, ingest, START, calls_per_second=0))
        scoring = await open_(running(databases, folder, "scoring", now=START, peers=peers, calls_per_second=0))
        contact = await open_(
            running_contact(databases, folder, START, webhook_secrets={"sandbox": secrets}, calls_per_second=0)
        )
        houses = FourHouses({"ingest": ingest, "scoring": scoring, "contact": contact, "feedback": feedback})
        await report(ingest, *(opened(f"L{n}", f"C{n}") for n in range(1, BORROWERS + 1)))
        await close_days(ingest, "2025-02-02")
        await _heard(ingest, feedback)
        yield houses
        await houses.close()


async def _heard(ingest: Client, feedback: Client) -> None:
    said = (await ingest.quiet())["said"]
    wanted = {"wait": 20, "heard": [f"ingest:{said}"]}
    assert (await feedback.get("/v1/quiet", **wanted))["heard"]["ingest"] >= said
