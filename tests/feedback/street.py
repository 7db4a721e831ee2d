"""Feedback with a real ingest beside it: two applications in one process, hearing each other as houses do."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from deploy.local.secrets import ensure_master_key
from deploy.local.tokens import ensure_keys, jwks_file, write_service_token
from services.feedback.app import build
from services.feedback.settings import Settings
from shared.heads import Peer
from tests.harness import Databases, HouseDatabase
from tests.houses import Client, _set_clock, running

BATCH = "application/cloudevents-batch+json"
NOWHERE = "http://127.0.0.1:9"
"""Where scoring and contact would be: nobody answers there."""


class Line(httpx.AsyncBaseTransport):
    """The line to a house; it can be cut, or go deaf to all but heads, and it remembers what was asked."""

    def __init__(self, client: Client) -> None:
        self._to = httpx.ASGITransport(client.app, raise_app_exceptions=False)
        self.cut = self.deaf = False
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.cut:
            raise httpx.ConnectError("the line is cut")
        self.asked.append(request.url.path)
        answer = await self._to.handle_async_request(request)
        if self.deaf and "announcements" in request.url.path:  # a long poll that was under way hears nothing either
            raise httpx.ReadError("nothing is heard, only heads are answered")
        return answer


@dataclass
class Street:
    """Ingest, feedback, and the line between them."""

    ingest: Client
    feedback: Client
    line: Line

    async def report(self, *events: dict) -> None:
        answer = await self.ingest.http.post("/v1/events", content=json.dumps(events), headers={"content-type": BATCH})
        assert answer.json()["accepted"] == len(events), answer.text

    async def close_days(self, day: str) -> None:
        assert (await self.ingest.post("/v1/business-dates", {"business_date": day})).status_code == 202

    async def move_clock(self, now: str) -> None:
        for house in (self.ingest, self.feedback):
            answer = await house.put("/v1/clock", {"now": now})
            assert answer.status_code == 200, answer.text

    async def next_day(self, day: str) -> dict[str, Any]:
        """Everything that happens at the first instant of *day* in Shanghai, as a replay makes it happen."""
        await self.move_clock(f"{day}T00:00:00+08:00")
        await self.close_days(day)
        return await self.settle()

    async def settle(self, seconds: float = 20) -> dict[str, Any]:
        """Wait until nobody is at work and feedback has heard everything; answer how feedback stands."""
        async with asyncio.timeout(seconds):
            before = None
            while True:
                found = await self.ingest.quiet(), await self.feedback.quiet()
                if _is_quiet(*found) and found == before:
                    return found[1]
                before = found
                await asyncio.sleep(0.01)

    async def open_loan(self, loan: str = "L1", customer: str = "C1", months: int = 6) -> None:
        await self.report(opened(loan, customer, months))
        await self.settle()

    async def tell(self, path: str, body: dict[str, Any], status: int = 201, **headers: str) -> dict[str, Any]:
        answer = await self.feedback.post(path, {"customer_id": "C1", **body}, **headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def said(self, customer: str = "C1") -> list[tuple[str, dict[str, Any]]]:
        items = (await self.feedback.get(f"/v1/customers/{customer}/events"))["items"]
        return [(item["type"], json.loads(item["data"])) for item in items]

    async def types_said(self, customer: str = "C1") -> list[str]:
        return [type_ for type_, _ in await self.said(customer)]


async def sql_of(database: HouseDatabase, statement: str, *values: Any) -> list[Any]:
    """As the owner of *database*, whichever house it is of."""
    connection = await asyncpg.connect(database.owner_dsn)
    try:
        return await connection.fetch(statement, *values)
    finally:
        await connection.close()


def _is_quiet(*found: dict[str, Any]) -> bool:
    idle = all(state[name] == 0 for state in found for name in ("unpublished", "due", "gaps"))
    ingest, feedback = found
    return idle and feedback["heard"]["ingest"] + feedback["set_aside"]["ingest"] == ingest["said"]


@asynccontextmanager
async def two_houses(databases: Databases, folder: Path, now: datetime, **settings: Any) -> AsyncIterator[Street]:
    """Both houses with their loops running, their clocks at *now*."""
    async with (
        running(databases, folder, "ingest", now=now, **settings) as ingest,
        feedback_beside(databases, folder, ingest, now, **settings) as (feedback, line),
    ):
        yield Street(ingest, feedback, line)


@asynccontextmanager
async def feedback_beside(
    databases: Databases, folder: Path, ingest: Client, now: datetime, **settings: Any
) -> AsyncIterator[tuple[Client, Line]]:
    database = await databases.fresh("feedback")
    await _set_clock(database, now)
    made, peers, line = parts(folder, ingest, database.app_url, **settings)
    app = build(made, peers)
    async with app.router.lifespan_context(app):
        client = Client(app, folder, database)
        async with client.http:
            yield client, line


def parts(folder: Path, ingest: Client, url: str, **settings: Any) -> tuple[Settings, dict[str, Peer], Line]:
    """What feedback is built of: its settings, its peers, and the line to ingest."""
    ensure_keys(folder)
    ensure_master_key(folder / "master.key")
    token = folder / "feedback.jwt"
    write_service_token(folder, token, "feedback")
    made = Settings(
        database_url=url, clock="simulated", jwks_file=jwks_file(folder), jurisdiction="CN",
        master_key_file=folder / "master.key", **settings,
    )  # fmt: skip
    line = Line(ingest)
    peers = {name: Peer(name, NOWHERE, token) for name in ("scoring", "contact")}
    return made, {"ingest": Peer("ingest", "http://ingest", token, line), **peers}, line


def event(type_: str, id_: str, time: str, **data: Any) -> dict:
    return {"specversion": "1.0", "id": id_, "source": "/core", "type": type_, "time": time, "data": data}


def opened(loan: str = "L1", customer: str = "C1", months: int = 6) -> dict:
    instalments = [{"number": n, "due_on": f"2025-{n + 1:02}-01", "principal": "100.00"} for n in range(1, months + 1)]
    return event(
        "loan.opened", f"open-{loan}", "2025-01-01T09:00:00+08:00", loan_id=loan, customer_id=customer, product="cash",
        currency="CNY", principal=f"{100 * months}.00", opened_on="2025-01-01", instalments=instalments,
    )  # fmt: skip


def paid(payment: str, on: str, amount: str = "100.00", loan: str = "L1") -> dict:
    return event(
        "payment.received", f"pay-{payment}", f"{on}T10:00:00+08:00", payment_id=payment, loan_id=loan, amount=amount,
        value_on=on, kind="repayment",
    )  # fmt: skip


def reversed_(payment: str, on: str, loan: str = "L1") -> dict:
    return event(
        "payment.reversed", f"rev-{payment}", f"{on}T10:00:00+08:00", payment_id=payment, loan_id=loan, reversed_on=on
    )


def promise(name: str = "P1", **more: Any) -> dict[str, Any]:
    return {
        "promise_id": name, "loan_ids": ["L1"], "amount": "100.00", "currency": "CNY", "due_on": "2025-02-05",
        "tolerance_days": 0, **more,
    }  # fmt: skip


async def promises_of(street: Street, customer: str = "C1") -> list[tuple[str, str | None, str]]:
    items = (await street.feedback.get(f"/v1/customers/{customer}/promises"))["items"]
    return [(item["promise_id"], item["outcome"], item["paid"]) for item in items]
