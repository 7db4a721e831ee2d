"""What waits for a person's answer, the most urgent first; answered cases stay, for the record."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Date, Row, Text, bindparam, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.feedback.domain.cases import Case, CaseKind
from services.feedback.domain.cases import cases as cases_of
from services.feedback.tables import cases
from shared.codec import encode
from shared.database.tables import Key
from shared.fold import Said

NO_DEADLINE: Final = date.max
"""How the column says that no answer is owed by any day; PostgreSQL keeps it as infinity."""

Place = tuple[date, str, str, str]
FIRST: Final[Place] = (date.min, "", "", "")

_KIND = bindparam("kind", type_=Text())
_BEHIND = tuple_(cases.c.due_on, cases.c.kind, cases.c.key, cases.c.id) > tuple_(
    bindparam("due_on", type_=Date()),
    bindparam("after_kind", type_=Key),
    bindparam("after_key", type_=Key),
    bindparam("after_id", type_=Key),
)
_OPEN = (
    select(cases)
    .where(cases.c.answered_at.is_(None))
    .where(or_(_KIND.is_(None), cases.c.kind == _KIND))
    .where(_BEHIND)
    .order_by(cases.c.due_on, cases.c.kind, cases.c.key, cases.c.id)
    .limit(bindparam("count"))
)


async def list_cases(
    connection: AsyncConnection, kind: CaseKind | None, after: Place, limit: int
) -> Sequence[Row[Any]]:
    """Open cases, of one *kind* or all, behind the place *after* (exclusive), by deadline."""
    due_on, after_kind, key, id_ = after
    place = {"due_on": due_on, "after_kind": after_kind, "after_key": key, "after_id": id_}
    return (await connection.execute(_OPEN, {"kind": kind, "count": limit, **place})).all()


def place_of(row: Row[Any]) -> Place:
    """Where *row* stands in the list."""
    return row.due_on, row.kind, row.key, row.id


def case_rows(said: Sequence[Said]) -> list[dict[str, Any]]:
    """The cases that *said* opened, changed or answered."""
    return [row for one in said if one.before is not one.state for row in _changes(one)]


def _changes(said: Said) -> Iterator[dict[str, Any]]:
    before = {(case.kind, case.id): case for case in cases_of(said.before)}
    after = {(case.kind, case.id): case for case in cases_of(said.state)}
    for name, case in before.items():
        if name not in after:
            yield _row(said.heard.key, case, said.now)
    for name, case in after.items():
        if before.get(name) != case:
            yield _row(said.heard.key, case, None)


def _row(key: str, case: Case, answered_at: datetime | None) -> dict[str, Any]:
    return {
        "key": key,
        "kind": case.kind,
        "id": case.id,
        "owner": case.owner,
        "opened_on": case.opened_on,
        "due_on": case.due_on or NO_DEADLINE,
        "loan_ids": encode(case.loan_ids),
        "answered_at": answered_at,
    }
