"""What decisions rest on, named so that they can be taken again; and facts as the journal holds them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.context import Context
from services.ingest.domain.facts import FACTS, Posted
from shared.codec import canonical
from shared.codec.decoding import convert
from shared.verify import Rebuild

JURISDICTION = "jurisdiction"
COMING_DUE_DAYS = "coming-due-days"


def named(context: Context) -> Context:
    """*context* under its versions: the settings of the deployment, and the digest of buckets, stages and policies."""
    tables = (context.bucket_sets, context.stage_tables, context.policies)
    rules = canonical([{name: asdict(one) for name, one in table.items()} for table in tables])
    versions = {
        JURISDICTION: context.jurisdiction,
        COMING_DUE_DAYS: str(context.coming_due_days),
        "rules": sha256(rules).hexdigest()[:16],
    }
    return replace(context, versions=versions)


async def rules_of(_connection: AsyncConnection, versions: Mapping[str, str]) -> Rebuild | None:
    """How contexts are rebuilt under *versions*; None unless the rules are those in the code."""
    if not versions.keys() >= {JURISDICTION, COMING_DUE_DAYS}:
        return None
    start, days = datetime.min.replace(tzinfo=UTC), int(versions[COMING_DUE_DAYS])
    context = named(Context(start, jurisdiction=versions[JURISDICTION], coming_due_days=days))

    def rebuild(now: datetime, _: bytes | None) -> Context:
        return replace(context, now=now)

    return rebuild if dict(context.versions) == dict(versions) else None


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


def posted_from(body: Any) -> Posted:
    """The posted fact in the *body* of an entry of the journal. Raises: KeyError, Unreadable."""
    kept = convert(_Journaled, body)
    about = convert(FACTS[kept.about_type], kept.about) if kept.about_type else None
    return Posted(
        kept.source, kept.id, kept.time, kept.recorded_on, kept.type, convert(FACTS[kept.type], kept.fact),
        kept.business_date, about, kept.about_time, kept.about_type,
    )  # fmt: skip
