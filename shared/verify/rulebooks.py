"""Rules as they were in force, kept for ever under a name, so that decisions can be taken again after a change."""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database.tables import rulebooks

_KEEP = insert(rulebooks).on_conflict_do_nothing()
_FIND = select(rulebooks.c.body).where(rulebooks.c.name == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules as JSON; `name` is what the versions of a decision call them."""

    name: str
    body: bytes

    @classmethod
    def by_digest(cls, body: bytes) -> "Rulebook":
        """*body* under the name that only these very bytes have."""
        return cls(sha256(body).hexdigest()[:16], body)


async def keep_rulebook(connection: AsyncConnection, rulebook: Rulebook) -> None:
    """Keep *rulebook*, unless it is kept."""
    await connection.execute(_KEEP, {"name": rulebook.name, "body": rulebook.body})


async def find_rulebook(connection: AsyncConnection, name: str) -> bytes | None:
    """The rules of that name."""
    found: bytes | None = (await connection.execute(_FIND, {"of": name})).scalar_one_or_none()
    return found
