"""The toy houses on a real street: databases, topics and doors of their own, and what must hold of them afterwards."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from sqlalchemy import Table, select

from shared.announcements import Announcement, list_of
from shared.auth import ISSUERS
from shared.codec import decode
from shared.database import Database
from shared.database.tables import announcements, gaps, journal, subjects, unpublished
from shared.events import PaymentReceived, Wake
from shared.fold import Heard, House, apply
from shared.fold.hearing import heard_from
from shared.heads import Peer
from shared.relay import NumberingPublisher, Relay
from shared.service import Assembly, Settings, build_app
from tests.harness import Databases
from tests.shared.toy import Pay, Purse, RingAt, evolve, make_tables, pay
from tests.shared.verifying import verified

POLL_SECONDS = 0.02


async def eventually(is_so: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    """Let the loop run until *is_so*."""
    async with asyncio.timeout(seconds):
        while not await is_so():  # noqa: ASYNC110  what is awaited is in a database
            await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def a_house(databases: Databases, make: Callable[[Database], House[Purse]]) -> AsyncIterator[House[Purse]]:
    """A toy house over a database of its own."""
    database = Database.at((await databases.fresh("toy", make_tables)).app_url, "tests")
    try:
        yield make(database)
    finally:
        await database.close()


@asynccontextmanager
async def running(*loops: Any) -> AsyncIterator[list[asyncio.Task[None]]]:
    """*loops*, running in the background; one that ends by itself fails the test."""
    tasks = [asyncio.create_task(loop.run()) for loop in loops]
    try:
        yield tasks
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=20)


async def rows_of(house: House[Any], table: Table) -> list[Any]:
    async with house.database.begin() as connection:
        return list((await connection.execute(select(table))).all())


async def state_of(house: House[Purse], key: str) -> Purse:
    async with house.database.begin() as connection:
        row = (await connection.execute(select(subjects).where(subjects.c.key == key))).one_or_none()
    return decode(Purse, row.body) if row and row.body else Purse()


async def said_by(house: House[Any], key: str) -> list[Announcement]:
    async with house.database.begin() as connection:
        return await list_of(connection, key, 0, 1000)


async def told(house: House[Purse], key: str, *amounts: str) -> list[Announcement]:
    """What the speaker says when it is told of these payments."""
    await apply(house, [pay(key, number, amount) for number, amount in enumerate(amounts)])
    return await said_by(house, key)


def messages(house: House[Any], said: list[Announcement]) -> list[Heard]:
    return [heard_from(house, "ingest", one) for one in said]


async def heard_numbers(house: House[Any]) -> dict[str, int]:
    return {row.key: row.heard[0] for row in await rows_of(house, subjects)}


async def numbers_said(house: House[Any]) -> dict[str, int]:
    return {row.key: row.said for row in await rows_of(house, subjects)}


async def has_heard_all(second: House[Any], first: House[Any]) -> bool:
    return await heard_numbers(second) == await numbers_said(first)


async def check_chains(house: House[Any]) -> None:
    """Every subject's announcements are numbered 1, 2, 3 …, chained and intact, and end where its row says."""
    by_key: dict[str, list[Any]] = {}
    for row in sorted(await rows_of(house, announcements), key=lambda row: (row.key, row.number)):
        by_key.setdefault(row.key, []).append(row)
    ends = {row.key: (row.said, row.last_id) for row in await rows_of(house, subjects) if row.said}
    assert {key: (rows[-1].number, rows[-1].event_id) for key, rows in by_key.items()} == ends
    for key, rows in by_key.items():
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert [row.previous for row in rows] == [None, *(row.event_id for row in rows[:-1])]
        assert all(said.is_intact(house.name) for said in await said_by(house, key))


async def check_folds(house: House[Any], source: House[Any] | None = None) -> None:
    """Every state equals `evolve` over its journal and what followed from each entry, nothing left out or doubled."""
    told_of = {(said.key, said.number): said for said in await all_said(source)} if source else {}
    said = {(one.key, one.number): one for one in await all_said(house)}
    states: dict[str, Purse] = {}
    entries = sorted(await rows_of(house, journal), key=lambda row: (row.key, row.position))
    assert len({(row.key, row.source, row.number) for row in entries if row.number}) == sum(
        row.number is not None for row in entries
    )
    used: dict[str, int] = {}
    for row in entries:
        if row.body is None:
            fact: Any = decode(PaymentReceived, told_of[row.key, row.number].data)
        else:
            kind, body = json.loads(row.body)
            fact = decode({"Pay": Pay, "RingAt": RingAt, "Wake": Wake}[kind], json.dumps(body).encode())
        state = evolve(states.get(row.key, Purse()), fact)
        if isinstance(fact, Pay | Wake | PaymentReceived) and (row.key, used.get(row.key, 0) + 1) in said:
            used[row.key] = used.get(row.key, 0) + 1
            one = said[row.key, used[row.key]]
            state = evolve(state, decode(PaymentReceived, one.data) if one.type == "PaymentReceived" else None)
        states[row.key] = state
    kept = {row.key: decode(Purse, row.body) for row in await rows_of(house, subjects) if row.body}
    assert kept == states
    report = await verified(house, *([source] if source else []))
    assert report.mismatches == []
    assert report.entries == len(entries)


async def all_said(house: House[Any]) -> list[Announcement]:
    async with house.database.begin() as connection:
        keys = (await connection.execute(select(announcements.c.key).distinct())).scalars().all()
        return [said for key in keys for said in await list_of(connection, key, 0, 1000)]


async def is_calm(house: House[Any]) -> bool:
    """Nothing waits to be published, no gap is open."""
    return not await rows_of(house, unpublished) and not await rows_of(house, gaps)


class Keys:
    """A key pair, its JWKS file, and the tokens it signs."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "jwks.json"
        self.rotate("first")

    def rotate(self, kid: str) -> None:
        """A new pair; the old one's tokens are worth nothing from now on."""
        self.kid, self._private = kid, Ed25519PrivateKey.generate()
        public = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(self._private.public_key()))
        self.file.write_text(json.dumps({"keys": [{**public, "kid": kid, "alg": "EdDSA"}]}))

    def token(self, *scopes: str, expires_in: float = 600, audience: str = "forbear", **claims: Any) -> str:
        now = datetime.now(UTC)
        body = {
            "iss": ISSUERS[0], "sub": "tests", "aud": audience, "scope": " ".join(scopes),
            "iat": now, "exp": now + timedelta(seconds=expires_in),
        }  # fmt: skip
        return jwt.encode({**body, **claims}, self._private, "EdDSA", headers={"kid": self.kid})

    def signed(self, claims: dict[str, Any]) -> str:
        """Anything at all under our signature, as somebody else's library might write it."""
        return jwt.PyJWS().encode(json.dumps(claims).encode(), self._private, "EdDSA", headers={"kid": self.kid})

    def token_file(self, *scopes: str) -> Path:
        path = self.file.with_name("token")
        path.write_text(self.token(*scopes))
        return path


def settings(keys: Keys, **given: Any) -> Settings:
    values = {"database_url": "postgresql+asyncpg://unused", "jwks_file": keys.file, "jurisdiction": "CN"}
    return Settings(**{**values, **given})


def app_of(house: House[Any], keys: Keys, **given: Any) -> FastAPI:
    """The doors of *house*; its loops do not run until its lifespan does."""
    peers = given.pop("peers", dict.fromkeys(house.hears))
    return build_app(house, settings(keys, **given), Assembly(routers=given.pop("routers", ()), peers=peers))


def peer_of(house: House[Any], keys: Keys) -> Peer:
    """*house* as its neighbours see it."""
    transport = httpx.ASGITransport(app_of(house, keys))
    return Peer(house.name, "http://street", keys.token_file("street:read"), transport)


async def publish_all(house: House[Any], publisher: Any | None = None) -> None:
    """Run the relay until nothing waits."""
    relay = Relay(house, publisher or NumberingPublisher())
    async with running(relay):
        await eventually(lambda: _published(house))


async def _published(house: House[Any]) -> bool:
    return not await rows_of(house, unpublished)
