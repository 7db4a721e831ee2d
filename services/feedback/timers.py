"""Time that comes due at feedback: promises to be judged, for which ingest is asked first, and texts to be swept."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.feedback.store.promises import find_due
from services.feedback.store.vault import sweep
from shared.clock import Clock
from shared.database import Database, wait_out
from shared.events import Wake
from shared.fold import Heard, Work
from shared.heads import Heads, Peer, PeerUnreachable

HEADS_AT_ONCE: Final = 1000
SWEEP_SECONDS: Final = 3600.0

log = logging.getLogger("forbear.feedback")


@dataclass(frozen=True, slots=True)
class BankDay:
    """Asks ingest how far the bank's day has come, for those whose promises wait to be judged; outside transactions."""

    database: Database
    clock: Clock
    ingest: Peer

    async def prepare(self, work: Sequence[Work]) -> Heads | None:
        """Ingest's answer about the subjects to be judged; None when there are none, or it does not answer."""
        woken = sorted({item.key for item in work if isinstance(item, Heard) and isinstance(item.fact, Wake)})
        keys = await self._to_judge(woken) if woken else []
        if not keys:
            return None
        try:
            return await self._ask(keys)
        except PeerUnreachable:
            log.warning("ingest does not answer: nothing is judged", extra={"count": len(keys)})
            return None

    async def _to_judge(self, woken: Sequence[str]) -> list[str]:
        async with self.database.begin() as connection:
            return await find_due(connection, woken, await self.clock.read(connection))

    async def _ask(self, keys: Sequence[str]) -> Heads:
        """The day first, then the numbers: so they count all that was accepted before that day was closed.

        Raises: PeerUnreachable.
        """
        day = (await self.ingest.heads(keys[:1])).business_date
        pages = [
            await self.ingest.heads(keys[start : start + HEADS_AT_ONCE]) for start in range(0, len(keys), HEADS_AT_ONCE)
        ]
        numbers = {key: number for page in pages for key, number in page.numbers.items()}
        return Heads(numbers, {key: id_ for page in pages for key, id_ in page.ids.items()}, day)


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Forgets, once an hour, the texts that no command took up."""

    database: Database

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            try:
                while await self._sweep():
                    pass
            except Exception as error:
                wait_out(error, log, "sweeping texts")
            await asyncio.sleep(SWEEP_SECONDS)

    async def _sweep(self) -> int:
        async with self.database.begin() as connection:
            return await sweep(connection)
