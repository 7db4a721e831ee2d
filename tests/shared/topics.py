"""What stands on a topic, as anybody may read it; and anything put there, as anybody might."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.announcements import Announcement, from_headers

Raw = tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]


async def read_topic(bootstrap: str, topic: str, house: str = "ingest") -> list[Announcement]:
    """Everything on *topic* from its beginning, each partition in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in await _partitions_of(bootstrap, topic)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found = []
        while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found += [from_headers(house, record.key, record.headers, record.value) for record in batch]
        return found
    finally:
        await consumer.stop()


async def _partitions_of(bootstrap: str, topic: str) -> list[int]:
    async with administering(bootstrap) as admin:
        described = await admin.describe_topics([topic])
    return [partition["partition"] for partition in described[0]["partitions"]]


@asynccontextmanager
async def administering(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def send_raw(bootstrap: str, topic: str, *sent: Raw, partition: int = 0) -> None:
    """Put anything on one partition of *topic*: key, value and headers as given."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_request_size=2 * 1024 * 1024)
    await producer.start()
    try:
        for key, value, headers in sent:
            await producer.send_and_wait(topic, value, key, partition=partition, headers=list(headers))
    finally:
        await producer.stop()


def suffix_of(topic: str) -> str:
    """What stands behind the published name."""
    return topic.removeprefix("collections.repayments.v1")
