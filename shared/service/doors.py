"""The doors that every house has: heads, announcements, a borrower's events, quiet, the clock."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Depends, Query, Request
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
from shared.auth import requires
from shared.clock import ticks
from shared.fold import House
from shared.problems import Door
from shared.refusal import BadValue, refuse
from shared.service.quiet import is_at_rest, is_at_work, quiet

WAIT_SECONDS_MAX: Final = 30.0
LOOK_SECONDS: Final = 0.25
CALM_SECONDS: Final = 0.01
KEYS_MAX: Final = 1000
HEARD_MAX: Final = 8
CLOCK_MIN: Final = datetime(1970, 1, 2, tzinfo=UTC)
CLOCK_MAX: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""In every zone the date of such an instant is one, and there is room behind it for what is planned."""

Extra = Callable[[AsyncConnection], Awaitable[Mapping[str, Any]]]
Count = Callable[[AsyncConnection], Awaitable[int]]

_SET_CLOCK = text("update clock set now = :now where now <= :now returning now").bindparams(bindparam("now"))


Key = Annotated[str, Field(max_length=KEY_CHARACTERS_MAX, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
Cursor = Annotated[int, Query(ge=0, le=2**63 - 1)]
HeardSoFar = Annotated[str, Field(pattern=r"^[a-z]{1,32}:[0-9]{1,18}$", examples=["ingest:120"])]


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
            raise BadValue("limit_each", "keys times limit_each is too large")
        return self


class Moment(BaseModel):
    """A simulated business time."""

    now: AwareDatetime = Field(ge=CLOCK_MIN, le=CLOCK_MAX, examples=["2025-01-01T00:00:00Z"])


async def nothing_extra(connection: AsyncConnection) -> Mapping[str, Any]:  # noqa: ARG001
    """The default: heads are numbers and nothing else."""
    return {}


async def nothing_sending(connection: AsyncConnection) -> int:  # noqa: ARG001
    """The default: the house sends nothing."""
    return 0


def street_doors(house: House[Any], *, by_position: bool, extra: Extra) -> APIRouter:
    """What the other houses ask: heads and announcements."""
    router = APIRouter(route_class=Door, tags=["street"], dependencies=[Depends(requires("street:read"))])

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
            beats = house.moved.beats
            async with house.database.answering() as connection:
                page = await list_after(connection, after, limit, by_position=by_position)
            if page or ticks() >= deadline or request.app.state.stopping.is_set():
                return {"items": [{"cursor": cursor, **to_json(said)} for cursor, said in page]}
            await house.moved.after(beats, LOOK_SECONDS)

    @router.post("/v1/announcements/wanted")
    async def pull_announcements(asked: Wanted) -> dict[str, Any]:
        """For each key what was announced behind the number given, by key and number; `cut` if that ends at 4 MiB."""
        async with house.database.answering() as connection:
            found, is_cut = await list_wanted(connection, asked.after, asked.limit_each)
        return {"items": [to_json(said) for said in found], "cut": is_cut}

    return router


def _heads(chains: Mapping[str, Chain]) -> dict[str, Any]:
    return {
        "heads": {key: chain.said for key, chain in chains.items()},
        "ids": {key: chain.last_id for key, chain in chains.items()},
    }


def history_door(house: House[Any]) -> APIRouter:
    """A subject's announcements in order: this house's part of the borrower's story."""
    router = APIRouter(route_class=Door, tags=["history"], dependencies=[Depends(requires("events:read"))])

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
    router = APIRouter(route_class=Door, tags=["time"])

    @router.get("/v1/quiet", dependencies=[Depends(requires("street:read"))])
    async def read_quiet(
        request: Request,
        wait: Annotated[float, Query(ge=0, le=WAIT_SECONDS_MAX)] = 0,
        heard: Annotated[list[HeardSoFar] | None, Query(max_length=HEARD_MAX)] = None,
    ) -> dict[str, Any]:
        """How this house stands; all counts are integers.

        With *wait*, answers as soon as nothing is under way here and at least so much is heard as *heard* asks
        (`ingest:120`, a source each), or after so many seconds.
        """
        wanted = _numbers(heard or [])
        deadline = ticks() + wait
        while True:
            beats = house.moved.beats
            is_over = ticks() >= deadline or request.app.state.stopping.is_set()
            standing = await _standing(house, sending, wanted, is_over=is_over)
            if standing is not None:
                return standing
            await house.moved.after(beats, LOOK_SECONDS)
            await asyncio.sleep(CALM_SECONDS)  # several things move at once: one look for all of them

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


async def _standing(
    house: House[Any], sending: Count, wanted: Mapping[str, int], *, is_over: bool
) -> dict[str, Any] | None:
    """How the house stands, if it is at rest and has heard what is *wanted*, or if waiting *is_over*."""
    async with house.database.reading() as connection:
        if not is_over and await is_at_work(connection, house):
            return None
        standing = await quiet(connection, house, await sending(connection))
    return standing if is_over or is_at_rest(standing, wanted) else None


def _numbers(heard: Sequence[str]) -> dict[str, int]:
    pairs = (one.split(":") for one in heard)
    return {source: int(number) for source, number in pairs}
