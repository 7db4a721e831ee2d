"""Hearing without a broker: long-polling what each source's relay has numbered, one reader per house and source."""

import asyncio
import logging
from typing import Any, Final

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.consumer.hearing import hear, through_weather
from shared.database import wait_out
from shared.database.tables import hearing
from shared.fold import House
from shared.fold.hearing import told_from
from shared.fold.letters import bury, letter_of
from shared.fold.poison import Recent, TooMuchPoison
from shared.heads import Illegible, Peer

RECORDS_MAX: Final = 500
WAIT_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 1.0

_TRY_LOCK = text("select pg_try_advisory_lock(hashtextextended(:name, 0))")
_POSITION = select(hearing.c.position).where(hearing.c.source == bindparam("of"))
_MOVE = insert(hearing).values(source=bindparam("of"), position=bindparam("to"))
_MOVE = _MOVE.on_conflict_do_update(index_elements=["source"], set_={"position": _MOVE.excluded.position})

log = logging.getLogger("forbear.consumer")


class PollingConsumer:
    """The reader of one source; whoever holds the source's advisory lock reads, the others wait."""

    def __init__(self, house: House[Any], source: str, peer: Peer) -> None:
        self._house, self._source, self._peer = house, source, peer
        self._recent = Recent()

    async def run(self) -> None:
        """Hear until cancelled."""
        while True:
            try:
                await self._lead()
            except TooMuchPoison:
                log.critical("too many subjects fail: stopped hearing until restarted")
                raise
            except Exception as error:
                wait_out(error, log, "polling")
            await asyncio.sleep(RETRY_SECONDS)

    async def _lead(self) -> None:
        async with self._house.database.work.connect() as connection:
            name = f"forbear hearing {self._source}"
            if not (await connection.execute(_TRY_LOCK, {"name": name})).scalar_one():
                return
            try:
                position = (await connection.execute(_POSITION, {"of": self._source})).scalar_one_or_none() or 0
                await connection.commit()
                while True:
                    position = await self._round(connection, position)
            finally:
                await connection.invalidate()

    async def _round(self, connection: AsyncConnection, position: int) -> int:
        """Hear what is behind *position* (exclusive) and answer the position reached."""
        page = await self._peer.announcements_after(position, RECORDS_MAX, WAIT_SECONDS)
        if not page:
            return position
        work = [told_from(self._house, self._source, told) for _, told in page]
        dead = [
            letter_of(self._source, told, cursor)
            for (cursor, told), item in zip(page, work, strict=True)
            if item is None and isinstance(told, Illegible)
        ]
        if dead:
            await through_weather(lambda: bury(self._house, dead))
        self._recent.note(await hear(self._house, [item for item in work if item is not None]))
        reached = page[-1][0]
        async with connection.begin():
            await connection.execute(_MOVE, {"of": self._source, "to": reached})
        return reached
