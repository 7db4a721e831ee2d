"""Whether a borrower is heard out: what the sources have said against what this house has heard."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.domain.context import Hearing
from shared.clock import ticks
from shared.database.tables import parked, subjects
from shared.heads import Heads

ASKED: Final = ("ingest", "feedback")
WAITING_MAX: Final = 100_000
NOTHING: Final = (0, None)

_HEARD = select(subjects.c.key, subjects.c.heard, subjects.c.heard_ids).where(
    subjects.c.key == func.any(bindparam("keys"))
)
_PARKED = (
    select(parked.c.key)
    .distinct()
    .where(parked.c.key == func.any(bindparam("keys")), parked.c.source == func.any(bindparam("sources")))
)


@dataclass(slots=True)
class Waits:
    """Since when, in machine time of this process, each borrower has been found not heard out."""

    since: dict[str, float] = field(default_factory=dict)

    def seconds(self, key: str, *, heard_out: bool) -> float:
        """How long *key* has been waiting; 0 when it need not, or has only begun to."""
        if heard_out:
            self.since.pop(key, None)
            return 0.0
        if len(self.since) >= WAITING_MAX:
            self.since.clear()  # they begin to wait afresh: later than they might be told, never sooner
        return ticks() - self.since.setdefault(key, ticks())


@dataclass(frozen=True, slots=True)
class Asked:
    """What the sources answered before the transaction; None for one that did not."""

    heads: Mapping[str, Heads | None]


async def hearings(
    connection: AsyncConnection, hears: Sequence[str], asked: Asked, keys: Collection[str], waits: Waits
) -> dict[str, Hearing]:
    """How each of *keys* stands; their rows are locked, so that nothing is heard meanwhile."""
    given = {"keys": sorted(keys), "sources": list(ASKED)}
    aside = set((await connection.execute(_PARKED, given)).scalars())
    rows = await connection.execute(_HEARD, {"keys": given["keys"]})
    heard = {row.key: dict(zip(hears, zip(row.heard, row.heard_ids, strict=True), strict=False)) for row in rows}
    ingest = asked.heads.get("ingest")
    found = {}
    for key in keys:
        last = heard.get(key, {})
        out = key not in aside and all(
            _heard_out(asked.heads.get(name), key, last.get(name, NOTHING)) for name in ASKED
        )
        found[key] = Hearing(out, ingest.business_date if ingest else None, waits.seconds(key, heard_out=out))
    return found


def _heard_out(heads: Heads | None, key: str, last: tuple[int, UUID | None]) -> bool:
    return heads is not None and heads.are_heard(key, *last)
