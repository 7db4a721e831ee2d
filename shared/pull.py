"""Pulling what is missing from its source, in order, through the same fold: gaps, lost tails, released items."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Integer, and_, bindparam, delete, exists, func, select
from sqlalchemy.exc import SQLAlchemyError

from shared.clock import ticks
from shared.database.tables import gaps, parked, subjects
from shared.fold import House, apply
from shared.fold.hearing import heard_from
from shared.fold.rows import note_gaps
from shared.heads import Heads, Peer, PeerUnreachable

KEYS_AT_ONCE: Final = 200
EACH: Final = 100
LOOK_SECONDS: Final = 1.0
AUDIT_SECONDS: Final = 3600.0

_INDEX = bindparam("index", type_=Integer())
_HEARD = func.coalesce(subjects.c.heard[_INDEX], 0)
_OPEN = (
    select(gaps.c.key, _HEARD.label("heard"))
    .join(subjects, subjects.c.key == gaps.c.key, isouter=True)
    .where(gaps.c.source == bindparam("of"))
    .where(~exists().where(and_(parked.c.key == gaps.c.key, parked.c.source == gaps.c.source)))
    .where(gaps.c.key > bindparam("after"))
    .order_by(gaps.c.key)
    .limit(KEYS_AT_ONCE)
)
_CLOSE = delete(gaps).where(gaps.c.source == bindparam("of"), gaps.c.key == subjects.c.key, gaps.c.seen <= _HEARD)
_BEHIND = select(subjects.c.key, _HEARD.label("heard")).where(subjects.c.key == func.any(bindparam("keys")))

log = logging.getLogger("forbear.pull")


class Pull:
    """Repairs what this house has missed: gaps, lost tails, a topic past its retention; a new house catches up so."""

    def __init__(self, house: House[Any], peers: Mapping[str, Peer]) -> None:
        self._house, self._peers = house, peers

    async def run(self) -> None:
        """Close gaps every second, and once an hour compare all heads, until cancelled."""
        audited = ticks() - AUDIT_SECONDS
        while True:
            try:
                if ticks() - audited >= AUDIT_SECONDS:
                    await self.audit()
                    audited = ticks()
                await self.close_gaps()
            except (PeerUnreachable, SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("pulling failed, trying again", extra={"error": type(error).__name__})
            await asyncio.sleep(LOOK_SECONDS)

    async def close_gaps(self) -> None:
        """Pull, for each open gap not parked, what is behind the last number heard. Raises: PeerUnreachable."""
        for source in self._house.hears:
            after = ""
            while page := await self._open(source, after):
                await self._pull(source, page)
                after = max(page)

    async def audit(self) -> None:
        """Compare every head of every source with what was heard; note lost tails as gaps. Raises: PeerUnreachable."""
        for source in self._house.hears:
            after = ""
            while (page := await self._peers[source].heads_page(after)).numbers:
                await self._note_behind(source, page)
                after = max(page.numbers)

    async def _open(self, source: str, after: str) -> dict[str, int]:
        async with self._house.database.begin() as connection:
            found = await connection.execute(_OPEN, {"of": source, "index": self._index(source), "after": after})
            return {row.key: row.heard for row in found}

    async def _pull(self, source: str, heard: Mapping[str, int]) -> None:
        found = await self._peers[source].wanted(heard, EACH)
        if found:
            await apply(self._house, [heard_from(self._house, source, said) for said in found])
        async with self._house.database.begin() as connection:
            await connection.execute(_CLOSE, {"of": source, "index": self._index(source)})

    async def _note_behind(self, source: str, page: Heads) -> None:
        keys = list(page.numbers)
        async with self._house.database.begin() as connection:
            found = await connection.execute(_BEHIND, {"keys": keys, "index": self._index(source)})
            heard = {row.key: row.heard for row in found}
            behind = {(key, source): head for key, head in page.numbers.items() if heard.get(key, 0) < head}
            await note_gaps(connection, behind)

    def _index(self, source: str) -> int:
        """PostgreSQL counts array elements from one."""
        return self._house.hears.index(source) + 1
