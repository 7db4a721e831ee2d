"""A beat that wakes whoever waits in this process, so that nobody need look again and again."""

import asyncio
import contextlib


class Pulse:
    """Counts its beats: one that comes between a look and the wait after it is not missed."""

    def __init__(self) -> None:
        self.beats = 0
        self._event = asyncio.Event()

    def beat(self) -> None:
        """Wake everybody who waits."""
        self.beats += 1
        self._event.set()
        self._event.clear()

    async def after(self, beats: int, seconds: float) -> None:
        """Wait until there were more than *beats*, or for *seconds*."""
        if self.beats == beats:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._event.wait()
