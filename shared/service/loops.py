"""What runs beside the doors: each loop watched over, and what is old swept out."""

import asyncio
import logging
from typing import Any, Final, Protocol

from shared.clock import ticks
from shared.database import wait_out
from shared.fold import House
from shared.fold.idempotency import forget
from shared.fold.poison import TooMuchPoison

RESTART_SECONDS: Final = 5.0
WELL_AFTER_SECONDS: Final = 30.0
SWEEP_SECONDS: Final = 600.0
STOP_SECONDS_MAX: Final = 20

log = logging.getLogger("forbear.service")


class Loop(Protocol):
    """Something that runs until it is cancelled."""

    async def run(self) -> None: ...


class Watched:
    """One loop: a bug in it is an alarm, and it starts again; stopped by poison, it stays stopped."""

    def __init__(self, loop: Loop) -> None:
        self.name = type(loop).__name__
        self._loop = loop
        self._failed_at: float | None = None
        self._is_poisoned = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Run it beside everything else."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    def stopped(self) -> list[str]:
        """What it hears no more until it is started anew, because of too much poison: partitions, or the loop."""
        partitions = sorted(getattr(self._loop, "stopped", ()))
        return [f"{topic}-{number}" for topic, number in partitions] + [self.name] * self._is_poisoned

    def is_well(self) -> bool:
        """Whether it runs, and has not failed for half a minute."""
        calm = self._failed_at is None or ticks() - self._failed_at > WELL_AFTER_SECONDS
        return calm and self._task is not None and not self._task.done()

    async def _run(self) -> None:
        while True:
            try:
                return await self._loop.run()
            except TooMuchPoison:
                self._is_poisoned = True
                log.critical("too many subjects fail: a loop is stopped until restart", extra={"task": self.name})
                return None
            except Exception as error:
                log.critical("a loop met a bug", exc_info=error, extra={"task": self.name})
                self._failed_at = ticks()
            await asyncio.sleep(RESTART_SECONDS)

    async def stop(self) -> None:
        """Cancel it and see it end, within a bounded time."""
        if self._task is not None:
            self._task.cancel()
            _, running = await asyncio.wait([self._task], timeout=STOP_SECONDS_MAX)
            if running:
                log.error("a loop did not end", extra={"task": self.name})


class Sweep:
    """Deletes answers kept for repeats that come no more."""

    def __init__(self, house: House[Any]) -> None:
        self._house = house

    async def run(self) -> None:
        """Sweep now and every ten minutes, until cancelled."""
        while True:
            try:
                while await self._sweep():
                    pass
            except Exception as error:
                wait_out(error, log, "sweep")
            await asyncio.sleep(SWEEP_SECONDS)

    async def _sweep(self) -> int:
        async with self._house.database.begin() as connection:
            return await forget(connection)
