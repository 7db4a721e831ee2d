"""Real houses for tests: a database and keys of their own, the application called as a client would call it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI

from deploy.local.tokens import SCOPES, ensure_keys, jwks_file, make_token
from tests.harness import Databases, HouseDatabase


@dataclass
class Client:
    """A caller of one house, with every scope unless told otherwise."""

    app: FastAPI
    keys: Path
    database: HouseDatabase
    scopes: Sequence[str] = SCOPES
    http: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://house", headers=self.bearer(*self.scopes))

    def bearer(self, *scopes: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {make_token(self.keys, scopes, subject='tests')}"}

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.http.post(path, content=json.dumps(body), headers={"content-type": JSON} | headers)

    async def put(self, path: str, body: Any) -> httpx.Response:
        return await self.http.put(path, json=body)

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        connection = await asyncpg.connect(self.database.owner_dsn)
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def quiet(self) -> dict[str, Any]:
        return await self.get("/v1/quiet")


JSON = "application/json"


@asynccontextmanager
async def running(
    databases: Databases, folder: Path, house: str, *, now: datetime | None = None, **settings: Any
) -> AsyncIterator[Client]:
    """*house* with its loops running; with *now* under a simulated clock that stands there."""
    database = await databases.fresh(house)
    if now is not None:
        await _set_clock(database, now)
    ensure_keys(folder)
    app = _app(house, database, folder, "simulated" if now else "system", settings)
    async with app.router.lifespan_context(app):
        client = Client(app, folder, database)
        async with client.http:
            yield client


@asynccontextmanager
async def second_instance(client: Client, house: str, **settings: Any) -> AsyncIterator[Client]:
    """The doors of another process of the same house, over the same database; its loops do not run."""
    clock = "simulated" if await client.sql("select now from clock") else "system"
    other = Client(_app(house, client.database, client.keys, clock, settings), client.keys, client.database)
    async with other.http:
        yield other


def _app(house: str, database: HouseDatabase, folder: Path, clock: str, settings: dict[str, Any]) -> FastAPI:
    make_settings = import_module(f"services.{house}.settings").Settings
    made = make_settings(
        database_url=database.app_url,
        clock=clock,
        jwks_file=jwks_file(folder),
        **{"jurisdiction": "CN", "business_zone": "Asia/Shanghai"} | settings,
    )
    app: FastAPI = import_module(f"services.{house}.app").build(made)
    return app


async def _set_clock(database: HouseDatabase, now: datetime) -> None:
    connection = await asyncpg.connect(database.owner_dsn)
    await connection.execute(
        "insert into clock (now) values ($1) on conflict (single) do update set now = excluded.now", now
    )
    await connection.close()
