"""Time that came due: a state says when it wants to wake, and is woken then, through the same fold."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, exists, select, tuple_

from shared.database import wait_out
from shared.database.tables import Instant, Key, parked, subjects
from shared.events import Wake
from shared.fold import Applied, Heard, House, apply

BATCH: Final = 500
LOOK_SECONDS: Final = 0.25
RETRY_SECONDS: Final = 1.0

_PLACE = tuple_(subjects.c.wake_at, subjects.c.key)
_DUE = (
    select(subjects.c.key, subjects.c.wake_at)
    .where(subjects.c.wake_at <= bindparam("horizon"))
    .where(tuple_(bindparam("at", type_=Instant), bindparam("key", type_=Key)) < _PLACE)
    .where(~exists().where(parked.c.key == subjects.c.key))
    .order_by(subjects.c.wake_at, subjects.c.key)
    .limit(BATCH)
)


class _Due(NamedTuple):
    at: datetime
    key: str


_START: Final = _Due(datetime.min.replace(tzinfo=UTC), "")

log = logging.getLogger("forbear.timers")


class Timers:
    """Wakes the subjects that are due; instances share the work, because a wake that came too late moves nothing."""

    def __init__(self, house: House[Any]) -> None:
        self._house = house

    async def run(self) -> None:
        """Wake until cancelled."""
        while True:
            try:
                self._house.stirred.clear()
                if not await self.wake_all():
                    await self._rest()
            except Exception as error:
                wait_out(error, log, "timers")
                await asyncio.sleep(RETRY_SECONDS)

    async def wake_all(self) -> int:
        """Wake everybody who is due, once, in order of time; answers how many moved.

        Who does not move (what it waits for has not been heard) stays due, and keeps nobody behind it waiting.
        """
        moved, behind = 0, _START
        while due := await self._due(behind):
            moved += await self._wake(due)
            if len(due) < BATCH:
                break
            behind = due[-1]
        return moved

    async def wake_some(self) -> int:
        """Wake the 500 subjects that have been due longest, and answer how many of them moved."""
        return await self._wake(await self._due(_START))

    async def _wake(self, due: Sequence[_Due]) -> int:
        outcomes = await apply(self._house, [Heard(key, Wake(at), None) for at, key in due]) if due else []
        return sum(isinstance(outcome, Applied) for outcome in outcomes)

    async def _due(self, behind: _Due) -> list[_Due]:
        async with self._house.database.begin() as connection:
            now = await self._house.clock.read(connection)
            horizon = await self._house.horizon(connection, now)
            if horizon is None:
                return []
            asked = {"horizon": horizon, "at": behind.at, "key": behind.key}
            return [_Due(row.wake_at, row.key) for row in await connection.execute(_DUE, asked)]

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await self._house.stirred.wait()
