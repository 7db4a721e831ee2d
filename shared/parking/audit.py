"""The operators' acts, for whoever audits them."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database.tables import operator_acts

_PAGE = (
    select(operator_acts)
    .where(operator_acts.c.id > bindparam("after"))
    .order_by(operator_acts.c.id)
    .limit(bindparam("count"))
)


@dataclass(frozen=True, slots=True)
class OperatorAct:
    """Who did what to which item, when by business time and by the machine's, and why."""

    id: int
    at: datetime
    recorded_at: datetime
    operator: str
    act: str
    item: str
    item_id: int
    was: Any
    reason: str
    reference: str | None


async def list_acts(connection: AsyncConnection, after: int, limit: int) -> list[OperatorAct]:
    """Acts behind *after* (exclusive), in the order they were numbered."""
    found = await connection.execute(_PAGE, {"after": after, "count": limit})
    return [OperatorAct(**{**row, "was": json.loads(row["was"])}) for row in found.mappings()]
