"""The bucket sets: those that ship with the code and the versions put later, read again whenever one was added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import DateTime, bindparam, cast, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.borrower import Borrower
from services.ingest.domain.buckets import BUCKET_SETS, BucketSet, Range
from services.ingest.domain.context import Context
from services.ingest.domain.waking import wake_at
from services.ingest.tables import bucket_sets, loans
from shared.codec import decode, encode
from shared.database.tables import subjects

SETS_MAX: Final = 100
VERSIONS_MAX: Final = 100

_REVISION = select(func.coalesce(func.max(bucket_sets.c.revision), 0))
_ALL = (
    select(bucket_sets)
    .where(bucket_sets.c.revision <= bindparam("revision"))
    .order_by(bucket_sets.c.name, bucket_sets.c.version)
)
_KEEP = insert(bucket_sets)
# Whoever closes days waits, so that no day is graded by rules that are just being replaced. Every transaction that
# decides has read the revision: those that saw the old one end first, the next see the new one.
_ALONE = (
    text("lock table bucket_sets in access exclusive mode"),
    text("lock table business_dates in share mode"),
)
_PAST_DUE = (
    select(loans.c.key, func.min(bucket_sets.c.effective_on).label("on"))
    .join(bucket_sets, bucket_sets.c.name == loans.c.bucket_set)
    .where(
        bucket_sets.c.version > 1, bucket_sets.c.effective_on >= bindparam("since"), loans.c.overdue_since.is_not(None)
    )
    .group_by(loans.c.key)
    .cte("past_due")
)
_IN_ORDER = (
    select(subjects.c.key, _PAST_DUE.c.on)
    .join(_PAST_DUE, _PAST_DUE.c.key == subjects.c.key)
    .order_by(subjects.c.key)
    .with_for_update(of=subjects)
    .cte("in_order")
)
_MIDNIGHT = func.timezone("UTC", cast(_IN_ORDER.c.on, DateTime))
_WAKE = (
    update(subjects)
    .where(subjects.c.key == _IN_ORDER.c.key)
    .values(wake_at=func.least(func.coalesce(subjects.c.wake_at, _MIDNIGHT), _MIDNIGHT))
)


@dataclass(frozen=True, slots=True)
class Rules:
    """The bucket sets as of a revision: every version of each, in the order they take effect."""

    revision: int
    sets: Mapping[str, Sequence[BucketSet]]


class Rulebook:
    """What decisions are taken with, as last seen by this process."""

    def __init__(self, base: Context) -> None:
        self._base = base
        self._revision = -1
        self._context = base
        self._changes: Mapping[str, Sequence[date]] = {}

    async def context(self, connection: AsyncConnection, now: datetime) -> Context:
        """The context at *now*, by every rule that *connection* can see."""
        await self.read(connection)
        return replace(self._context, now=now)

    async def read(self, connection: AsyncConnection) -> None:
        """See every rule that *connection* can see."""
        revision: int = (await connection.execute(_REVISION)).scalar_one()
        if revision > self._revision:
            self._take(await rules_at(connection, revision))

    def wake_at(self, state: Borrower) -> datetime | None:
        """When *state* wants to be looked at by the rules last seen."""
        return wake_at(state, self._base.coming_due_days, self._changes)

    def _take(self, rules: Rules) -> None:
        if rules.revision <= self._revision:
            return
        self._revision = rules.revision
        self._context = replace(
            self._base, bucket_sets=rules.sets, versions={**self._base.versions, "bucket_sets": str(rules.revision)}
        )
        self._changes = self._context.changes


async def rules_at(
    connection: AsyncConnection, revision: int, shipped_sets: Mapping[str, BucketSet] = BUCKET_SETS
) -> Rules:
    """The bucket sets as of *revision*, the number that announcements name in their basis."""
    sets: dict[str, list[BucketSet]] = {name: [one] for name, one in shipped_sets.items()}
    for row in await connection.execute(_ALL, {"revision": revision}):
        shipped = shipped_sets.get(row.name)
        ranges = decode(tuple[Range, ...], row.ranges)
        core_wins = shipped is not None and shipped.core_wins
        made = BucketSet(row.name, ranges, row.basis, None, core_wins, row.version, row.effective_on)
        sets.setdefault(row.name, []).append(made)
    return Rules(revision, sets)


async def read_rules(connection: AsyncConnection) -> Rules:
    """The bucket sets as they are."""
    return await rules_at(connection, (await connection.execute(_REVISION)).scalar_one())


async def lock_rules(connection: AsyncConnection) -> Rules:
    """The bucket sets, which nobody else changes, and no day is closed, until this transaction ends."""
    for statement in _ALONE:
        await connection.execute(statement)
    return await read_rules(connection)


async def keep_set(connection: AsyncConnection, made: BucketSet, by: str, now: datetime) -> None:
    """Keep a version; to be followed by `wake_for` in a transaction of its own."""
    row: dict[str, Any] = {
        "name": made.name, "version": made.version, "effective_on": made.effective_on, "basis": made.basis,
        "ranges": encode(made.ranges), "set_by": by, "set_at": now,
    }  # fmt: skip
    await connection.execute(_KEEP, row)


async def wake_for(connection: AsyncConnection, since: date) -> None:
    """Wake whoever is past due on the day on which a new version grades them, for versions from *since* on (inclusive).

    Once too often does no harm: a wake that finds nothing to do is put off.
    """
    await connection.execute(_WAKE, {"since": since})
