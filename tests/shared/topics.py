"""What stands on a topic, as anybody may read it; and anything put there, as anybody might."""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.record.util import calc_crc32c

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


class NoText(str):
    """A header's name that is no UTF-8, as other libraries may write it; shown here by its bytes in Latin-1."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return super().encode("latin-1")


NOT_YET = (3, 5, 6)
"""The topic was made a moment ago: not known, without a leader, or led by another."""


def _code_in(answer: Any) -> int:
    ((_, ((_, code, *_),)),) = answer.topics
    return code


def batch_of(sent: Sequence[Raw], codec: int = 0) -> bytes:
    """One batch of records in Kafka's message format v2, from offset 0 on."""
    builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, -1, 4 * 1024 * 1024)
    for offset, (key, value, headers) in enumerate(sent):
        builder.append(offset, 1_700_000_000_000, key, value, list(headers))
    return bytes(builder.build())


def sealed(raw: bytearray) -> bytes:
    """The batch *raw* with the checksum of what it holds now."""
    form = _DefaultRecordBatchBuilderPy
    struct.pack_into(">I", raw, form.CRC_OFFSET, calc_crc32c(bytes(raw[form.ATTRIBUTES_OFFSET :])))
    return bytes(raw)


async def send_batch(bootstrap: str, topic: str, *sent: Raw, partition: int = 0, codec: int = 0) -> None:
    """Put one batch of records on *topic*, byte for byte as built here: names of headers may be `NoText`."""
    request = ProduceRequest(None, -1, 10_000, [(topic, [(partition, batch_of(sent, codec))])])
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        await producer.partitions_for(topic)
        leader = producer.client.cluster.leader_for_partition(TopicPartition(topic, partition))
        async with asyncio.timeout(20):
            while (code := _code_in(await producer.client.send(leader, request))) in NOT_YET:  # noqa: ASYNC110  asked over the wire
                await asyncio.sleep(0.1)
        assert code == 0
    finally:
        await producer.stop()
