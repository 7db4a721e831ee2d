"""What stands on a topic, as anybody may read it."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.announcements import Announcement, from_headers


async def read_topic(bootstrap: str, topic: str, house: str = "ingest") -> list[Announcement]:
    """Everything on *topic* from its beginning, each partition in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic, number)
            for number in consumer.partitions_for_topic(topic) or await _found(consumer, topic)
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found = []
        while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found += [from_headers(house, record.key, record.headers, record.value) for record in batch]
        return found
    finally:
        await consumer.stop()


async def _found(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    consumer.subscribe([topic])
    await consumer.getmany(timeout_ms=100)
    found = consumer.partitions_for_topic(topic)
    consumer.unsubscribe()
    return found


async def send_raw(
    bootstrap: str, topic: str, *sent: tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]
) -> None:
    """Put anything on *topic*: key, value and headers as given, all on partition 0."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_request_size=2 * 1024 * 1024)
    await producer.start()
    try:
        for key, value, headers in sent:
            await producer.send_and_wait(topic, value, key, partition=0, headers=headers)
    finally:
        await producer.stop()
