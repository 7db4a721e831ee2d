"""Topics from outside: filled as a relay fills them, and watched until a group has heard them to the end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.announcements import Announcement, to_headers

LOOK_SECONDS = 0.05
FILL_BYTES = 1024 * 1024
WARM_UP = 0.1
"""The share of a backlog that is heard before the clock starts."""


async def fill(bootstrap: str, topic: str, house: str, said: Iterable[Announcement]) -> int:
    """Publish *said*, in order, as the relay of *house* would; answers how many bytes of values that were."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, compression_type="lz4",
        max_batch_size=FILL_BYTES,
    )  # fmt: skip
    await producer.start()
    try:
        sends, size = [], 0
        for one in said:
            sends.append(await producer.send(topic, one.data, one.key.encode(), headers=to_headers(house, one)))
            size += len(one.data)
        await asyncio.gather(*sends)
        return size
    finally:
        await producer.stop()


@dataclass(frozen=True, slots=True)
class Pace:
    """How many records a group heard in how many seconds, once it was warm; *busy_seconds* of them on a processor.

    On a machine that has other work the second is the steadier figure; it leaves out what PostgreSQL and Kafka do.
    """

    records: int
    seconds: float
    busy_seconds: float

    @property
    def per_second(self) -> float:
        """Records a second."""
        return self.records / self.seconds

    @property
    def busy_microseconds(self) -> float:
        """Of the process's own processor time, for each record."""
        return self.busy_seconds / self.records * 1e6


class Watch:
    """Looks on while *group* hears *topics*: by the offsets it commits, which come after its database's commit."""

    def __init__(self, bootstrap: str, group: str, topics: Sequence[str], partitions: int) -> None:
        self._bootstrap, self._group = bootstrap, group
        self._partitions = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]

    async def until_heard(self, pid: int, is_published: Callable[[], Awaitable[bool]], seconds_max: float) -> Pace:
        """Return when all is heard by the process *pid*, and *is_published*; the first tenth is warm-up.

        Raises: TimeoutError.
        """
        total = await self.total()
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        try:
            async with asyncio.timeout(seconds_max):
                while (warm := await self._heard(admin)) < total * WARM_UP:  # noqa: ASYNC110  another process hears
                    await asyncio.sleep(LOOK_SECONDS)
                started, busy = time.monotonic(), _busy(pid)
                while await self._heard(admin) < total or not await is_published():  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_SECONDS)
                return Pace(total - warm, time.monotonic() - started, _busy(pid) - busy)
        finally:
            await admin.close()

    async def total(self) -> int:
        """How many records the topics hold."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap)
        await consumer.start()
        try:
            return sum((await consumer.end_offsets(self._partitions)).values())
        finally:
            await consumer.stop()

    async def _heard(self, admin: AIOKafkaAdminClient) -> int:
        found = await admin.list_consumer_group_offsets(self._group, partitions=self._partitions)
        return sum(max(place.offset, 0) for place in found.values())


def _busy(pid: int) -> float:
    """The processor time of a process so far, in seconds."""
    spent = psutil.Process(pid).cpu_times()
    return spent.user + spent.system
