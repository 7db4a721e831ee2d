"""What was accepted, counted so that core banking can compare, and which of its ids are known; a statement each."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import JSON, Date, Numeric, Row, Text, bindparam, case, cast, exists, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.facts import Recorded
from services.ingest.store.facts import posted_in
from services.ingest.tables import facts, loans, refusals
from shared.database import arrays, unnest
from shared.database.tables import Key

DIGEST_BITS: Final = 256


class Place(NamedTuple):
    """Where a list of counts goes on: behind this group."""

    day: date
    source: str
    type: str
    currency: str


_DATA = cast(func.convert_from(facts.c.data, "UTF8"), JSON)
_CURRENCY = func.coalesce(loans.c.currency, _DATA["currency"].as_string(), "")
_AMOUNT = cast(func.coalesce(_DATA["amount"].as_string(), _DATA["principal"].as_string()), Numeric)
_HASH = func.encode(func.sha256(func.convert_to(facts.c.id, "UTF8")), "hex")
_DIGEST = cast(func.bit_xor(cast(literal("x") + _HASH, BIT(DIGEST_BITS))), Text)
_GROUP = (facts.c.recorded_on, facts.c.source, facts.c.type, _CURRENCY)
_BEHIND = tuple_(
    bindparam("day", type_=Date),
    bindparam("source", type_=Key),
    bindparam("type", type_=Text),
    bindparam("currency", type_=Text),
)
_COUNTS = (
    select(
        facts.c.recorded_on.label("day"),
        facts.c.source,
        facts.c.type,
        _CURRENCY.label("currency"),
        func.count().label("accepted"),
        func.sum(_AMOUNT).label("sum"),
        _DIGEST.label("digest"),
    )
    .select_from(facts.outerjoin(loans, loans.c.loan_id == facts.c.loan_id))
    .where(facts.c.recorded_on.between(bindparam("first"), bindparam("last")), facts.c.awaiting.is_(None))
    .where(tuple_(*_GROUP) > _BEHIND)
    .group_by(*_GROUP)
    .order_by(*_GROUP)
    .limit(bindparam("count"))
)
_WANTED = unnest({"id": Key}, "wanted")
_REFUSED = exists().where(
    refusals.c.source == bindparam("source"), refusals.c.id == _WANTED.c.id, refusals.c.settled_at.is_(None)
)
_STANDING = select(
    _WANTED.c.id,
    case(
        (facts.c.awaiting.is_not(None), "held"),
        (facts.c.id.is_not(None), "accepted"),
        (_REFUSED, "refused"),
        else_="unknown",
    ).label("standing"),
).select_from(_WANTED.outerjoin(facts, (facts.c.source == bindparam("source")) & (facts.c.id == _WANTED.c.id)))
_STATED = (
    select(facts.c.loan_id)
    .where(facts.c.type == "balance.stated", facts.c.awaiting.is_(None), facts.c.loan_id > bindparam("after"))
    .distinct()
    .order_by(facts.c.loan_id)
    .limit(bindparam("count"))
)
_OF_LOANS = select(facts).where(facts.c.loan_id == func.any(bindparam("loans")), facts.c.awaiting.is_(None))


async def count_accepted(
    connection: AsyncConnection, first: date, last: date, behind: Place, limit: int
) -> Sequence[Row[Any]]:
    """What was accepted on the days from *first* to *last* (inclusive, business calendar): when its source recorded it.

    A group for each day, source, type and currency, in that order, behind *behind* (exclusive).
    """
    given = {"first": first, "last": last, "count": limit, **behind._asdict()}
    return (await connection.execute(_COUNTS, given)).all()


async def standings_of(connection: AsyncConnection, source: str, ids: Sequence[str]) -> dict[str, str]:
    """For each of *ids* of *source*: accepted, held, refused (and nobody has settled it), or unknown."""
    parameters = {"source": source, **arrays(("id",), [{"id": one} for one in dict.fromkeys(ids)])}
    return {row.id: row.standing for row in await connection.execute(_STANDING, parameters)}


async def facts_of_stated(connection: AsyncConnection, after: str, limit: int) -> dict[str, list[Recorded]]:
    """Every accepted fact of the loans whose balance core banking has stated, behind loan *after* (exclusive)."""
    found = (await connection.execute(_STATED, {"after": after, "count": limit})).scalars().all()
    by_loan: dict[str, list[Recorded]] = {loan_id: [] for loan_id in found}
    for row in await connection.execute(_OF_LOANS, {"loans": list(found)}) if found else ():
        by_loan[row.loan_id].append(Recorded(posted_in(row), row.recorded_at))
    return by_loan
