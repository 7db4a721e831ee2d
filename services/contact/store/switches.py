"""Kill switches, and the lock that makes their answer true: shared by whoever begins calls, exclusive for a switch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.tables import switches
from shared.database import Weather

SWITCHES_MAX: Final = 1000
SCOPES: Final = ("global", "channel", "provider", "strategy", "segment", "borrower")

_SHARE = text("select pg_advisory_xact_lock_shared(hashtextextended('forbear kill switch', 0))")
_EXCLUDE = text("select pg_advisory_xact_lock(hashtextextended('forbear kill switch', 0))")
_ALL = select(switches).order_by(switches.c.scope, switches.c.value).limit(SWITCHES_MAX + 1)


class TooManySwitches(Weather):
    """More switches than can be read at once: nothing is sent."""


@dataclass(frozen=True, slots=True)
class Thrown:
    """The switches that are thrown: by scope, the values they stop."""

    values: Mapping[str, frozenset[str]]

    def stops(self, sent: Mapping[str, str | None]) -> bool:
        """Whether any switch stops what is *sent* (scope -> value); what is unknown of it counts as stopped."""
        if "global" in self.values:
            return True
        return any(sent.get(scope) is None or sent[scope] in values for scope, values in self.values.items())


async def share_lock(connection: AsyncConnection) -> None:
    """Until the transaction ends, nobody's switch can be answered. To be followed by `read_switches`."""
    await connection.execute(_SHARE)


async def exclude_senders(connection: AsyncConnection) -> None:
    """Wait until no transaction that begins calls is open; until this one ends, none can begin."""
    await connection.execute(_EXCLUDE)


async def read_switches(connection: AsyncConnection) -> Thrown:
    """The switches that are thrown. Raises: TooManySwitches."""
    found = (await connection.execute(_ALL)).all()
    if len(found) > SWITCHES_MAX:
        raise TooManySwitches
    values: dict[str, set[str]] = {}
    for row in found:
        values.setdefault(row.scope, set()).add(row.value)
    return Thrown({scope: frozenset(some) for scope, some in values.items()})


async def throw_switch(connection: AsyncConnection, scope: str, value: str, reason: str, principal: str) -> None:
    """Stop whatever is of *scope* and *value*; a repeat changes nothing but the reason."""
    at = func.clock_timestamp()
    row = {"scope": scope, "value": value, "reason": reason, "principal": principal, "at": at}
    statement = insert(switches).values(**row)
    changed = {"reason": reason, "principal": principal}
    await connection.execute(statement.on_conflict_do_update(index_elements=["scope", "value"], set_=changed))


async def release_switch(connection: AsyncConnection, scope: str, value: str) -> bool:
    """Let it be sent again; False when no such switch was thrown."""
    found = await connection.execute(delete(switches).where(switches.c.scope == scope, switches.c.value == value))
    return bool(found.rowcount)


async def list_switches(connection: AsyncConnection) -> Sequence[Mapping[str, Any]]:
    """Every switch that is thrown, by whom and why."""
    return [dict(row) for row in (await connection.execute(_ALL)).mappings()]
