"""Contact with a real ingest and a real feedback beside it: three applications in one process, hearing each other."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local.tokens import jwks_file, write_service_token
from services.contact.app import build
from services.contact.settings import Settings
from shared.heads import Peer
from tests.contact.desk import write_master_key
from tests.contact.providers import Sandbox, running_sandbox
from tests.feedback.street import NOWHERE, Line, event, feedback_beside, paid
from tests.harness import Databases
from tests.houses import Client, _set_clock, running

BATCH = "application/cloudevents-batch+json"
PROFILE = {
    "language": "en", "jurisdiction": "CN", "time_zone": "Asia/Shanghai", "name": "Li Si",
    "channels": [
        {"channel": "sms", "address": "+8613800004711", "consent": True, "consent_at": "2025-01-01T00:00:00Z"},
    ],
}  # fmt: skip


@dataclass
class Street:
    """Three houses, the lines that contact hears by, and the provider."""

    ingest: Client
    feedback: Client
    contact: Client
    lines: dict[str, Line]
    peers: dict[str, Peer]
    sandbox: Sandbox

    async def report(self, *events: dict) -> None:
        answer = await self.ingest.http.post("/v1/events", content=json.dumps(events), headers={"content-type": BATCH})
        assert answer.json()["accepted"] == len(events), answer.text

    async def open_loan(self, loan: str = "L1", customer: str = "C1") -> None:
        terms = [{"number": n, "due_on": f"2025-{n + 1:02}-01", "principal": "100.00"} for n in range(1, 7)]
        await self.report(event(
            "loan.opened", f"open-{loan}", "2025-01-01T09:00:00+08:00", loan_id=loan, customer_id=customer,
            product="cash", currency="CNY", principal="600.00", opened_on="2025-01-01", instalments=terms,
        ))  # fmt: skip

    async def pay(self, payment: str, on: str, amount: str = "100.00") -> None:
        await self.report(paid(payment, on, amount))

    async def state_profile(self, customer: str = "C1", **changed: Any) -> None:
        answer = await self.contact.put(f"/v1/customers/{customer}/profile", PROFILE | changed)
        assert answer.status_code == 200, answer.text

    async def move_clock(self, now: str) -> None:
        for house in (self.ingest, self.feedback, self.contact):
            answer = await house.put("/v1/clock", {"now": now})
            assert answer.status_code == 200, answer.text

    async def close_day(self, day: str) -> None:
        assert (await self.ingest.post("/v1/business-dates", {"business_date": day})).status_code == 202

    async def next_day(self, day: str, at: str = "00:00:00") -> None:
        await self.move_clock(f"{day}T{at}+08:00")
        await self.close_day(day)
        await self.settle()

    async def settle(self) -> None:
        """Wait until nobody is at work and all have heard everything, twice the same."""
        async with asyncio.timeout(30):
            before = None
            while True:
                found = [await house.quiet() for house in (self.ingest, self.feedback, self.contact)]
                if _is_quiet(*found) and found == before:
                    return
                before = found
                await asyncio.sleep(0.02)

    async def said(self, customer: str = "C1") -> list[tuple[str, dict[str, Any]]]:
        items = (await self.contact.get(f"/v1/customers/{customer}/events"))["items"]
        return [(item["type"], json.loads(item["data"])) for item in items]

    async def types_said(self, customer: str = "C1") -> list[str]:
        return [type_ for type_, _ in await self.said(customer)]

    async def until_said(self, type_: str) -> None:
        async with asyncio.timeout(20):
            while type_ not in await self.types_said():  # noqa: ASYNC110  asked over HTTP
                await asyncio.sleep(0.02)

    async def until_asked(self, source: str, times: int = 3) -> None:
        """Until contact has asked *source* for heads so many times more."""
        asked = self.lines[source].asked
        wanted = asked.count("/v1/heads") + times
        async with asyncio.timeout(20):
            while asked.count("/v1/heads") < wanted:  # noqa: ASYNC110  counted by the line
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def no_call_begins(self) -> AsyncIterator[None]:
        """Keep the sender from beginning anything, as a switch does while it is being thrown."""
        connection = await asyncpg.connect(self.contact.database.owner_dsn)
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtextextended('forbear kill switch', 0))")
            yield
        await connection.close()

    async def next_wake(self) -> str:
        """The instant at which contact will act by itself."""
        at = (await self.contact.quiet())["next_wake_at"]
        assert at is not None
        return str(at)


def _is_quiet(ingest: dict[str, Any], feedback: dict[str, Any], contact: dict[str, Any]) -> bool:
    idle = all(house[name] == 0 for house in (ingest, feedback, contact) for name in ("unpublished", "gaps", "sending"))
    at_rest = all(house["due"] == 0 for house in (ingest, feedback))
    said = {"ingest": ingest["said"], "feedback": feedback["said"]}
    return idle and at_rest and contact["due"] == 0 and all(contact["heard"][name] == said[name] for name in said)


@asynccontextmanager
async def three_houses(databases: Databases, folder: Path, now: datetime) -> AsyncIterator[Street]:
    """All three with their loops running, their clocks at *now*, the provider on a port of its own."""
    with running_sandbox(folder) as sandbox:
        async with (
            running(databases, folder, "ingest", now=now) as ingest,
            feedback_beside(databases, folder, ingest, now) as (feedback, _),
            contact_beside(databases, folder, {"ingest": ingest, "feedback": feedback}, now, sandbox) as (
                contact,
                lines,
                peers,
            ),
        ):
            yield Street(ingest, feedback, contact, lines, peers, sandbox)


@asynccontextmanager
async def contact_beside(
    databases: Databases, folder: Path, neighbours: dict[str, Client], now: datetime, sandbox: Sandbox
) -> AsyncIterator[tuple[Client, dict[str, Line], dict[str, Peer]]]:
    database = await databases.fresh("contact")
    await _set_clock(database, now)
    token = folder / "contact.jwt"
    write_service_token(folder, token, "contact")
    lines = {name: Line(client) for name, client in neighbours.items()}
    peers = {name: Peer(name, f"http://{name}", token, line) for name, line in lines.items()}
    peers["scoring"] = Peer("scoring", NOWHERE, token)
    settings = Settings(
        database_url=database.app_url, clock="simulated", jwks_file=jwks_file(folder), jurisdiction="CN",
        master_key_file=write_master_key(folder / "contact"), sandbox_url=sandbox.url,
    )  # fmt: skip
    app = build(settings, peers)
    async with app.router.lifespan_context(app):
        client = Client(app, folder, database)
        async with client.http:
            yield client, lines, peers
