"""The kill switch: when it answers, no call that it stops is under way, and none will start."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from services.contact.schemas import Answer, CustomerId, SwitchRequest
from services.contact.store.attempts import CALL_DEADLINE_SECONDS, START_SECONDS_MAX, count_in_flight
from services.contact.store.switches import (
    exclude_senders,
    list_switches,
    release_switch,
    throw_switch,
)
from shared.auth import Principal, requires
from shared.clock import ticks
from shared.database import is_weather
from shared.fold import House
from shared.problems import Door
from shared.refusal import refuse

WAIT_SECONDS_MAX: Final = CALL_DEADLINE_SECONDS + START_SECONDS_MAX + 3
LOOK_SECONDS: Final = 0.05

Caller = Annotated[Principal, Depends(requires("killswitch:write"))]
ScopeName = Annotated[str, Query(pattern="^(global|channel|provider|strategy|segment|borrower)$")]


def killswitch_door(house: House[Any]) -> APIRouter:
    """`/v1/killswitch`."""
    router = APIRouter(route_class=Door, tags=["kill switch"], prefix="/v1/killswitch")

    @router.put("")
    async def throw(asked: SwitchRequest, caller: Caller) -> Answer:
        """Stop sending. Answers once no call is under way, by this process or any other, and none can start.

        The switch holds from the first moment; 503 says only that calls may still be under way.
        """
        async with house.database.begin() as connection:
            await throw_switch(connection, asked.scope, asked.value or "", asked.reason, caller.name)
        deadline = ticks() + WAIT_SECONDS_MAX
        while not await _is_still(house):
            if ticks() > deadline:
                raise refuse("unavailable", "the switch is thrown, but calls may still be under way; ask again")
            await asyncio.sleep(LOOK_SECONDS)
        return {"scope": asked.scope, "value": asked.value, "in_flight": 0}

    @router.get("", dependencies=[Depends(requires("contacts:read"))])
    async def read_switches() -> Answer:
        """The switches that are thrown, by whom and why."""
        async with house.database.reading() as connection:
            return {"items": await list_switches(connection)}

    @router.delete("")
    async def release(scope: ScopeName, _caller: Caller, value: CustomerId | None = None) -> Answer:
        """Let it be sent again."""
        async with house.database.begin() as connection:
            if not await release_switch(connection, scope, value or ""):
                raise refuse("not-found", "no such switch is thrown")
        return {"scope": scope, "value": value}

    return router


async def _is_still(house: House[Any]) -> bool:
    """Whether, with every sender kept out, no call can be under way."""
    try:
        async with house.database.begin() as connection:
            await exclude_senders(connection)
            return await count_in_flight(connection) == 0
    except Exception as error:
        if is_weather(error):
            return False
        raise
