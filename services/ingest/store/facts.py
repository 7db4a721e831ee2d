"""The facts as posted: written once, read again for positions, held while what they need is unknown."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Row, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.borrower import Standing
from services.ingest.domain.facts import FACTS, Posted, Recorded, loan_of, makes_known, name_of, voided_by
from services.ingest.tables import facts, loans, standings
from shared.codec import decode, encode
from shared.database.tables import Key
from shared.events import PaymentReversed
from shared.fold import Said

PAGE_MAX: Final = 1000
TABLES: Final = {"facts": facts, "loans": loans, "standings": standings}

LOANS_MAX: Final = 100
"""Loans of one borrower that are read at once."""

_OF_LOAN = select(facts).where(facts.c.loan_id == bindparam("loan"), facts.c.awaiting.is_(None)).order_by(facts.c.time)
_OWN = select(loans.c.loan_id).where(loans.c.key == bindparam("key")).order_by(loans.c.loan_id).limit(LOANS_MAX + 1)
_OF_BORROWER = select(facts).where(facts.c.loan_id.in_(_OWN), facts.c.awaiting.is_(None)).order_by(facts.c.time)
_PLACE = tuple_(facts.c.source, facts.c.id)
_HELD = (
    select(facts)
    .where(facts.c.awaiting.is_not(None), tuple_(bindparam("source", type_=Key), bindparam("id", type_=Key)) < _PLACE)
    .order_by(facts.c.source, facts.c.id)
    .limit(bindparam("count"))
)
_LOAN = select(loans).where(loans.c.loan_id == bindparam("loan"))


def digest_of(posted: Posted) -> bytes:
    """What tells a repeat from a contradiction: the kind of fact and its content, as far as we read it.

    Fields that are left out do not count, so that a field added to a type later does not change what was.
    """
    return sha256(posted.type.encode() + b"\n" + encode(posted.fact)).digest()


def fact_row(posted: Posted, key: str | None, recorded_at: datetime, awaiting: str | None = None) -> dict[str, Any]:
    """The row of *posted*; *awaiting* names what it is held for."""
    known = makes_known(posted.fact)
    return {
        "source": posted.source,
        "id": posted.id,
        "key": key,
        "loan_id": loan_of(posted.fact) or (loan_of(posted.about) if posted.about else None),
        "type": posted.type,
        "time": posted.time,
        "recorded_on": posted.recorded_on,
        "name": name_of(posted.fact),
        "known_as": known[0] if known else None,
        "awaiting": awaiting,
        "about": posted.about_identity if isinstance(posted.fact, PaymentReversed) else None,
        "digest": digest_of(posted),
        "data": encode(posted.fact),
        "recorded_at": recorded_at,
    }


def posted_in(row: Row[Any]) -> Posted:
    """The fact in a row of the table."""
    fact = decode(FACTS[row.type], row.data)
    return Posted(row.source, row.id, row.time, row.recorded_on, row.type, fact, about_identity=row.about)


async def facts_of(connection: AsyncConnection, loan_id: str) -> list[Recorded]:
    """Every accepted fact about one loan."""
    found = await connection.execute(_OF_LOAN, {"loan": loan_id})
    return [Recorded(posted_in(row), row.recorded_at) for row in found]


async def facts_of_borrower(connection: AsyncConnection, key: str) -> dict[str, list[Recorded]]:
    """Every accepted fact about the loans of one borrower, by loan; of more loans than `LOANS_MAX` one too many."""
    by_loan: dict[str, list[Recorded]] = {}
    for row in await connection.execute(_OF_BORROWER, {"key": key}):
        by_loan.setdefault(row.loan_id, []).append(Recorded(posted_in(row), row.recorded_at))
    return by_loan


async def list_held(connection: AsyncConnection, after: tuple[str, str], limit: int) -> Sequence[Row[Any]]:
    """Facts that are true but early, by source and id, behind *after* (exclusive): unlike instants these are unique.

    A fact that stays held while its neighbours come and go is met exactly once.
    """
    source, id_ = after
    return (await connection.execute(_HELD, {"source": source, "id": id_, "count": min(limit, PAGE_MAX)})).all()


async def find_loan(connection: AsyncConnection, loan_id: str) -> Row[Any] | None:
    """The loan as last announced."""
    return (await connection.execute(_LOAN, {"loan": loan_id})).one_or_none()


def rows_of(said: Sequence[Said]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What ingest's tables must hold after *said*: each fact, and each loan as it stands now."""
    return {"facts": list(_fact_rows(said).values()), "loans": _loan_rows(said), "standings": _standing_rows(said)}


def _fact_rows(said: Sequence[Said]) -> dict[str, dict[str, Any]]:
    """The rows of the facts of one batch by identity; what it voids of its own has lost its name."""
    rows: dict[str, dict[str, Any]] = {}
    for one in said:
        fact = one.heard.fact
        if isinstance(fact, Posted):
            rows[fact.identity] = fact_row(fact, one.heard.key, one.now)
            if voided := voided_by(fact):
                for row in (row for name, row in rows.items() if voided in (name, row["about"])):
                    row.update(name=None, known_as=None)
    return rows


def _loan_rows(said: Sequence[Said]) -> list[dict[str, Any]]:
    moved: dict[str, dict[str, Any]] = {}
    for one in said:
        for loan_id in one.before.loans.keys() - one.state.loans.keys():
            moved.pop(loan_id, None)
        for loan_id, loan in one.state.loans.items():
            if one.before.loans.get(loan_id) is not loan:
                moved[loan_id] = _loan_row(one.heard.key, loan_id, loan)
    return list(moved.values())


def _standing_rows(said: Sequence[Said]) -> list[dict[str, Any]]:
    """What was announced of a loan on a day; of several on one day the last stands."""
    rows: dict[tuple[str, date], dict[str, Any]] = {}
    for one in said:
        for loan_id, loan in one.state.loans.items():
            before = one.before.loans.get(loan_id)
            if loan.standing is not None and (before is None or before.standing is not loan.standing):
                rows[loan_id, one.state.aged_on] = _standing_row(loan_id, one.state.aged_on, loan.standing)
        for loan_id in one.before.loans.keys() - one.state.loans.keys():
            rows = {place: row for place, row in rows.items() if place[0] != loan_id}
    return list(rows.values())


def _standing_row(loan_id: str, as_of: date, standing: Standing) -> dict[str, Any]:
    amount = standing.amount
    return {"loan_id": loan_id, "as_of": as_of, "bucket": standing.bucket, "delinquent_amount": amount}


def _loan_row(key: str, loan_id: str, loan: Any) -> dict[str, Any]:
    standing, closings = loan.standing, loan.servicing.closings if loan.servicing else ()
    return {
        "loan_id": loan_id,
        "key": key,
        "product": loan.product,
        "currency": loan.currency,
        "opened_on": loan.opened_on,
        "bucket_set": loan.bucket_set,
        "bucket": standing.bucket if standing else None,
        "stage": standing.stage if standing else None,
        "overdue_since": standing.overdue_since if standing else None,
        "delinquent_amount": standing.amount if standing else 0,
        "closed": bool(closings),
        "closed_on": min(closings, default=None),
    }
