"""The facts as posted: written once, read again for positions, held while what they need is unknown."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.facts import FACTS, Posted, Recorded, loan_of, makes_known, name_of
from services.ingest.tables import facts, loans
from shared.codec import decode, encode
from shared.fold import Said

PAGE_MAX: Final = 1000
TABLES: Final = {"facts": facts, "loans": loans}

_OF_LOAN = select(facts).where(facts.c.loan_id == bindparam("loan"), facts.c.awaiting.is_(None)).order_by(facts.c.time)
_HELD = (
    select(facts)
    .where(facts.c.awaiting.is_not(None), facts.c.recorded_at > bindparam("after"))
    .order_by(facts.c.recorded_at)
    .limit(bindparam("count"))
)
_AGING = (
    select(
        loans.c.bucket,
        loans.c.currency,
        func.count().label("loans"),
        func.sum(loans.c.delinquent_amount).label("amount"),
    )
    .where(~loans.c.closed)
    .group_by(loans.c.bucket, loans.c.currency)
    .order_by(loans.c.currency, loans.c.bucket)
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
        "digest": digest_of(posted),
        "data": encode(posted.fact),
        "recorded_at": recorded_at,
    }


def posted_in(row: Row[Any]) -> Posted:
    """The fact in a row of the table."""
    fact = decode(FACTS[row.type], row.data)
    return Posted(row.source, row.id, row.time, row.recorded_on, row.type, fact)


async def facts_of(connection: AsyncConnection, loan_id: str) -> list[Recorded]:
    """Every accepted fact about one loan."""
    found = await connection.execute(_OF_LOAN, {"loan": loan_id})
    return [Recorded(posted_in(row), row.recorded_at) for row in found]


async def list_held(connection: AsyncConnection, after: datetime, limit: int) -> Sequence[Row[Any]]:
    """Facts that are true but early, recorded after *after* (exclusive), oldest first."""
    return (await connection.execute(_HELD, {"after": after, "count": min(limit, PAGE_MAX)})).all()


async def find_loan(connection: AsyncConnection, loan_id: str) -> Row[Any] | None:
    """The loan as last announced."""
    return (await connection.execute(_LOAN, {"loan": loan_id})).one_or_none()


async def list_aging(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """Loans and amounts past due per bucket and currency; closed loans left out."""
    return (await connection.execute(_AGING)).all()


def rows_of(said: Sequence[Said]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What ingest's tables must hold after *said*: each fact, and each loan as it stands now."""
    posted = [(one.heard.fact, one) for one in said if isinstance(one.heard.fact, Posted)]
    touched = {(one.heard.key, loan_id): one for one in said for loan_id in one.state.loans if _moved(one, loan_id)}
    return {
        "facts": [fact_row(fact, one.heard.key, one.now) for fact, one in posted],
        "loans": [_loan_row(key, loan_id, one.state.loans[loan_id]) for (key, loan_id), one in touched.items()],
    }


def _moved(said: Said, loan_id: str) -> bool:
    return said.before.loans.get(loan_id) is not said.state.loans[loan_id]


def _loan_row(key: str, loan_id: str, loan: Any) -> dict[str, Any]:
    standing = loan.standing
    return {
        "loan_id": loan_id,
        "key": key,
        "product": loan.product,
        "currency": loan.currency,
        "opened_on": loan.opened_on,
        "bucket": standing.bucket if standing else None,
        "stage": standing.stage if standing else None,
        "overdue_since": standing.overdue_since if standing else None,
        "delinquent_amount": standing.amount if standing else 0,
        "closed": bool(loan.servicing and loan.servicing.closings),
    }
