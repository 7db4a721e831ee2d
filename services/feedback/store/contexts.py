"""What decisions may know: the instant, and, where ingest was asked, how far the bank's day and our ears have come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import Integer, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.feedback.domain.context import Context, Heads
from services.feedback.domain.policy import Policies, policies_of_bank
from shared.codec import decode, encode
from shared.database.tables import subjects
from shared.fold import Heard
from shared.heads import Heads as Answer
from shared.verify import Rebuild, Rulebook, find_rulebook

# PostgreSQL counts array elements from one; ingest is the first source.
_FIRST = bindparam("index", 1, type_=Integer())
_HEARD = select(
    subjects.c.key, func.coalesce(subjects.c.heard[_FIRST], 0).label("number"), subjects.c.heard_ids[_FIRST].label("id")
).where(subjects.c.key == func.any(bindparam("keys")))


@dataclass(frozen=True, slots=True)
class Unversioned:
    """What the journal keeps of a context."""

    heads: Heads


async def rules_of(connection: AsyncConnection, versions: Mapping[str, str]) -> Rebuild | None:
    """How contexts are rebuilt under *versions*; None when those policies are not kept."""
    name = versions.get("rulebook")
    body = await find_rulebook(connection, name) if name else None
    if body is None:
        return None
    policies = decode(dict[str, Policies], body)

    def rebuild(now: datetime, kept: bytes | None) -> Context:
        return Context(now, policies, decode(Unversioned, kept).heads if kept else None, name)

    return rebuild


@dataclass(frozen=True, slots=True)
class Rules:
    """The policies in force, and the rulebook that keeps them."""

    policies: Mapping[str, Policies]
    rulebook: Rulebook

    @classmethod
    def of_bank(cls, zone: str) -> Self:
        """Those of a lender whose business days follow the calendar of *zone*."""
        policies = policies_of_bank(zone)
        return cls(policies, Rulebook.by_digest(encode(dict(policies))))

    async def gather(
        self, connection: AsyncConnection, work: Sequence[Heard], prepared: Answer | None, now: datetime
    ) -> Mapping[str, Context]:
        """A context for each subject of *work*; *prepared* is ingest's answer, None if it gave none."""
        keys = {item.key for item in work}
        heads = await _heads(connection, prepared, keys) if prepared is not None else {}
        return {key: Context(now, self.policies, heads.get(key), self.rulebook.name) for key in keys}


async def _heads(connection: AsyncConnection, answer: Answer, keys: set[str]) -> dict[str, Heads]:
    """For each of *keys* that ingest was asked about: its business date, and whether we have heard it out.

    The rows are locked by now, and the answer is older than the lock: where we heard more since, we ask again.
    """
    asked = sorted(keys & answer.numbers.keys())
    last = await heard_of_ingest(connection, asked) if asked else {}
    return {key: Heads(answer.business_date, answer.are_heard(key, *last.get(key, (0, None)))) for key in asked}


async def heard_of_ingest(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, tuple[int, UUID | None]]:
    """The last number heard from ingest about each of *keys*, and its id; none for a subject never seen."""
    return {row.key: (row.number, row.id) for row in await connection.execute(_HEARD, {"keys": list(keys)})}
