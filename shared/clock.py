"""Two clocks: business time, which may be simulated, and the machine's ticks, which never are."""

import time
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_READ = text("select now from clock")


class Clock(Protocol):
    """Business time, as every transaction reads it first."""

    simulated: bool

    async def read(self, _connection: AsyncConnection, /) -> datetime:
        """The business time (aware, UTC) of the transaction on the connection."""


class SystemClock:
    """Business time is the machine's time."""

    simulated = False

    async def read(self, _connection: AsyncConnection, /) -> datetime:
        return datetime.now(UTC)


class SimulatedClock:
    """Business time is a row that only `PUT /v1/clock` moves, forward."""

    simulated = True

    async def read(self, connection: AsyncConnection, /) -> datetime:
        now = (await connection.execute(_READ)).scalar_one()
        assert isinstance(now, datetime)
        return now.astimezone(UTC)


def clock_named(name: str) -> Clock:
    """The clock that the setting `FORBEAR_CLOCK` names. Raises: ValueError for an unknown name."""
    clocks: dict[str, type[Clock]] = {"system": SystemClock, "simulated": SimulatedClock}
    if name not in clocks:
        raise ValueError("FORBEAR_CLOCK is 'system' or 'simulated'")
    return clocks[name]()


def ticks() -> float:
    """Seconds on the machine's monotonic clock: for leases, backoff, tokens, watchdogs and metrics."""
    return time.monotonic()


def wall() -> datetime:
    """The machine's wall clock (aware, UTC): for tokens, whose expiry the outside world set, and for logs."""
    return datetime.now(UTC)
