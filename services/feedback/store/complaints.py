"""How many complain: counted by category against the borrowers known, the measure that stands beside cash."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.feedback.tables import cases, complaints
from shared.codec import decode
from shared.database.tables import subjects
from shared.events import ComplaintRaised
from shared.fold import Said

_BY_CATEGORY = (
    select(complaints.c.category, func.count().label("complaints"))
    .where(complaints.c.raised_on.between(bindparam("from_on"), bindparam("until_on")))
    .group_by(complaints.c.category)
    .order_by(complaints.c.category)
)
# Whoever ingest has spoken of has a loan here; the first of the heard numbers is ingest's.
_BORROWERS = select(func.count()).where(subjects.c.heard[1] > 0)
_OVERDUE = select(func.count()).where(
    cases.c.kind == "complaint", cases.c.answered_at.is_(None), cases.c.due_on < bindparam("today")
)


@dataclass(frozen=True, slots=True)
class ComplaintCount:
    """Complaints raised in a span of days, the borrowers known, and how many answers are overdue now."""

    by_category: dict[str, int]
    borrowers: int
    overdue: int


async def count_complaints(connection: AsyncConnection, from_on: date, until_on: date, today: date) -> ComplaintCount:
    """Complaints raised from *from_on* to *until_on* (both inclusive, the bank's calendar)."""
    found = await connection.execute(_BY_CATEGORY, {"from_on": from_on, "until_on": until_on})
    by_category = {row.category: int(row.complaints) for row in found}
    borrowers = (await connection.execute(_BORROWERS)).scalar_one()
    overdue = (await connection.execute(_OVERDUE, {"today": today})).scalar_one()
    return ComplaintCount(by_category, borrowers, overdue)


def complaint_rows(said: Sequence[Said]) -> list[dict[str, Any]]:
    """Each complaint that *said* raised; one that is raised again, with more time, is the same one."""
    return [
        _row(one.key, decode(ComplaintRaised, one.data))
        for item in said
        for one in item.announcements
        if one.type == ComplaintRaised.__name__
    ]


def _row(key: str, raised: ComplaintRaised) -> dict[str, Any]:
    return {
        "key": key,
        "complaint_id": raised.complaint_id,
        "category": raised.category,
        "raised_on": raised.raised_on,
    }
