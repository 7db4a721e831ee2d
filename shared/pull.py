"""Pulling what is missing from its source, in order, through the same fold: gaps, lost tails, released items."""

import asyncio
import logging
from collections.abc import Mapping, Sequence, Set
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Integer, and_, bindparam, delete, exists, func, or_, select

from shared.clock import ticks
from shared.database import arrays, unnest, wait_out
from shared.database.tables import Key, gaps, parked, subjects
from shared.fold import Applied, House, Outcome, apply
from shared.fold.hearing import told_from
from shared.fold.letters import bury, letter_of
from shared.fold.poison import Recent
from shared.fold.rows import note_gaps
from shared.heads import Heads, Illegible, Peer, Told

KEYS_AT_ONCE: Final = 100
EACH: Final = 100
RECORDS_MAX: Final = 500
LOOK_SECONDS: Final = 1.0
AUDIT_SECONDS: Final = 3600.0

_INDEX = bindparam("index", type_=Integer())
_HEARD = func.coalesce(subjects.c.heard[_INDEX], 0)
_OPEN = (
    select(gaps.c.key, _HEARD.label("heard"), gaps.c.seen)
    .join(subjects, subjects.c.key == gaps.c.key, isouter=True)
    .where(gaps.c.source == bindparam("of"))
    .where(~exists().where(and_(parked.c.key == gaps.c.key, parked.c.source == gaps.c.source)))
    .where(gaps.c.key > bindparam("after"))
    .order_by(gaps.c.key)
    .limit(KEYS_AT_ONCE)
)
_ASKED = unnest({"key": Key, "seen": BigInteger()}, "asked")
_IS_HEARD = exists().where(and_(subjects.c.key == gaps.c.key, gaps.c.seen <= _HEARD))
_CLOSE = (
    delete(gaps)
    .where(gaps.c.source == bindparam("of"), gaps.c.key == _ASKED.c.key)
    .where(or_(_IS_HEARD, gaps.c.seen <= _ASKED.c.seen))
)
_LAST = select(subjects.c.key, _HEARD.label("number"), subjects.c.heard_ids[_INDEX].label("id")).where(
    subjects.c.key == func.any(bindparam("keys"))
)

log = logging.getLogger("forbear.pull")


class _Open(NamedTuple):
    """One open gap: the last number heard, and the highest seen above it."""

    key: str
    heard: int
    seen: int


class Pull:
    """Repairs what this house has missed: gaps, lost tails, a topic past its retention; a new house catches up so."""

    def __init__(self, house: House[Any], peers: Mapping[str, Peer]) -> None:
        self._house, self._peers = house, peers
        self._recent = {source: Recent() for source in house.hears}
        self._audited = dict.fromkeys(house.hears, ticks() - AUDIT_SECONDS)

    async def run(self) -> None:
        """Close gaps every second, and once an hour compare all heads, until cancelled. Raises: TooMuchPoison."""
        while True:
            moved = 0
            for source in self._house.hears:
                try:
                    moved += await self._repair(source)
                except Exception as error:
                    wait_out(error, log, f"pulling from {source}")
            if not moved:
                await asyncio.sleep(LOOK_SECONDS)

    async def close_gaps(self) -> int:
        """Pull, for each open gap not parked, what is behind the last number heard, and answer how much was applied.

        Raises: PeerUnreachable, TooMuchPoison.
        """
        return sum([await self._close_gaps(source) for source in self._house.hears])

    async def audit(self) -> None:
        """Compare every head of every source with what was heard: a lost tail is noted as a gap, a fork is parked.

        Raises: PeerUnreachable.
        """
        for source in self._house.hears:
            await self._audit(source)

    async def _repair(self, source: str) -> int:
        """One source's turn; another that cannot be reached does not keep it waiting."""
        if ticks() - self._audited[source] >= AUDIT_SECONDS:
            await self._audit(source)
            self._audited[source] = ticks()
        return await self._close_gaps(source)

    async def _close_gaps(self, source: str) -> int:
        applied, after = 0, ""
        while page := await self._open(source, after):
            applied += await self._pull(source, page)
            after = page[-1].key
        return applied

    async def _audit(self, source: str) -> None:
        after = ""
        while (page := await self._peers[source].heads_page(after)).numbers:
            await self._compare(source, page)
            after = max(page.numbers)

    async def _open(self, source: str, after: str) -> list[_Open]:
        async with self._house.database.begin() as connection:
            found = await connection.execute(_OPEN, {"of": source, "index": self._index(source), "after": after})
            return [_Open(*row) for row in found]

    async def _pull(self, source: str, page: Sequence[_Open]) -> int:
        found, is_cut = await self._peers[source].wanted_page({gap.key: gap.heard for gap in page}, EACH)
        applied = 0
        for start in range(0, len(found), RECORDS_MAX):
            outcomes = await self._hear(source, found[start : start + RECORDS_MAX])
            applied += sum(isinstance(outcome, Applied) for outcome in outcomes)
        unanswered = {gap.key for gap in page} if is_cut else set()
        await self._close(source, page, unanswered | {told.key for told in found})
        return applied

    async def _hear(self, source: str, found: Sequence[Told]) -> list[Outcome]:
        """Apply what *source* told; what has no key and number is buried."""
        work = [told_from(self._house, source, told) for told in found]
        lost = [told for told, item in zip(found, work, strict=True) if item is None and isinstance(told, Illegible)]
        if lost:
            await bury(self._house, [letter_of(source, told, 0) for told in lost])
        outcomes = await apply(self._house, [item for item in work if item is not None])
        self._recent[source].note(outcomes)
        return outcomes

    async def _close(self, source: str, page: Sequence[_Open], more: Set[str | None]) -> None:
        """Close the gaps that are heard out, and those of whom there is no *more*: the source was asked afterwards."""
        asked = [{"key": gap.key, "seen": 0 if gap.key in more else gap.seen} for gap in page]
        async with self._house.database.begin() as connection:
            parameters = {"of": source, "index": self._index(source), **arrays(("key", "seen"), asked)}
            await connection.execute(_CLOSE, parameters)

    async def _compare(self, source: str, page: Heads) -> None:
        """Note who is behind; where as much was heard, or more, but not that head, hear the head: repeat or fork."""
        async with self._house.database.begin() as connection:
            found = await connection.execute(_LAST, {"keys": list(page.numbers), "index": self._index(source)})
            last = {row.key: (row.number, row.id) for row in found}
            unheard = {key for key in page.numbers if not page.are_heard(key, *last.get(key, (0, None)))}
            behind = {key for key in unheard if last.get(key, (0, None))[0] < page.numbers[key]}
            await note_gaps(connection, {(key, source): page.numbers[key] for key in behind})
        await self._hear_heads(source, {key: page.numbers[key] for key in unheard - behind})

    async def _hear_heads(self, source: str, numbers: Mapping[str, int]) -> None:
        left, is_cut = {key: number - 1 for key, number in numbers.items()}, True
        while left and is_cut:
            found, is_cut = await self._peers[source].wanted_page(left, 1)
            await self._hear(source, found)
            came = max((told.key or "" for told in found), default="")
            left = {key: number for key, number in left.items() if key > came}

    def _index(self, source: str) -> int:
        """PostgreSQL counts array elements from one."""
        return self._house.hears.index(source) + 1
