"""The relay: publishes what was announced, in order, and forgets it only when the broker has it."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.conn import collect_hosts
from aiokafka.errors import KafkaError, ProducerClosed
from sqlalchemy import Row, bindparam, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.announcements import made_of, to_headers, within_bytes
from shared.database import Database, unnest, wait_out
from shared.database.tables import announcements, published, unpublished
from shared.fold import House
from shared.telemetry import PUBLISHED

BATCH: Final = 2000
BYTES_MAX: Final = 8 * 1024 * 1024
IDLE_SECONDS: Final = 0.2
BACKOFF_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
PUBLISH_SECONDS_MAX: Final = 30
PROBE_SECONDS_MAX: Final = 2
LEAVE_SECONDS_MAX: Final = 1
STOP_SECONDS_MAX: Final = 5
PRODUCER_BATCH_BYTES: Final = 1024 * 1024
REQUEST_BYTES_MAX: Final = 2 * 1024 * 1024

_LOCK_NAME: Final = "forbear relay"
_TRY_LOCK = text("select pg_try_advisory_lock(hashtextextended(:name, 0))")
_LOWEST = within_bytes(
    select(announcements)
    .join(unpublished, unpublished.c.id == announcements.c.id)
    .order_by(unpublished.c.id)
    .limit(BATCH)
    .subquery("lowest"),
    "id",
    bytes_max=BYTES_MAX,
)
_DELETE = delete(unpublished).where(unpublished.c.id == func.any(bindparam("ids")))
_NUMBER = insert(published).from_select(["id"], select(unnest({"id": published.c.id.type}).c.id))

log = logging.getLogger("forbear.relay")


class Publisher(Protocol):
    """Where announcements go."""

    async def publish(self, connection: AsyncConnection, rows: Sequence[Row[Any]]) -> None:
        """Make *rows* durable outside the outbox, in order, or raise; some may be published all the same."""

    async def close(self) -> None:
        """Let go of what is held."""


class KafkaPublisher:
    """Publishes on the house's topic with `acks=all`; gathers the sends of a batch and awaits every one."""

    def __init__(self, house: str, topic: str, bootstrap: str, **security: Any) -> None:
        self._house, self._topic, self._bootstrap, self._security = house, topic, bootstrap, security
        self._producer: AIOKafkaProducer | None = None

    async def publish(self, connection: AsyncConnection, rows: Sequence[Row[Any]]) -> None:  # noqa: ARG002
        """Send *rows*. One failed send ruins an idempotent producer for good, so it is left and built anew."""
        sends: list[asyncio.Future[Any]] = []
        try:
            async with asyncio.timeout(PUBLISH_SECONDS_MAX):
                producer = await self._ready()
                for row in rows:
                    said = made_of(row)
                    headers = to_headers(self._house, said)
                    sends.append(await producer.send(self._topic, said.data, said.key.encode(), headers=headers))
                await asyncio.gather(*sends)
        except BaseException:
            for sent in sends:
                sent.cancel()
            await self.close()
            raise

    async def close(self) -> None:
        """Leave the producer, whatever it still holds: what was not acknowledged is published again."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                await asyncio.wait_for(_leave(producer), STOP_SECONDS_MAX)

    async def _ready(self) -> AIOKafkaProducer:
        if self._producer is None:
            await probe(self._bootstrap)
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                client_id=f"forbear-{self._house}-relay",
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                max_batch_size=PRODUCER_BATCH_BYTES,
                max_request_size=REQUEST_BYTES_MAX,
                request_timeout_ms=10_000,
                **self._security,
            )
            await self._producer.start()
        return self._producer


async def probe(bootstrap: str) -> None:
    """One gentle connection before a producer is built: a waiting producer knocks thousands of times a second.

    Any one of the brokers will do. Raises: OSError, TimeoutError.
    """
    failure: Exception = OSError("no broker is named")
    for host, port, _ in collect_hosts(bootstrap):
        try:
            async with asyncio.timeout(PROBE_SECONDS_MAX):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError) as error:
            failure = error
            continue
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return
    raise failure


async def _leave(producer: AIOKafkaProducer) -> None:
    """End *producer* without its flush, which would wait for a broker that is away and leave its task behind."""
    if producer._sender is not None:  # noqa: SLF001
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(producer._sender.close(), LEAVE_SECONDS_MAX)  # noqa: SLF001
        producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001
    await producer.stop()


class NumberingPublisher:
    """Without a broker: gives each announcement its position; the houses hear each other by long-polling."""

    async def publish(self, connection: AsyncConnection, rows: Sequence[Row[Any]]) -> None:
        """Number *rows* in their order, in the transaction that takes them off the queue."""
        await connection.execute(_NUMBER, {"all_id": [row.id for row in rows]})

    async def close(self) -> None:
        """Nothing is held."""


class Relay:
    """One per house: whoever holds the advisory lock publishes; the others wait for it to go."""

    def __init__(self, house: House[Any], publisher: Publisher) -> None:
        self._house = house
        self._database: Database = house.database
        self._publisher = publisher
        self._failures = 0

    async def run(self) -> None:
        """Publish until cancelled; every failure is waited out, nothing is skipped."""
        try:
            while True:
                try:
                    await self._lead()
                except Exception as error:
                    wait_out(error, log, "relay", KafkaError)
                    self._failures += 1
                await asyncio.sleep(BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)])
        finally:
            await self._publisher.close()

    async def _lead(self) -> None:
        """Publish while this connection holds the lock; the lock goes with the connection."""
        async with self._database.work.connect() as connection:
            if not (await connection.execute(_TRY_LOCK, {"name": _LOCK_NAME})).scalar_one():
                return
            await connection.commit()
            try:
                while True:
                    self._house.spoke.clear()
                    if not await self.publish_some(connection):
                        await self._rest()
            finally:
                await connection.invalidate()

    async def publish_some(self, connection: AsyncConnection) -> int:
        """Publish the lowest announcements that are not published yet, and answer how many there were."""
        async with connection.begin():
            rows = (await connection.execute(_LOWEST)).all()
            if not rows:
                return 0
            await self._publisher.publish(connection, rows)
            await connection.execute(_DELETE, {"ids": [row.id for row in rows]})
        self._failures = 0
        PUBLISHED.inc(len(rows))
        self._house.moved.beat()
        return len(rows)

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE_SECONDS):
                await self._house.spoke.wait()
