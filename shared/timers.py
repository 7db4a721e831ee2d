"""Time that came due: a state says when it wants to wake, and is woken then, through the same fold."""

import asyncio
import contextlib
import logging
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.exc import SQLAlchemyError

from shared.clock import ticks
from shared.database.tables import parked, subjects
from shared.events import Wake
from shared.fold import Applied, Heard, House, apply

BATCH: Final = 500
LOOK_SECONDS: Final = 0.25
RETRY_SECONDS: Final = 1.0
STILL_SECONDS: Final = 1.0

_DUE = (
    select(subjects.c.key, subjects.c.wake_at)
    .where(subjects.c.wake_at <= bindparam("horizon"))
    .where(subjects.c.key != func.all(bindparam("resting")))
    .where(~exists().where(parked.c.key == subjects.c.key))
    .order_by(subjects.c.wake_at, subjects.c.key)
    .limit(BATCH)
)

log = logging.getLogger("forbear.timers")


class Timers:
    """Wakes the subjects that are due; instances share the work, because a wake that came too late moves nothing."""

    def __init__(self, house: House[Any]) -> None:
        self._house = house
        self._resting: dict[str, float] = {}

    async def run(self) -> None:
        """Wake until cancelled."""
        while True:
            try:
                self._house.stirred.clear()
                if not await self.wake_some():
                    await self._rest()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("waking failed, trying again", extra={"error": type(error).__name__})
                await asyncio.sleep(RETRY_SECONDS)

    async def wake_some(self) -> int:
        """Wake up to 500 subjects that are due, and answer how many there were.

        One that does not move (it waits for something else than time) is left alone for a second.
        """
        due = await self._due()
        outcomes = await apply(self._house, [Heard(key, Wake(at), None) for key, at in due]) if due else []
        again_at = ticks() + STILL_SECONDS
        for (key, _), outcome in zip(due, outcomes, strict=True):
            if not isinstance(outcome, Applied):
                self._resting[key] = again_at
        return len(due)

    async def _due(self) -> list[tuple[str, datetime]]:
        async with self._house.database.begin() as connection:
            now = await self._house.clock.read(connection)
            horizon = await self._house.horizon(connection, now)
            if horizon is None:
                return []
            self._resting = {key: until for key, until in self._resting.items() if until > ticks()}
            asked = {"horizon": horizon, "resting": list(self._resting)}
            return [(row.key, row.wake_at) for row in await connection.execute(_DUE, asked)]

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._house.stirred.wait(), LOOK_SECONDS)
