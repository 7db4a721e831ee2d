"""What decisions rest on, named so that they can be taken again; and facts as the journal holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.buckets import BUCKET_SETS, BucketSet
from services.ingest.domain.context import Context
from services.ingest.domain.facts import FACTS, Posted
from services.ingest.domain.policies import Policy
from services.ingest.domain.stages import StageTable
from services.ingest.store.rulebook import rules_at
from shared.codec import decode, encode
from shared.codec.decoding import convert
from shared.verify import Rebuild, Rulebook, find_rulebook

RULEBOOK: Final = "rulebook"


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides besides the day: the tables that ship with the code, and the deployment's settings.

    Bucket sets that were put later are kept for ever in their own table, by revision.
    """

    bucket_sets: dict[str, BucketSet]
    stage_tables: dict[str, StageTable]
    policies: dict[str, Policy]
    jurisdiction: str
    coming_due_days: int


def rulebook_of(context: Context) -> Rulebook:
    """The rules of *context*, to be kept."""
    rules = Rules(
        dict(BUCKET_SETS), dict(context.stage_tables), dict(context.policies), context.jurisdiction,
        context.coming_due_days,
    )  # fmt: skip
    return Rulebook.by_digest(encode(rules))


def named(context: Context) -> Context:
    """*context* under the name of its rules."""
    return replace(context, versions={RULEBOOK: rulebook_of(context).name})


async def rules_of(connection: AsyncConnection, versions: Mapping[str, str]) -> Rebuild | None:
    """How contexts are rebuilt under *versions*; None when those rules are not kept."""
    body = await find_rulebook(connection, versions.get(RULEBOOK, ""))
    if body is None:
        return None
    rules = decode(Rules, body)
    put = await rules_at(connection, int(versions.get("bucket_sets", "0")), rules.bucket_sets)

    def rebuild(now: datetime, _: bytes | None) -> Context:
        return Context(
            now, put.sets, rules.stage_tables, rules.policies, rules.jurisdiction, rules.coming_due_days, versions
        )

    return rebuild


@dataclass(frozen=True, slots=True)
class _Journaled:
    """A posted fact whose facts are not read yet: their types stand beside them."""

    source: str
    id: str
    time: datetime
    recorded_on: date
    type: str
    fact: Any
    business_date: date | None = None
    about: Any = None
    about_time: datetime | None = None
    about_type: str | None = None
    about_identity: str | None = None
    about_gone: bool = False


def posted_from(body: Any) -> Posted:
    """The posted fact in the *body* of an entry of the journal. Raises: KeyError, Unreadable."""
    kept = convert(_Journaled, body)
    about = convert(FACTS[kept.about_type], kept.about) if kept.about_type else None
    return Posted(
        kept.source, kept.id, kept.time, kept.recorded_on, kept.type, convert(FACTS[kept.type], kept.fact),
        kept.business_date, about, kept.about_time, kept.about_type,
        kept.about_identity, kept.about_gone,
    )  # fmt: skip
