"""Scoring with a real ingest beside it: two applications in one process, and scoring's house alone, told by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from deploy.local.tokens import ensure_keys, jwks_file, write_service_token
from services.scoring.app import build, build_house
from services.scoring.settings import Settings
from services.scoring.store.borrowers import find_borrower
from shared.announcements import Announcement, Cause, Chain, chain, from_json, list_of
from shared.fold import Heard, House, apply
from shared.fold.hearing import heard_from
from shared.heads import Peer
from tests.harness import Databases
from tests.houses import Client, _set_clock, running

BATCH = "application/cloudevents-batch+json"
NOWHERE = "http://127.0.0.1:9"
"""Where contact and feedback would be: nobody answers there."""


@dataclass
class Street:
    """Ingest and scoring, hearing each other as houses do."""

    ingest: Client
    scoring: Client

    async def report(self, *events: dict) -> None:
        answer = await self.ingest.http.post("/v1/events", content=json.dumps(events), headers={"content-type": BATCH})
        assert answer.json()["accepted"] == len(events), answer.text

    async def close_days(self, day: str) -> None:
        """Close the days up to *day*, and wait until scoring has heard what followed."""
        assert (await self.ingest.post("/v1/business-dates", {"business_date": day})).status_code == 202
        await self.settle()

    async def move_clock(self, now: str) -> None:
        for house in (self.ingest, self.scoring):
            answer = await house.put("/v1/clock", {"now": now})
            assert answer.status_code == 200, answer.text

    async def settle(self) -> dict[str, Any]:
        """Wait until nobody is at work and scoring has heard everything; answer how scoring stands."""
        async with asyncio.timeout(20):
            before = None
            while True:
                found = await self.ingest.quiet(), await self.scoring.quiet()
                if _is_quiet(*found) and found == before:
                    return found[1]
                before = found
                await asyncio.sleep(0.01)

    async def told(self, customer: str = "C1") -> list[Announcement]:
        return await announced(self.ingest, customer)

    async def said(self, customer: str = "C1") -> list[Announcement]:
        return await announced(self.scoring, customer)

    async def assessment(self, customer: str = "C1") -> dict[str, Any]:
        return await self.scoring.get(f"/v1/customers/{customer}/assessment")


def _is_quiet(ingest: dict[str, Any], scoring: dict[str, Any]) -> bool:
    idle = all(state[name] == 0 for state in (ingest, scoring) for name in ("unpublished", "due", "gaps", "parked"))
    return idle and scoring["heard"]["ingest"] == ingest["said"]


async def announced(house: Client, customer: str) -> list[Announcement]:
    """What *house* has said about *customer*, as its public door tells it."""
    items = (await house.get(f"/v1/customers/{customer}/events", limit=1000))["items"]
    return [from_json(item) for item in items]


def settings_of(folder: Path, url: str, **more: Any) -> Settings:
    ensure_keys(folder)
    token = folder / "scoring.jwt"
    write_service_token(folder, token, "scoring")
    return Settings(
        database_url=url, clock="simulated", jwks_file=jwks_file(folder), jurisdiction="CN", service_token_file=token,
        **more,
    )  # fmt: skip


@asynccontextmanager
async def two_houses(databases: Databases, folder: Path, now: datetime, **more: Any) -> AsyncIterator[Street]:
    """Both houses with their loops running, their clocks at *now*; *more* are settings of both, and the model."""
    model = more.pop("model", None)
    async with running(databases, folder, "ingest", now=now, **more) as ingest:
        database = await databases.fresh("scoring")
        await _set_clock(database, now)
        made = settings_of(folder, database.app_url, **more)
        token = made.service_token_file
        peers = {name: Peer(name, NOWHERE, token) for name in ("contact", "feedback")}
        peers["ingest"] = Peer("ingest", "http://ingest", token, httpx.ASGITransport(ingest.app))
        app = build(made, peers, model)
        async with app.router.lifespan_context(app):
            client = Client(app, folder, database)
            async with client.http:
                yield Street(ingest, client)


@asynccontextmanager
async def scoring_alone(databases: Databases, folder: Path, now: datetime, model: Any = None) -> AsyncIterator[House]:
    """Scoring's house over an empty database, its clock at *now*; no loop runs."""
    database = await databases.fresh("scoring")
    await _set_clock(database, now)
    house = build_house(settings_of(folder, database.app_url), model)
    try:
        yield house
    finally:
        await house.database.close()


def say(source: str, key: str, at: datetime, *events: Any) -> list[tuple[str, Announcement]]:
    """What the house *source* announces when it says *events* of *key*, one after the other."""
    return [(source, one) for one in chain(source, key, Chain(0, None), events, Cause(at, "{}", None, None, None))]


async def hear(house: House, told: Iterable[tuple[str, Announcement]], batch: int = 500) -> list[Any]:
    """Take *told* through the fold in their order, *batch* at a time."""
    work = [heard_from(house, source, said) for source, said in told]
    return [outcome for start in range(0, len(work), batch) for outcome in await take(house, work, start, batch)]


async def take(house: House, work: Sequence[Heard], start: int, batch: int) -> list[Any]:
    return list(await apply(house, work[start : start + batch]))


async def said_by(house: House, key: str = "C1") -> list[Announcement]:
    async with house.database.begin() as connection:
        return await list_of(connection, key, 0, 1000)


async def record_of(house: House, key: str = "C1") -> Any:
    async with house.database.begin() as connection:
        return await find_borrower(connection, key)


def event(type_: str, id_: str, **data: Any) -> dict:
    return {
        "specversion": "1.0", "id": id_, "source": "/core", "type": type_, "time": "2025-01-01T09:00:00+08:00",
        "data": data,
    }  # fmt: skip


def opened(loan: str = "L1", customer: str = "C1", months: int = 6) -> dict:
    """A loan of monthly instalments of 100, the first due on 1 February 2025."""
    instalments = [{"number": n, "due_on": f"2025-{n + 1:02}-01", "principal": "100.00"} for n in range(1, months + 1)]
    return event(
        "loan.opened", f"open-{loan}", loan_id=loan, customer_id=customer, product="cash", currency="CNY",
        principal=f"{100 * months}.00", opened_on="2025-01-01", instalments=instalments,
    )  # fmt: skip


def paid(payment: str, on: str, amount: str = "100.00", loan: str = "L1") -> dict:
    return event(
        "payment.received", f"pay-{payment}", payment_id=payment, loan_id=loan, amount=amount, value_on=on,
        kind="repayment",
    )  # fmt: skip


def voided(id_: str) -> dict:
    return event("fact.voided", f"void-{id_}", source="/core", id=id_, reason="posted twice")
