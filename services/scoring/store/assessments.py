"""The latest assessment of each borrower, and how each stands: written with what was said, read by the doors."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import ARRAY, Numeric, Row, and_, bindparam, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scoring.domain.history import Borrower, Loan
from services.scoring.domain.rates import WORST
from services.scoring.tables import assessments, bucket_rates, standings
from shared.announcements import Announcement
from shared.codec import decode, encode
from shared.database.tables import announcements
from shared.events import RiskAssessed
from shared.fold import Said

TABLES: Final = {"assessments": assessments, "standings": standings, "bucket_rates": bucket_rates}
BANDS: Final = ("0.05", "0.20", "0.50")
"""The inner edges of the four bands of default probability; an edge belongs to the band above it."""

_LATEST = (
    select(announcements)
    .join(
        assessments,
        and_(announcements.c.key == assessments.c.key, announcements.c.number == assessments.c.number),
    )
    .where(assessments.c.key == bindparam("of"))
)
_BEHIND = func.least(standings.c.instalments_unpaid, WORST).label("behind")
_BAND = func.width_bucket(assessments.c.default_probability, cast(literal(list(BANDS), ARRAY(Numeric)), ARRAY(Numeric)))
_STANDING = standings.join(assessments, assessments.c.key == standings.c.key, isouter=True)
_RISK = (
    select(
        _BEHIND,
        case((assessments.c.default_probability.is_(None), None), else_=_BAND).label("band"),
        func.count().label("borrowers"),
        func.sum(standings.c.loans).label("loans"),
        func.count().filter(assessments.c.basis == "model").label("by_model"),
        func.count().filter(assessments.c.valid_until < bindparam("today")).label("outdated"),
    )
    .select_from(_STANDING)
    .where(standings.c.loans > 0)
    .group_by("behind", "band")
    .order_by("behind", "band")
)
_EACH = func.jsonb_each_text(cast(assessments.c.expected_cash, JSONB)).table_valued("key", "value", name="cash")
_CASH = (
    select(_BEHIND, _EACH.c.key.label("currency"), func.sum(cast(_EACH.c.value, Numeric)).label("amount"))
    .select_from(standings.join(assessments, assessments.c.key == standings.c.key).join(_EACH, literal(value=True)))
    .where(standings.c.loans > 0)
    .group_by("behind", "currency")
    .order_by("behind", "currency")
)


async def find_assessment(connection: AsyncConnection, key: str) -> Row[Any] | None:
    """The announcement of the latest assessment of *key*."""
    return (await connection.execute(_LATEST, {"of": key})).one_or_none()


async def count_risk(connection: AsyncConnection, today: date) -> Sequence[Any]:
    """Borrowers with an open loan, by most instalments unpaid (4 means 4 or more) and band of default probability.

    Band None: not assessed yet. `outdated` are those whose assessment ended to hold before *today*.
    """
    return (await connection.execute(_RISK, {"today": today})).all()


async def sum_expected_cash(connection: AsyncConnection) -> Sequence[Any]:
    """What is expected within 90 days, by most instalments unpaid and currency."""
    return (await connection.execute(_CASH)).all()


def rows_of(said: Sequence[Said]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What scoring's tables must hold after *said*."""
    return {
        "assessments": [_assessment_row(one) for each in said for one in each.announcements],
        "standings": [{"key": each.heard.key, **_standing(each.state)} for each in said if _moved(each)],
    }


def _assessment_row(announced: Announcement) -> dict[str, Any]:
    found = decode(RiskAssessed, announced.data)
    return {
        "key": announced.key,
        "number": announced.number,
        "at": announced.at,
        "as_of": found.as_of,
        "valid_until": found.valid_until,
        "basis": found.basis,
        "model": found.model,
        "confidence": found.confidence,
        "roll_probability": found.roll_probability,
        "cure_probability": found.cure_probability,
        "default_probability": found.default_probability,
        "ability": found.ability.score,
        "willingness": found.willingness.score,
        "expected_cash": encode({each.currency: each.amount for each in found.expected_cash}).decode(),
    }


def _moved(said: Said) -> bool:
    return said.before.loans is not said.state.loans and _standing(said.before) != _standing(said.state)


def _standing(borrower: Borrower) -> dict[str, int]:
    loans = [loan for loan in borrower.loans if loan.ended != "closed"]
    return {"loans": len(loans), "instalments_unpaid": max(map(_unpaid, loans), default=0)}


def _unpaid(loan: Loan) -> int:
    last = loan.standing[-1] if loan.standing else None
    return max(1, last.unpaid or 0) if last and last.since else 0
