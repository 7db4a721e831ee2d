"""Dead letters: what came and had not even a key and a number to be parked under."""

import logging
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shared.codec import encode
from shared.database import arrays, unnest
from shared.database.tables import dead_letters
from shared.events import SOURCES
from shared.fold.house import House
from shared.heads import Illegible

BYTES_MAX: Final = 1024 * 1024
BY_HTTP: Final = -1
"""The partition of what came over HTTP instead of a topic; its offset is the cursor, where it had one."""

# A letter that comes again, because its offset was not committed, is known by its place and its digest.
_BURIED: Final = {c.name: c.type for c in dead_letters.columns if c.name != "id"}
_BURY: Final = insert(dead_letters).from_select(list(_BURIED), select(*unnest(_BURIED).c)).on_conflict_do_nothing()

log = logging.getLogger("forbear.fold")


async def bury(house: House[Any], letters: Sequence[dict[str, Any]]) -> None:
    """Keep *letters* for an operator."""
    async with house.database.begin() as connection:
        now = await house.clock.read(connection)
        await connection.execute(_BURY, arrays(_BURIED, [letter | {"at": now} for letter in letters]))
    log.error("dead letters", extra={"count": len(letters)})


def letter_of(source: str, told: Illegible, cursor: int) -> dict[str, Any]:
    """What *source* told over HTTP and cannot be read, as a letter."""
    return {
        "topic": SOURCES[source],
        "partition": BY_HTTP,
        "offset": cursor,
        "digest": sha256(told.content).digest(),
        "key": None,
        "value": told.content[:BYTES_MAX],
        "value_bytes": len(told.content),
        "headers": encode([]),
        "reason": told.error.reason,
    }
