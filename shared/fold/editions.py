"""Editions: the versions that decisions were taken under, kept once, and named in the journal by their digest."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.codec import encode
from shared.database import arrays, unnest
from shared.database.tables import editions
from shared.fold.house import House

REMEMBERED_MAX: Final = 1024

_COLUMNS = {c.name: c.type for c in editions.columns}
_KEEP = pg_insert(editions).from_select(list(_COLUMNS), select(*unnest(_COLUMNS).c)).on_conflict_do_nothing()


def edition_of(versions: Mapping[str, str]) -> int:
    """The name of *versions*: equal versions have the same, in every process."""
    return _digest(encode(dict(versions)))


@lru_cache(maxsize=REMEMBERED_MAX)
def _digest(named: bytes) -> int:
    return int.from_bytes(sha256(named).digest()[:8], signed=True)


async def keep_editions(connection: AsyncConnection, house: House[Any], used: Mapping[int, Mapping[str, str]]) -> None:
    """Write down what the editions of a batch stand for, unless this process has seen them kept."""
    fresh = sorted(used.keys() - house.editions)
    if fresh:
        rows = [{"edition": one, "versions": encode(dict(used[one])).decode()} for one in fresh]
        await connection.execute(_KEEP, arrays(_COLUMNS, rows))
