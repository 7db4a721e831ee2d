"""The only place where state changes: gather, decide, record, announce; one transaction for what was heard and said."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.announcements import announce
from shared.clock import ticks
from shared.database import insert_rows, is_bad_data, is_weather, upsert_rows
from shared.database.faults import sqlstate
from shared.database.tables import journal
from shared.fold.acts import settle_all
from shared.fold.batch import Batch
from shared.fold.editions import keep_editions
from shared.fold.house import Addressed, Busy, Context, Heard, House, Outcome, Released, Sorted, Work
from shared.fold.idempotency import recall, remember
from shared.fold.rows import free, lock_subjects, note_gaps, park, recall_earlier, save_subjects
from shared.fold.subject import StateTooLarge, Subject
from shared.refusal import Refused
from shared.telemetry import HEARD

LOCK_NOT_AVAILABLE: Final = "55P03"
# What may go on finding a way around locks that are held, behind the wait for the first of them.
AROUND_SECONDS_MAX: Final = 2.0

log = logging.getLogger("forbear.fold")


async def apply(house: House[Any], work: Sequence[Work]) -> list[Outcome]:
    """Apply *work* and answer an outcome for each piece, in its order; committed when this returns.

    Subjects whose rows are free come first; the rest follow in a second, bounded transaction, and are `Busy` when that
    too runs out of time. Raises: what `shared.database.is_weather` tells, with nothing of the failed transaction kept.
    """
    prepared = await house.prepare(work)
    shell = _Shell(house, work, prepared)
    outcomes = await shell.attempt(range(len(work)), patient=False)
    waiting = [index for index, outcome in outcomes.items() if isinstance(outcome, Busy)]
    if waiting:
        outcomes |= await shell.attempt(waiting, patient=True)
    house.spoke.set()
    house.moved.beat()
    for (door, outcome), count in Counter(
        (_door(work[i]), type(done).__name__) for i, done in outcomes.items()
    ).items():
        HEARD.labels(door, outcome).inc(count)
    return [outcomes[index] for index in range(len(work))]


def _door(item: Work) -> str:
    return type(item.via).__name__.lower() if item.via else "wake"


@dataclass(frozen=True, slots=True)
class _Shell:
    house: House[Any]
    work: Sequence[Work]
    prepared: Any

    async def attempt(self, indexes: Sequence[int], *, patient: bool, until: float | None = None) -> dict[int, Outcome]:
        """One transaction for *indexes*; when something in them breaks it, subject by subject, then item by item."""
        try:
            return await self._transact(indexes, patient=patient)
        except Exception as error:
            if isinstance(error, _Occupied) or sqlstate(error) == LOCK_NOT_AVAILABLE:
                return await self._around(indexes, ticks() + AROUND_SECONDS_MAX if until is None else until)
            reason = _reason_of_their_own(error)
            if reason is None:
                raise
        if len(indexes) == 1:
            return await self._transact(indexes, patient=True, condemned=reason)
        outcomes: dict[int, Outcome] = {}
        for part in self._parts(indexes):
            outcomes |= await self.attempt(part, patient=patient)
        return outcomes

    async def _around(self, indexes: Sequence[int], until: float) -> dict[int, Outcome]:
        """By halves and without patience, around what is held: that is `Busy`, as is what is left when time is up."""
        subjects = self._by_subject(indexes)
        if len(subjects) == 1 or ticks() > until:
            return {index: Busy() for index in indexes}
        middle = len(subjects) // 2
        outcomes: dict[int, Outcome] = {}
        for half in (subjects[:middle], subjects[middle:]):
            outcomes |= await self.attempt(sorted(chain.from_iterable(half)), patient=False, until=until)
        return outcomes

    def _parts(self, indexes: Sequence[int]) -> list[list[int]]:
        """*indexes* by subject; a single subject's, one by one."""
        subjects = self._by_subject(indexes)
        return subjects if len(subjects) > 1 else [[index] for index in indexes]

    def _by_subject(self, indexes: Sequence[int]) -> list[list[int]]:
        """*indexes* by subject; where that is not known yet, by what stays together."""
        by_key: dict[str, list[int]] = {}
        for index in indexes:
            item = self.work[index]
            key = item.key if isinstance(item, Heard) else item.together or f"\n{index}"
            by_key.setdefault(key, []).append(index)
        return list(by_key.values())

    async def _transact(
        self, indexes: Sequence[int], *, patient: bool, condemned: str | None = None
    ) -> dict[int, Outcome]:
        work = [self.work[index] for index in indexes]
        async with self.house.database.begin() as connection:
            outcomes = await recall(connection, work)
            fresh = [i for i in range(len(work)) if i not in outcomes]
            found = await self.house.address(connection, [work[i] for i in fresh], patient)
            addressed = dict(zip(fresh, found.outcomes, strict=True))
            batch = await self._load(connection, addressed, found, patient=patient, condemned=condemned)
            for i, item in addressed.items():
                outcomes[i] = _outcome(batch, item)
            released = [(item, _outcome(batch, item)) for item in found.released]
            await self._record(connection, batch, released)
            await remember(connection, work, outcomes)
            # Last of all: two processes that keep the same new edition wait for each other here, and lock nothing more.
            await keep_editions(connection, self.house, batch.editions)
        self.house.editions.update(batch.editions)
        return {index: outcomes[i] for i, index in enumerate(indexes)}

    async def _load(
        self,
        connection: AsyncConnection,
        addressed: Mapping[int, Addressed],
        found: Sorted,
        *,
        patient: bool,
        condemned: str | None,
    ) -> Batch:
        now = await self.house.clock.read(connection)
        heard = [item for item in (*addressed.values(), *found.released) if isinstance(item, Heard)]
        keys = sorted({item.key for item in heard})
        subjects: dict[str, Subject] = {}
        if keys:
            subjects = await lock_subjects(connection, self.house, keys, patient=patient)
            await recall_earlier(connection, self.house, subjects, heard)
        if any(item.key not in subjects for item in found.released):
            raise _Occupied
        free_ones = [item for item in heard if item.key in subjects]
        horizon = await self.house.horizon(connection, now)
        contexts: Mapping[str, Context] = {}
        if free_ones and condemned is None:
            contexts = await self.house.gather(connection, free_ones, self.prepared, now)
        return Batch(self.house, subjects, contexts, now, horizon, condemned)

    async def _record(self, connection: AsyncConnection, batch: Batch, released: Sequence[Released]) -> None:
        await save_subjects(connection, self.house, batch.changed())
        await announce(connection, batch.announcements())
        await insert_rows(connection, journal, batch.journal)
        await note_gaps(connection, batch.gaps)
        await settle_all(connection, batch.acts, batch.now)
        await free(connection, batch.freed)
        await park(connection, batch.parked)
        await self.house.record(connection, batch.said, released)
        for name, rows in self.house.rows(batch.said).items():
            await upsert_rows(connection, self.house.tables[name], rows)


class _Occupied(Exception):
    """An early fact is set free once: while somebody else holds its subject, what brought it waits too."""


def _reason_of_their_own(error: Exception) -> str | None:
    """Why the items of a transaction are to blame for *error*; None when they are not, or not known to be."""
    if isinstance(error, StateTooLarge):
        return "state-too-large"
    if is_bad_data(error):
        return f"does not fit the database (SQLSTATE {sqlstate(error)})"
    if is_weather(error) or isinstance(error, SQLAlchemyError | Refused):
        return None
    log.error("a transaction failed", exc_info=error, extra={"error": type(error).__name__})
    return f"{type(error).__name__} around decide"


def _outcome(batch: Batch, item: Addressed) -> Outcome:
    if not isinstance(item, Heard):
        return item
    return batch.hear(item) if item.key in batch.subjects else Busy()
