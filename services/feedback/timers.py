"""Time that comes due at feedback: promises to be judged, for which ingest is asked first, and texts to be swept."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.feedback.store.contexts import heard_of_ingest
from services.feedback.store.promises import find_due
from services.feedback.store.vault import sweep
from shared.clock import Clock, ticks
from shared.database import Database, wait_out
from shared.events import Wake
from shared.fold import Heard, Work
from shared.heads import Heads, Peer, PeerUnreachable

HEADS_AT_ONCE: Final = 1000
PATIENCE_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 0.02
SWEEP_SECONDS: Final = 3600.0

log = logging.getLogger("forbear.feedback")


@dataclass(frozen=True, slots=True)
class BankDay:
    """Asks ingest how far the bank's day has come, for those whose promises wait to be judged; outside transactions."""

    database: Database
    clock: Clock
    ingest: Peer

    async def prepare(self, work: Sequence[Work]) -> Heads | None:
        """Ingest's answer about the subjects to be judged; None when there are none, or it does not answer.

        A day that is just being closed, and news that is on its way, are waited for a little: whoever could not be
        judged is looked at again a minute later at the earliest.
        """
        woken = sorted({item.key for item in work if isinstance(item, Heard) and isinstance(item.fact, Wake)})
        due = await self._to_judge(woken) if woken else {}
        if not due:
            return None
        try:
            return await self._ask_patiently(due)
        except PeerUnreachable:
            log.warning("ingest does not answer: nothing is judged", extra={"count": len(due)})
            return None

    async def _to_judge(self, woken: Sequence[str]) -> dict[str, date]:
        async with self.database.begin() as connection:
            return await find_due(connection, woken, await self.clock.read(connection))

    async def _ask_patiently(self, due: Mapping[str, date]) -> Heads:
        """Raises: PeerUnreachable."""
        until, keys = ticks() + PATIENCE_SECONDS, list(due)
        while True:
            answer = await self._ask(keys)
            if ticks() >= until or await self._is_enough(answer, max(due.values())):
                return answer
            await asyncio.sleep(LOOK_SECONDS)

    async def _is_enough(self, answer: Heads, last_on: date) -> bool:
        """Whether the bank has closed *last_on*, and all that it says of these subjects was heard."""
        if answer.business_date is None or answer.business_date <= last_on:
            return False
        async with self.database.begin() as connection:
            heard = await heard_of_ingest(connection, list(answer.numbers))
        return all(answer.are_heard(key, *heard.get(key, (0, None))) for key in answer.numbers)

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
