"""Everything a house keeps of some subjects at one moment, and what its sources have said of them; a page at a time."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, Select, Table, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.announcements import Announcement, made_of
from shared.announcements.said import PAGE_MAX
from shared.codec.decoding import plain
from shared.database.tables import announcements, editions, journal, subjects
from shared.verify.verification import Rebuild, Source, Verification

KEYS_MAX: Final = 200
ROWS_MAX: Final = 20_000
"""A page has fewer rows than this, or it is one subject's."""
ASKED_MAX: Final = 2_000

_HEADS = (
    select(subjects.c.key, subjects.c.position, subjects.c.said, subjects.c.heard)
    .where(subjects.c.key > bindparam("after"))
    .order_by(subjects.c.key)
    .limit(KEYS_MAX)
)
_EDITIONS = select(editions).where(editions.c.edition == func.any(bindparam("wanted")))


@dataclass(slots=True)
class Kept:
    """What is kept of one subject; `told` is what each source said of it, by number, as far as it was heard."""

    key: str
    subject: Row[Any] | None = None
    entries: list[Row[Any]] = field(default_factory=list)
    said: list[Announcement] = field(default_factory=list)
    told: dict[str, dict[int, Announcement]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Some subjects, and how contexts are rebuilt for the editions that their journal names."""

    subjects: Sequence[Kept]
    rules: Mapping[int, tuple[Mapping[str, str], Rebuild | None]]


async def pages(verification: Verification[Any]) -> AsyncIterator[Page]:
    """All subjects in the order of their keys, a snapshot for each page.

    The sources are asked after the snapshot was taken: what it shows as heard, they have said.
    """
    after: str | None = ""
    rules: dict[int, tuple[Mapping[str, str], Rebuild | None]] = {}
    while after is not None:
        async with verification.house.database.reading() as connection:
            upto = await _end_of_page(connection, after)
            kept = await _load(connection, after, upto)
            rules |= await _rules(connection, verification, kept, rules.keys())
        for index, source in enumerate(verification.house.hears):
            await _ask(source, verification.sources[source], index, kept)
        yield Page(kept, rules)
        after = upto


async def _end_of_page(connection: AsyncConnection, after: str) -> str | None:
    """The last key of the page behind *after*; None for the last page, which has no end."""
    rows, last, count = 0, after, 0
    for row in await connection.execute(_HEADS, {"after": after}):
        rows += row.position + row.said + sum(row.heard)
        if count and rows > ROWS_MAX:
            return last
        last, count = row.key, count + 1
    return last if count == KEYS_MAX else None


async def _load(connection: AsyncConnection, after: str, upto: str | None) -> list[Kept]:
    """By range and not by key, so that rows of a subject that is gone are seen too."""
    found: dict[str, Kept] = {}
    for row in await connection.execute(_between(subjects, after, upto)):
        found.setdefault(row.key, Kept(row.key)).subject = row
    for row in await connection.execute(_between(journal, after, upto, "position")):
        found.setdefault(row.key, Kept(row.key)).entries.append(row)
    for row in await connection.execute(_between(announcements, after, upto, "number")):
        found.setdefault(row.key, Kept(row.key)).said.append(made_of(row))
    return list(found.values())


def _between(table: Table, after: str, upto: str | None, *then: str) -> Select[Any]:
    statement = select(table).where(table.c.key > after).order_by(table.c.key, *(table.c[name] for name in then))
    return statement if upto is None else statement.where(table.c.key <= upto)


async def _rules(
    connection: AsyncConnection, verification: Verification[Any], kept: Sequence[Kept], known: Collection[int]
) -> dict[int, tuple[Mapping[str, str], Rebuild | None]]:
    wanted = sorted({row.edition for one in kept for row in one.entries if row.edition is not None}.difference(known))
    named = {
        row.edition: plain(row.versions.encode()) for row in await connection.execute(_EDITIONS, {"wanted": wanted})
    }
    return {edition: (versions, await verification.rules(connection, versions)) for edition, versions in named.items()}


async def _ask(name: str, source: Source, index: int, kept: Sequence[Kept]) -> None:
    """Ask *source* for what was heard of it; what it does not know stays missing."""
    by_key = {one.key: one for one in kept}
    ends = {one.key: _heard_to(one, name, index) for one in kept}
    after = {key: 0 for key, end in ends.items() if end}
    while after:
        found = await source.wanted(after, max(1, min(PAGE_MAX, ASKED_MAX // len(after))))
        came: defaultdict[str, int] = defaultdict(int)
        for said in found:
            came[said.key] = said.number
            if said.number <= ends[said.key]:
                by_key[said.key].told.setdefault(name, {})[said.number] = said
        after = {key: came[key] for key in after if after[key] < came[key] < ends[key]}


def _heard_to(kept: Kept, source: str, index: int) -> int:
    """The last number that the row, or the journal, has of *source*."""
    numbers: list[int] = [row.number for row in kept.entries if row.source == source]
    heard: list[int] = kept.subject.heard[index : index + 1] if kept.subject is not None else []
    return max([0, *numbers, *heard])
