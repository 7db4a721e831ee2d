"""What can be seen of a command before anything is kept for it: whether it was answered before, and how it would be."""

from typing import Any, Final

from sqlalchemy import bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database.tables import commands, subjects
from shared.fold import Heard, House, Request
from shared.fold.subject import state_in
from shared.refusal import Refusal

_SUBJECT: Final = select(subjects).where(subjects.c.key == bindparam("of"))
_ANSWERED: Final = select(
    exists().where(commands.c.principal == bindparam("by"), commands.c.idempotency_key == bindparam("named"))
)


async def refusal_at_sight(connection: AsyncConnection, house: House[Any], heard: Heard) -> Refusal | None:
    """Why what is *heard* would be refused now; the fold, which holds the borrower's row, has the last word."""
    now = await house.clock.read(connection)
    row = (await connection.execute(_SUBJECT, {"of": heard.key})).one_or_none()
    state = state_in(house, row) if row is not None else house.blank(heard.key)
    contexts = await house.gather(connection, [heard], None, now)
    found = house.decide(state, heard.fact, contexts[heard.key])
    return found if isinstance(found, Refusal) else None


async def is_answered(connection: AsyncConnection, via: Request) -> bool:
    """Whether a request under this key was taken before: its words are kept already."""
    if via.idempotency_key is None:
        return False
    return bool((await connection.execute(_ANSWERED, {"by": via.principal, "named": via.idempotency_key})).scalar_one())
