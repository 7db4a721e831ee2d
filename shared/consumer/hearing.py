"""One batch of messages through the fold: broken dependencies waited out, the stuck noted as gaps."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from shared.database import wait_out
from shared.fold import Busy, Heard, House, Message, Outcome, apply
from shared.fold.rows import note_gaps

T = TypeVar("T")

BACKOFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

log = logging.getLogger("forbear.consumer")


async def hear(house: House[Any], work: Sequence[Heard]) -> list[Outcome]:
    """Apply *work*, however often a broken dependency interrupts; a subject that stays locked is noted as a gap."""
    outcomes = await through_weather(lambda: apply(house, work))
    stuck: dict[tuple[str, str], int] = {}
    for item, outcome in zip(work, outcomes, strict=True):
        if isinstance(outcome, Busy) and isinstance(item.via, Message):
            where = (item.key, item.via.source)
            stuck[where] = max(stuck.get(where, 0), item.via.number)
    if stuck:
        await through_weather(lambda: _note(house, stuck))
    return outcomes


async def through_weather(act: Callable[[], Awaitable[T]]) -> T:
    """Do *act* again until no broken dependency interrupts it; it must be safe to repeat."""
    attempt = 0
    while True:
        try:
            return await act()
        except Exception as error:
            wait_out(error, log, "hearing")
        await asyncio.sleep(BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)])
        attempt += 1


async def _note(house: House[Any], stuck: dict[tuple[str, str], int]) -> None:
    async with house.database.begin() as connection:
        await note_gaps(connection, stuck)
