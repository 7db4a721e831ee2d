"""One batch of messages through the fold: broken dependencies waited out, the stuck noted, the poisonous set aside."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from shared.database import is_weather
from shared.fold import Busy, Heard, House, Message, Outcome, Parked, apply
from shared.fold.rows import note_gaps

BACKOFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
RECENT: Final = 1000
FAILING_SUBJECTS_MAX: Final = 100

log = logging.getLogger("forbear.consumer")


class TooMuchPoison(RuntimeError):
    """More than 100 distinct subjects among the last 1,000 messages failed: stop instead of parking everything."""


class Recent:
    """The last 1,000 messages: whose failed."""

    def __init__(self) -> None:
        self._failing: deque[str | None] = deque(maxlen=RECENT)

    def note(self, outcomes: Sequence[Outcome]) -> None:
        """Count *outcomes* in. Raises: TooMuchPoison."""
        self._failing.extend(outcome.key if isinstance(outcome, Parked) else None for outcome in outcomes)
        if len({key for key in self._failing if key is not None}) > FAILING_SUBJECTS_MAX:
            raise TooMuchPoison


async def hear(house: House[Any], work: Sequence[Heard]) -> list[Outcome]:
    """Apply *work*, however often a broken dependency interrupts; a subject that stays locked is noted as a gap."""
    outcomes = await through_weather(house, work)
    stuck: dict[tuple[str, str], int] = {}
    for item, outcome in zip(work, outcomes, strict=True):
        if isinstance(outcome, Busy) and isinstance(item.via, Message):
            where = (item.key, item.via.source)
            stuck[where] = max(stuck.get(where, 0), item.via.number)
    if stuck:
        await _note(house, stuck)
    return outcomes


async def through_weather(house: House[Any], work: Sequence[Heard]) -> list[Outcome]:
    """Apply *work*, retrying in place while a dependency is broken; nothing is parked for weather."""
    attempt = 0
    while True:
        try:
            return await apply(house, work)
        except Exception as error:
            if not is_weather(error):
                raise
            log.warning("a dependency is broken, trying again", extra={"error": type(error).__name__})
        await asyncio.sleep(BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)])
        attempt += 1


async def _note(house: House[Any], stuck: dict[tuple[str, str], int]) -> None:
    async with house.database.begin() as connection:
        await note_gaps(connection, stuck)
