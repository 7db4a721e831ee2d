"""The rows behind the fold: subjects locked and saved, and everything else that one batch leaves, a statement each."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    LargeBinary,
    Uuid,
    and_,
    bindparam,
    cast,
    delete,
    func,
    literal,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.postgresql.dml import Insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import Update
from sqlalchemy.sql.expression import ColumnElement

from shared.database import arrays, unnest
from shared.database.engine import LOCK_SECONDS_MAX
from shared.database.tables import Instant, Key, gaps, journal, parked, subjects
from shared.fold.house import Heard, House, Message
from shared.fold.subject import Subject

_PARKED_SOURCES = func.array(
    select(parked.c.source).where(parked.c.key == subjects.c.key).correlate(subjects).scalar_subquery()
)
_LOCK = (
    select(subjects, _PARKED_SOURCES.label("parked"))
    .where(subjects.c.key == func.any(bindparam("keys")))
    .order_by(subjects.c.key)
)
_LOCK_FREE = _LOCK.with_for_update(of=subjects, skip_locked=True)
_LOCK_WAITING = _LOCK.with_for_update(of=subjects)
_WAIT_BRIEFLY = text("set local lock_timeout = '100ms'")
_WAIT_AS_USUAL = text(f"set local lock_timeout = '{LOCK_SECONDS_MAX}s'")


async def lock_subjects(
    connection: AsyncConnection, house: House[Any], keys: Sequence[str], *, patient: bool
) -> dict[str, Subject]:
    """Lock the rows of *keys* in the order of their keys, and make those that are missing.

    Without patience only the rows that are free at once; those of others are left out of the answer.
    """
    statement = _LOCK_WAITING if patient else _LOCK_FREE
    found = list(await connection.execute(statement, {"keys": list(keys)}))
    missing = sorted(set(keys) - {row.key for row in found})
    if missing:
        await _make(connection, len(house.hears), missing, patient=patient)
        found += await connection.execute(statement, {"keys": missing})
    return {row.key: Subject(house, row) for row in found}


async def _make(connection: AsyncConnection, sources: int, missing: Sequence[str], *, patient: bool) -> None:
    """Make the rows of *missing*. A key that somebody else is making is waited for: without patience, for a moment."""
    if not patient:
        await connection.execute(_WAIT_BRIEFLY)
    await connection.execute(_insert_missing(sources), {"all_key": missing})
    if not patient:
        await connection.execute(_WAIT_AS_USUAL)


@cache
def _insert_missing(sources: int) -> Insert:
    """A blank row for each key that has none. A key being inserted by somebody else is waited for, in order."""
    given = unnest({"key": Key})
    blank = {
        "said": literal(0),
        "heard": _array([literal(0)] * sources, BigInteger()),
        "heard_ids": _array([cast(literal(None), Uuid())] * sources, Uuid()),
        "position": literal(0),
        "schema": literal(0),
        "body": literal(b"", LargeBinary()),
    }
    chosen = select(given.c.key, *blank.values()).order_by(given.c.key)
    return pg_insert(subjects).from_select(["key", *blank], chosen).on_conflict_do_nothing()


_ASKED = unnest({"key": Key, "source": journal.c.source.type, "number": BigInteger()}, "asked")
_EARLIER = select(journal.c.key, journal.c.source, journal.c.number, journal.c.event_id).join(
    _ASKED,
    and_(journal.c.key == _ASKED.c.key, journal.c.source == _ASKED.c.source, journal.c.number == _ASKED.c.number),
)


async def recall_earlier(
    connection: AsyncConnection, house: House[Any], locked: Mapping[str, Subject], work: Sequence[Heard]
) -> None:
    """Recall under which ids the numbers of *work* were heard that lie below the last ones: a fork is no repeat."""
    low = {
        (item.key, item.via.source, item.via.number)
        for item in work
        if isinstance(item.via, Message) and item.key in locked and _is_low(house, locked[item.key], item.via)
    }
    if low:
        asked = [{"key": key, "source": source, "number": number} for key, source, number in sorted(low)]
        for row in await connection.execute(_EARLIER, arrays(("key", "source", "number"), asked)):
            locked[row.key].earlier[row.source, row.number].add(row.event_id)


def _is_low(house: House[Any], subject: Subject, message: Message) -> bool:
    return message.number < subject.heard[house.hears.index(message.source)]


async def save_subjects(connection: AsyncConnection, house: House[Any], changed: Sequence[Subject]) -> None:
    """Write *changed* back in one statement. Raises: StateTooLarge."""
    if not changed:
        return
    sources = len(house.hears)
    rows = [_row(house, subject) for subject in changed]
    await connection.execute(_save(sources), arrays(_saved(sources), rows))


def _row(house: House[Any], subject: Subject) -> Mapping[str, Any]:
    heard = {f"heard{i}": number for i, number in enumerate(subject.heard)}
    ids = {f"heard_id{i}": id_ for i, id_ in enumerate(subject.heard_ids)}
    return {
        "key": subject.key,
        "said": subject.chain.said,
        "last_id": subject.chain.last_id,
        "position": subject.position,
        "schema": house.schema,
        "body": subject.body(),
        "wake_at": subject.wake_at(),
        **heard,
        **ids,
    }


def _saved(sources: int) -> dict[str, Any]:
    plain = {"key": Key, "said": BigInteger(), "last_id": Uuid(), "position": BigInteger(), "schema": Integer()}
    heard = {f"heard{i}": BigInteger() for i in range(sources)} | {f"heard_id{i}": Uuid() for i in range(sources)}
    return {**plain, "body": LargeBinary(), "wake_at": Instant, **heard}


@cache
def _save(sources: int) -> Update:
    given = unnest(_saved(sources))
    plain = ("said", "last_id", "position", "schema", "body", "wake_at")
    heard = _array([given.c[f"heard{i}"] for i in range(sources)], BigInteger())
    heard_ids = _array([given.c[f"heard_id{i}"] for i in range(sources)], Uuid())
    values = {name: given.c[name] for name in plain} | {"heard": heard, "heard_ids": heard_ids}
    return update(subjects).values(values).where(subjects.c.key == given.c.key)


def _array(elements: Sequence[Any], of: Any) -> ColumnElement[Any]:
    return cast(array(elements), ARRAY(of)) if elements else cast(literal("{}"), ARRAY(of))


_NOTED = unnest({"key": Key, "source": gaps.c.source.type, "seen": BigInteger()})
_NOTE_GAPS = pg_insert(gaps).from_select(["key", "source", "seen"], select(*_NOTED.c).where(true()))
_NOTE_GAPS = _NOTE_GAPS.on_conflict_do_update(
    index_elements=["key", "source"], set_={"seen": func.greatest(gaps.c.seen, _NOTE_GAPS.excluded.seen)}
)


async def note_gaps(connection: AsyncConnection, seen: Mapping[tuple[str, str], int]) -> None:
    """Note for each (key, source) the highest number seen above what was heard; they are pulled later."""
    if seen:
        rows = [{"key": key, "source": source, "seen": number} for (key, source), number in sorted(seen.items())]
        await connection.execute(_NOTE_GAPS, arrays(("key", "source", "seen"), rows))


_PARKED = {c.name: c.type for c in parked.columns if c.name != "id"}
_PARK = pg_insert(parked).from_select(list(_PARKED), select(*unnest(_PARKED).c)).on_conflict_do_nothing()
_FREED = unnest({"key": Key, "source": parked.c.source.type}, "freed")
_FREE = delete(parked).where(parked.c.key == _FREED.c.key, parked.c.source == _FREED.c.source)


async def park(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set *rows* aside; a subject has at most one parked item of each source, its followers stay at the source."""
    if rows:
        await connection.execute(_PARK, arrays(_PARKED, rows))


async def free(connection: AsyncConnection, freed: Sequence[tuple[str, str]]) -> None:
    """Forget the parked items of these (key, source): they were released and applied."""
    if freed:
        rows = [{"key": key, "source": source} for key, source in freed]
        await connection.execute(_FREE, arrays(("key", "source"), rows))
