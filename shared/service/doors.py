"""The doors that every house has: heads, announcements, a borrower's events, quiet, the clock, what is parked."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Body, Depends, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, Field, model_validator
from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.announcements import (
    KEY_CHARACTERS_MAX,
    PAGE_MAX,
    WANTED_MAX,
    Chain,
    heads_of,
    heads_page,
    list_after,
    list_of,
    list_wanted,
    to_json,
)
from shared.auth import Principal, requires
from shared.clock import ticks
from shared.fold import Applied, House
from shared.parking import discard, list_parked, release, release_edited
from shared.refusal import Refusal, Refused, refuse
from shared.service.quiet import quiet

WAIT_SECONDS_MAX: Final = 30.0
LOOK_SECONDS: Final = 0.25
KEYS_MAX: Final = 1000

Extra = Callable[[AsyncConnection], Awaitable[Mapping[str, Any]]]
Count = Callable[[AsyncConnection], Awaitable[int]]

_SET_CLOCK = text("update clock set now = :now where now <= :now returning now").bindparams(bindparam("now"))


Key = Annotated[str, Field(max_length=KEY_CHARACTERS_MAX, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
Cursor = Annotated[int, Query(ge=0, le=2**63 - 1)]
ParkedId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class Keys(BaseModel):
    """Whose heads are asked for."""

    keys: list[Key] = Field(max_length=KEYS_MAX, examples=[["C1001"]])


class Wanted(BaseModel):
    """What is missing: for each key the last number heard."""

    after: dict[Key, Number] = Field(max_length=KEYS_MAX, examples=[{"C1001": 4}])
    limit_each: int = Field(default=100, ge=1, le=PAGE_MAX)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if len(self.after) * self.limit_each > WANTED_MAX:
            raise ValueError("keys times limit_each is too large")
        return self


class Moment(BaseModel):
    """A simulated business time."""

    now: AwareDatetime = Field(examples=["2025-01-01T00:00:00Z"])


class Replacement(BaseModel):
    """Content to be applied in place of a parked item."""

    type: str = Field(max_length=128, examples=["PaymentReceived"])
    data: dict[str, Any]


async def nothing_extra(connection: AsyncConnection) -> Mapping[str, Any]:  # noqa: ARG001
    """The default: heads are numbers and nothing else."""
    return {}


async def nothing_sending(connection: AsyncConnection) -> int:  # noqa: ARG001
    """The default: the house sends nothing."""
    return 0


def street_doors(house: House[Any], *, by_position: bool, extra: Extra) -> APIRouter:
    """What the other houses ask: heads and announcements."""
    router = APIRouter(tags=["street"], dependencies=[Depends(requires("street:read"))])

    @router.post("/v1/heads")
    async def ask_heads(asked: Keys) -> dict[str, Any]:
        """The last number said about each key, and its id; ingest adds its business date."""
        async with house.database.answering() as connection:
            day = await extra(connection)  # first: a head read later can only be further than the day it stands beside
            return {**_heads(await heads_of(connection, asked.keys)), **day}

    @router.get("/v1/heads")
    async def list_heads(after: Key = "", limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX) -> dict[str, Any]:
        """All heads in the order of their keys, a page at a time."""
        async with house.database.answering() as connection:
            day = await extra(connection)
            return {**_heads(await heads_page(connection, after, limit)), **day}

    @router.get("/v1/announcements")
    async def read_announcements(
        request: Request,
        after: Cursor = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 500,
        wait: Annotated[float, Query(ge=0, le=WAIT_SECONDS_MAX)] = 0,
    ) -> dict[str, Any]:
        """What was announced behind a cursor; waits up to *wait* seconds when there is nothing yet."""
        deadline = ticks() + wait
        while True:
            async with house.database.answering() as connection:
                page = await list_after(connection, after, limit, by_position=by_position)
            if page or ticks() >= deadline or request.app.state.stopping.is_set():
                return {"items": [{"cursor": cursor, **to_json(said)} for cursor, said in page]}
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await house.published.wait()

    @router.post("/v1/announcements/wanted")
    async def pull_announcements(asked: Wanted) -> dict[str, Any]:
        """For each key what was announced behind the number given, in order."""
        async with house.database.answering() as connection:
            found = await list_wanted(connection, asked.after, asked.limit_each)
        return {"items": [to_json(said) for said in found]}

    return router


def _heads(chains: Mapping[str, Chain]) -> dict[str, Any]:
    return {
        "heads": {key: chain.said for key, chain in chains.items()},
        "ids": {key: chain.last_id for key, chain in chains.items()},
    }


def history_door(house: House[Any]) -> APIRouter:
    """A subject's announcements in order: this house's part of the borrower's story."""
    router = APIRouter(tags=["history"], dependencies=[Depends(requires("events:read"))])

    @router.get("/v1/customers/{customer_id}/events")
    async def read_events(
        customer_id: Key,
        after: Cursor = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
    ) -> dict[str, Any]:
        """Announcements about one borrower behind a number (exclusive), in order."""
        async with house.database.reading() as connection:
            found = await list_of(connection, customer_id, after, limit)
        return {"items": [to_json(said) for said in found]}

    return router


def time_doors(house: House[Any], sending: Count) -> APIRouter:
    """Whether all is quiet, and the simulated clock."""
    router = APIRouter(tags=["time"])

    @router.get("/v1/quiet", dependencies=[Depends(requires("street:read"))])
    async def read_quiet() -> dict[str, Any]:
        """How this house stands; all counts are integers."""
        async with house.database.reading() as connection:
            return await quiet(connection, house, await sending(connection))

    @router.get("/v1/clock", dependencies=[Depends(requires("street:read"))])
    async def read_clock() -> dict[str, Any]:
        """Business time, and whether it is simulated."""
        async with house.database.begin() as connection:
            return {"now": (await house.clock.read(connection)).isoformat(), "simulated": house.clock.simulated}

    @router.put("/v1/clock", dependencies=[Depends(requires("clock:write"))])
    async def set_clock(moment: Moment) -> dict[str, datetime]:
        """Move the simulated clock forward."""
        if not house.clock.simulated:
            raise refuse("no-such-route", "the clock of this system is real")
        async with house.database.begin() as connection:
            moved = (await connection.execute(_SET_CLOCK, {"now": moment.now})).one_or_none()
        if moved is None:
            raise refuse("clock-moves-forward", "the simulated clock is already later", "/now")
        house.stirred.set()
        return {"now": moment.now}

    return router


def parking_doors(house: House[Any]) -> APIRouter:
    """What was set aside, for operators."""
    router = APIRouter(tags=["operations"])
    Operator = Annotated[Principal, Depends(requires("parked:write"))]  # noqa: N806

    @router.get("/v1/parked", dependencies=[Depends(requires("parked:read"))])
    async def read_parked(after: Cursor = 0, limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100) -> dict[str, Any]:
        """Parked items, oldest first."""
        async with house.database.reading() as connection:
            return {"items": await list_parked(connection, after, limit)}

    @router.post("/v1/parked/{parked_id}/release", status_code=202)
    async def release_item(parked_id: ParkedId, operator: Operator) -> dict[str, int]:
        """Let the item and its followers be pulled from their source again, in order."""
        if not await release(house, parked_id, operator.name):
            raise refuse("not-found", "there is no such parked item")
        return {"released": parked_id}

    @router.post("/v1/parked/{parked_id}/replace")
    async def replace_item(parked_id: ParkedId, replacement: Replacement, operator: Operator) -> dict[str, int]:
        """Apply other content in place of the item."""
        outcome = await release_edited(house, parked_id, replacement.type, replacement.data, operator.name)
        return _acted(outcome, parked_id)

    @router.post("/v1/parked/{parked_id}/discard")
    async def discard_item(
        parked_id: ParkedId, operator: Operator, _: Annotated[dict[str, Any] | None, Body()] = None
    ) -> dict[str, int]:
        """Hear the item's number without acting on it."""
        return _acted(await discard(house, parked_id, operator.name), parked_id)

    return router


def _acted(outcome: object, parked_id: int) -> dict[str, int]:
    if outcome is None:
        raise refuse("not-found", "there is no such parked item")
    if isinstance(outcome, Refusal):
        raise Refused(outcome)
    if not isinstance(outcome, Applied):
        raise refuse("conflict", "the item could not be applied; it is still parked")
    return {"applied": parked_id}
