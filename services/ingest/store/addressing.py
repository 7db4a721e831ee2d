"""Whose fact it is: repeats and contradictions sifted out, early facts held, and set free by what they waited for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.facts import (
    Posted,
    about_name,
    identity_of,
    loan_of,
    makes_known,
    name_of,
    names_gone_with,
    needs_of,
    voided_by,
)
from services.ingest.store.days import business_date
from services.ingest.store.facts import digest_of, fact_row, posted_in
from services.ingest.tables import facts
from shared.auth import internal
from shared.clock import Clock
from shared.database import arrays, unnest, upsert_rows
from shared.database.locks import Names
from shared.database.tables import Key
from shared.events import FactVoided, LoanOpened
from shared.fold import Busy, Contradicted, Duplicate, Heard, Held, Request, Sorted, Work
from shared.fold.house import Addressed
from shared.refusal import Refusal

_NAMED = unnest({"name": Key}, "named")
_VOIDS = func.hashtextextended("forbear voids", Names.OURS)
_FOR_VOIDS = {
    (True, True): select(func.pg_advisory_xact_lock(_VOIDS).label("locked")),
    (True, False): select(func.pg_advisory_xact_lock_shared(_VOIDS).label("locked")),
    (False, True): select(func.pg_try_advisory_xact_lock(_VOIDS).label("locked")),
    (False, False): select(func.pg_try_advisory_xact_lock_shared(_VOIDS).label("locked")),
}
_GIVEN = unnest({"source": Key, "id": Key}, "given")
_KNOWN = select(facts).where(
    or_(
        tuple_(facts.c.source, facts.c.id).in_(select(_GIVEN.c.source, _GIVEN.c.id)),
        facts.c.name == func.any(bindparam("names")),
        (facts.c.known_as == func.any(bindparam("names"))) & facts.c.awaiting.is_(None),
    )
)
_WAITING = select(facts).where(facts.c.awaiting == func.any(bindparam("names"))).order_by(facts.c.time)

INGEST = internal("ingest")
CONTRADICTION = Refusal("contradiction", "this identity was used before, for other content", ("/id",))
NAME_TAKEN = Refusal("contradiction", "the lender's own id of this fact was used before, for other content", ("/data",))


@dataclass
class _Book:
    """What is known while one batch is sorted: by identity, by name, and what is held for which name."""

    today: date | None
    by_id: dict[str, bytes] = field(default_factory=dict)
    by_name: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    about: dict[str, tuple[str | None, Posted]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def learn(self, row: Row[Any]) -> None:
        """Take what stands in *row* as known; a fact without the name it should have was voided."""
        posted = posted_in(row)
        if row.name is None and name_of(posted.fact) is not None:
            self.by_id[posted.identity] = row.digest
            self.about[posted.identity] = (row.key, posted)
            self.gone.add(posted.identity)
        else:
            self.enter(posted, row.key, row.digest, held=row.awaiting is not None)

    def enter(self, posted: Posted, key: str | None, digest: bytes, *, held: bool) -> None:
        """Take *posted* as known; a held one is known by its identity alone."""
        name = name_of(posted.fact)
        self.by_id[posted.identity] = digest
        if name:
            self.by_name[name] = (digest, posted.identity)
        if held or key is None:
            return
        self.about[posted.identity] = (key, posted)
        if name:
            self.about[name] = (key, posted)
        for known in makes_known(posted.fact):
            self.owners[known] = key
        if voided := voided_by(posted):
            self._void(voided)

    def _void(self, voided: str) -> None:
        """Free the names of a fact that is not gone yet, and of the reversal that goes with it."""
        _, posted = self.about[voided]
        if voided in self.gone or isinstance(posted.fact, FactVoided):
            return
        self.gone.add(voided)
        freed = [self.by_name.pop(name) for name in names_gone_with(posted.fact) if name in self.by_name]
        self.gone.update(identity for _, identity in freed)

    def sift(self, posted: Posted, digest: bytes) -> Duplicate | Contradicted | None:
        """Whether this identity, or this name, is taken already."""
        known = self.by_id.get(posted.identity)
        if known is not None:
            return Duplicate() if known == digest else Contradicted(CONTRADICTION)
        named = self.by_name.get(name_of(posted.fact) or "")
        if named is not None:
            return Duplicate() if named[0] == digest else Contradicted(NAME_TAKEN)
        return None

    def missing(self, posted: Posted) -> str | None:
        """The first thing *posted* needs that is not known."""
        if voided := voided_by(posted):
            return None if voided in self.about else f"fact:{voided}"
        return next((need for need in needs_of(posted.fact) if need not in self.owners), None)

    def complete(self, posted: Posted) -> tuple[str, Posted]:
        """The borrower *posted* belongs to, and *posted* with what travels with it."""
        fact = posted.fact
        reference = voided_by(posted) or about_name(fact)
        owner, about = self.about[reference] if reference else (None, None)
        if isinstance(fact, LoanOpened):
            owner = fact.customer_id
        key = owner or self.owners[f"loan:{loan_of(fact)}"]
        filled = replace(posted, business_date=self.today)
        return key, self._with_about(filled, about) if about else filled

    def _with_about(self, posted: Posted, about: Posted) -> Posted:
        return replace(
            posted,
            about=about.fact,
            about_time=about.time,
            about_type=about.type,
            about_identity=about.identity,
            about_gone=about.identity in self.gone,
        )


async def address(connection: AsyncConnection, work: Sequence[Work], patient: bool, clock: Clock) -> Sorted:
    """Find the borrower of each posted fact, under its loan's advisory lock, and what it sets free.

    The lock makes it certain which of two facts about one loan comes first, whichever commits first.
    """
    posted = await _lock(
        connection, {i: item.fact for i, item in enumerate(work) if isinstance(item.fact, Posted)}, patient
    )
    book = await _open_book(connection, list(posted.values()))
    found = _Sorting(book, await clock.read(connection))
    outcomes: list[Addressed] = [item if isinstance(item, Heard) else Busy() for item in work]
    for index, fact in posted.items():
        via = work[index].via
        if isinstance(via, Request):
            outcomes[index] = found.sort(fact, via)
    await found.release(connection, posted.values())
    await upsert_rows(connection, facts, found.held_rows())
    return Sorted(outcomes, found.released)


async def _lock(connection: AsyncConnection, posted: Mapping[int, Posted], patient: bool) -> dict[int, Posted]:
    """Those of *posted* whose locks were had: of the identity, so that a fact and its like take turns; of the loan.

    A void names a fact whose loan may not be known yet: a batch with voids runs while no other batch does.
    """
    if not posted:
        return {}
    identities = await _locked(connection, Names.EVENT, {one.identity for one in posted.values()}, patient)
    has_voids = any(isinstance(one.fact, FactVoided) for one in posted.values())
    if (await connection.execute(_FOR_VOIDS[patient, has_voids])).scalar_one() is False:
        return {}
    loans = await _locked(connection, Names.LOAN, {_loan(one) for one in posted.values()}, patient)
    return {i: one for i, one in posted.items() if one.identity in identities and _loan(one) in loans}


async def _locked(connection: AsyncConnection, whose: Names, names: Collection[str], patient: bool) -> set[str]:
    """Those of *names* whose lock was had, asked for in order; with patience all, or what waiting raises."""
    rows = [{"name": name} for name in sorted(names)]
    found = await connection.execute(_take(whose, patient), arrays(("name",), rows))
    return {row.name for row in found if row.locked is not False}


@cache
def _take(whose: Names, patient: bool) -> Select[Any]:
    take = func.pg_advisory_xact_lock if patient else func.pg_try_advisory_xact_lock
    return select(_NAMED.c.name, take(func.hashtextextended(_NAMED.c.name, whose)).label("locked")).order_by(
        _NAMED.c.name
    )


def _loan(posted: Posted) -> str:
    voided = voided_by(posted)
    return f"fact:{voided}" if voided else loan_of(posted.fact) or ""


async def _open_book(connection: AsyncConnection, posted: Sequence[Posted]) -> _Book:
    """Everything already known about the identities, the names and the needs of *posted*, in one query."""
    book = _Book(await business_date(connection))
    if posted:
        for row in await _known(connection, posted):
            book.learn(row)
    return book


async def _known(connection: AsyncConnection, posted: Sequence[Posted]) -> Iterable[Row[Any]]:
    identities = [{"source": one.source, "id": one.id} for one in posted]
    identities += [{"source": f.source, "id": f.id} for one in posted if isinstance(f := one.fact, FactVoided)]
    names = {name for one in posted for name in (name_of(one.fact), about_name(one.fact), *needs_of(one.fact)) if name}
    return await connection.execute(_KNOWN, {**arrays(("source", "id"), identities), "names": sorted(names)})


class _Sorting:
    """One batch being sorted, in order."""

    def __init__(self, book: _Book, now: datetime) -> None:
        self._book, self._now = book, now
        self._held: dict[tuple[str, str], tuple[Posted, str]] = {}
        self._brought: list[str] = []
        self.released: list[Heard] = []

    def sort(self, posted: Posted, via: Request) -> Heard | Duplicate | Contradicted | Held:
        """Where *posted* goes."""
        digest = digest_of(posted)
        known = self._book.sift(posted, digest)
        if known is not None:
            return known
        missing = self._book.missing(posted)
        if missing is not None:
            self._held[posted.source, posted.id] = (posted, missing)
            self._book.enter(posted, None, digest, held=True)
            return Held(f"unknown-{missing.partition(':')[0]}")
        return self._admit(posted, via, digest)

    def _admit(self, posted: Posted, via: Request, digest: bytes) -> Heard:
        key, filled = self._book.complete(posted)
        self._book.enter(filled, key, digest, held=False)
        self._brought.extend(makes_known(filled.fact))
        self._brought.append(f"fact:{filled.identity}")
        return Heard(key, filled, via)

    async def release(self, connection: AsyncConnection, batch: Iterable[Posted]) -> None:
        """Set free what waited for something that this batch brings, and what waited for that in turn."""
        in_batch = {(one.source, one.id) for one in batch}
        while self._brought:
            names, self._brought = self._brought, []
            stored = [posted_in(row) for row in await connection.execute(_WAITING, {"names": names})]
            await self._ask_about(connection, stored)
            fresh = [posted for posted, missing in self._held.values() if missing in names]
            for posted in (*(one for one in stored if (one.source, one.id) not in in_batch), *fresh):
                self._free(posted)

    async def _ask_about(self, connection: AsyncConnection, stored: Sequence[Posted]) -> None:
        """Learn what the facts that waited need besides: it may have come while they waited for something else."""
        for row in await _known(connection, stored) if stored else ():
            if identity_of(row.source, row.id) not in self._book.by_id:
                self._book.learn(row)

    def _free(self, posted: Posted) -> None:
        """Hear *posted* now, or hold it for the next thing it needs; until it is applied, its row stays as it is."""
        missing = self._book.missing(posted)
        if missing is None:
            self.released.append(self._admit(posted, Request(INGEST), digest_of(posted)))
        else:
            self._held[posted.source, posted.id] = (posted, missing)

    def held_rows(self) -> list[dict[str, Any]]:
        """The rows of the facts that this batch leaves waiting."""
        return [fact_row(posted, None, self._now, awaiting) for posted, awaiting in self._held.values()]


def held_reason(row: Row[Any]) -> str:
    """Why the fact in *row* is held."""
    return f"unknown-{str(row.awaiting).partition(':')[0]}"
