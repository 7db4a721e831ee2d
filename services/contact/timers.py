"""Time that comes due at contact: a step whose hour has struck is judged again, once its sources were asked."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from services.contact.store.hearing import ASKED, Asked
from shared.events import Wake
from shared.fold import Heard, Work
from shared.heads import Heads, Peer, PeerUnreachable

KEYS_AT_ONCE: Final = 1000

log = logging.getLogger("forbear.contact")


class Ask:
    """Asks ingest and feedback for their heads, before the transaction and for wakes alone."""

    def __init__(self, peers: Mapping[str, Peer]) -> None:
        self._peers = peers

    async def __call__(self, work: Sequence[Work]) -> Asked | None:
        """What the sources have said of whoever is woken; None when nobody is."""
        keys = sorted({item.key for item in work if isinstance(item, Heard) and isinstance(item.fact, Wake)})
        if not keys:
            return None
        answers = await asyncio.gather(*(self._heads(name, keys) for name in ASKED))
        return Asked(dict(zip(ASKED, answers, strict=True)))

    async def _heads(self, name: str, keys: Sequence[str]) -> Heads | None:
        """The day first, then the numbers, so that they count all that was said before that day was closed.

        None when the source cannot be reached.
        """
        if name not in self._peers:
            return None
        peer, numbers, ids = self._peers[name], dict[str, int](), dict[str, UUID | None]()
        try:
            day = (await peer.heads(keys[:1])).business_date
            for start in range(0, len(keys), KEYS_AT_ONCE):
                page = await peer.heads(keys[start : start + KEYS_AT_ONCE])
                numbers.update(page.numbers)
                ids.update(page.ids)
        except PeerUnreachable:
            log.warning("a source does not answer: nobody is reserved", extra={"source": name, "count": len(keys)})
            return None
        return Heads(numbers, ids, day)
