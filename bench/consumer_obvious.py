"""The same handler the obvious way: FastStream brings one message at a time, an ORM session commits each.

It keeps the same promises by the same means (numbers, chain, journal, queue and relay), with the same domain, codec and
tables; only the batches are missing. Run as `python -m bench.consumer_obvious` with scoring's environment.
"""

import asyncio
from typing import Any, Final

import uvloop
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase

from services.scoring.app import build_house
from services.scoring.domain.context import Context
from services.scoring.domain.history import Borrower
from services.scoring.settings import Settings
from shared.announcements import Announcement, Cause, Chain, chain, from_headers
from shared.clock import wall
from shared.codec import decode, encode
from shared.database import tables
from shared.events import EVENT_TYPES, SOURCES
from shared.fold import Heard, House, Message, Said
from shared.relay import KafkaPublisher, Relay

GROUP: Final = "bench.consumer_obvious"


class _Base(DeclarativeBase):
    pass


class Subject(_Base):
    """One borrower's row."""

    __table__ = tables.subjects


class Entry(_Base):
    """One entry of the journal."""

    __table__ = tables.journal


class Statement(_Base):
    """One announcement."""

    __table__ = tables.announcements


class Queued(_Base):
    """One announcement that is not published yet."""

    __table__ = tables.unpublished


async def hear(house: House[Borrower], session: AsyncSession, said: Announcement) -> None:
    """Apply one event of ingest once, whatever is repeated."""
    row: Any = await session.get(Subject, said.key, with_for_update=True)
    if said.number != row.heard[0] + 1 or said.previous != row.heard_ids[0]:
        return
    context = Context(wall())
    row.heard, row.heard_ids = [said.number, *row.heard[1:]], [said.event_id, *row.heard_ids[1:]]
    row.position += 1
    edition: int | None = None
    known = EVENT_TYPES[said.type]
    if known in house.listens_to:
        await _decide(house, session, row, said, context)
        edition = 0
    heard = {"source": "ingest", "number": said.number, "event_id": said.event_id, "now": context.now}
    session.add(Entry(key=said.key, position=row.position, said=row.said, edition=edition, **heard))


async def _decide(
    house: House[Borrower], session: AsyncSession, row: Any, said: Announcement, context: Context
) -> None:
    event = decode(EVENT_TYPES[said.type], said.data)
    before = decode(Borrower, row.body)
    state = house.evolve(before, event)
    events = house.decide(state, event, context)
    assert isinstance(events, tuple | list), events
    for one in events:
        state = house.evolve(state, one)
    basis = encode({"heard": dict(zip(house.hears, row.heard, strict=True)), "versions": dict(context.versions)})
    cause = Cause(context.now, basis.decode(), said.event_id, said.correlation_id, said.traceparent)
    made = chain(house.name, said.key, Chain(row.said, row.last_id), events, cause)
    row.body, row.wake_at = encode(state), house.wake_at(state)
    message = Message("ingest", said.number, said.previous, said.event_id, said.at)
    await _keep(house, session, row, Said(Heard(said.key, event, message), made, before, state, context.now))


async def _keep(house: House[Borrower], session: AsyncSession, row: Any, said: Said) -> None:
    for one in said.announcements:
        kept: Any = Statement(**{name: getattr(one, name) for name in Announcement.__dataclass_fields__})
        session.add(kept)
        await session.flush()
        session.add(Queued(id=kept.id))
        row.said, row.last_id = one.number, one.event_id
    for name, rows in house.rows([said]).items():
        for values in rows:
            put = insert(house.tables[name]).values(values)
            await session.execute(put.on_conflict_do_update(index_elements=["key"], set_=values))


async def run(settings: Settings) -> None:
    """Hear until told to stop."""
    house = build_house(settings)
    sessions = async_sessionmaker(house.database.work, expire_on_commit=False)
    broker = KafkaBroker(settings.kafka_bootstrap)

    @broker.subscriber(
        SOURCES["ingest"] + settings.topic_suffix,
        group_id=GROUP,
        auto_offset_reset="earliest",
        partition_assignment_strategy=(RangePartitionAssignor,),
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )
    async def handle(_: bytes, message: KafkaMessage) -> None:
        record: Any = message.raw_message
        said = from_headers("ingest", record.key, record.headers, record.value)
        async with sessions.begin() as session:
            await hear(house, session, said)
        house.spoke.set()

    publisher = KafkaPublisher(house.name, house.topic + settings.topic_suffix, settings.kafka_bootstrap)
    relay = asyncio.create_task(Relay(house, publisher).run())
    await broker.start()
    await relay


if __name__ == "__main__":
    uvloop.run(run(Settings()))  # type: ignore[call-arg]  # read from the environment
