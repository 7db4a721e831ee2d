"""Records by their bytes, as the broker keeps them: for batches that the library cannot read.

Source: the record batch of Kafka's message format v2 (KIP-98). Brokers do not look at the names of headers, and the
library refuses a whole batch for one that is no UTF-8.
"""

import logging
import struct
from collections.abc import Iterator
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CorruptRecordException, IllegalStateError, KafkaError, NoError, for_code
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.util import decode_varint

_LENGTH: Final = struct.Struct(">qi")
_BATCH_BYTES_MIN: Final = _DefaultRecordBatchPy.HEADER_STRUCT.size
BYTES_MAX: Final = 4 * 1024 * 1024

Read = dict[TopicPartition, list[ConsumerRecord]]

log = logging.getLogger("forbear.consumer")


async def read_raw(consumer: AIOKafkaConsumer, partitions: set[TopicPartition], records_max: int) -> Read:
    """What stands behind the committed offsets of *partitions*, at most *records_max*, and *consumer* moved past it.

    A partition that cannot be read even so keeps no other waiting. Raises: KafkaError when there is nothing else.
    """
    read: Read = {}
    failure: KafkaError | None = None
    for partition in sorted(partitions):
        try:
            read[partition] = await _take(consumer, partition, records_max - sum(map(len, read.values())))
        except KafkaError as error:
            log.error("a partition cannot be read", extra={"partition": partition.partition, "topic": partition.topic})
            failure = error
    if failure is not None and not any(read.values()):
        raise failure
    return {partition: records for partition, records in read.items() if records}


async def _take(consumer: AIOKafkaConsumer, partition: TopicPartition, room: int) -> list[ConsumerRecord]:
    """The next records of *partition*; none when it went to another member meanwhile."""
    start = await _committed(consumer, partition)
    records, behind = await _fetch(consumer, partition, start, room) if room else ([], start)
    try:
        consumer.seek(partition, behind)
    except IllegalStateError:
        return []
    return records


async def _committed(consumer: AIOKafkaConsumer, partition: TopicPartition) -> int:
    """Where the group stands; what the library has handed out since is read again, because some of it is lost."""
    committed: int | None = await consumer.committed(partition)
    if committed is not None:
        return committed
    beginnings: dict[TopicPartition, int] = await consumer.beginning_offsets([partition])
    return beginnings[partition]


async def _fetch(
    consumer: AIOKafkaConsumer, partition: TopicPartition, start: int, records_max: int
) -> tuple[list[ConsumerRecord], int]:
    """At most *records_max* records from *start* on, and the offset behind them."""
    client = consumer._client  # noqa: SLF001
    asked = [(partition.topic, [(partition.partition, start, BYTES_MAX)])]
    leader = client.cluster.leader_for_partition(partition)
    answer = await client.send(leader, FetchRequest(0, 0, BYTES_MAX, 0, asked))
    ((_, ((_, code, *_, content),)),) = answer.topics
    if for_code(code) is not NoError:
        error: KafkaError = for_code(code)()
        raise error
    records, behind = list[ConsumerRecord](), start
    for batch in _batches(content or b""):
        found = [record for record in records_of(partition, batch) if record.offset >= start]
        records += found[: records_max - len(records)]
        if len(records) == records_max:
            return records, records[-1].offset + 1
        behind = max(behind, _DefaultRecordBatchPy(batch).next_offset)
    return records, behind


def _batches(content: bytes) -> Iterator[bytes]:
    """The whole batches in *content*; the last one of an answer may be cut off."""
    place = 0
    while len(content) - place >= _BATCH_BYTES_MIN:
        _, length = _LENGTH.unpack_from(content, place)
        batch = content[place : place + _LENGTH.size + length]
        if len(batch) < _LENGTH.size + length:
            return
        yield batch
        place += len(batch)


def records_of(partition: TopicPartition, raw: bytes) -> list[ConsumerRecord]:
    """The records of one batch; a batch that is none is one record without a key. Raises: CorruptRecordException."""
    batch = _DefaultRecordBatchPy(raw)
    if not batch.validate_crc():
        raise CorruptRecordException
    if batch.is_control_batch:
        return []
    try:
        return list(_records(partition, batch))
    except (KafkaError, ValueError, IndexError):
        return [_record(partition, batch.base_offset, None, raw, [])]


def _records(partition: TopicPartition, batch: _DefaultRecordBatchPy) -> Iterator[ConsumerRecord]:
    iter(batch)  # takes the compression off
    cursor = _Cursor(batch._buffer, batch._pos)  # noqa: SLF001
    for _ in range(batch._header_data[-1]):  # noqa: SLF001
        length = cursor.number()
        end = cursor.place + length
        cursor.number(), cursor.number()  # attributes, time
        offset = batch.base_offset + cursor.number()
        key, value = cursor.content(), cursor.content()
        headers = [(_name(cursor.content()), cursor.content()) for _ in range(cursor.number())]
        if cursor.place != end:
            raise ValueError("a record that does not end where it says")
        yield _record(partition, offset, key, value, headers)


class _Cursor:
    """A place in a batch, moving on."""

    def __init__(self, buffer: bytearray, place: int) -> None:
        self._buffer, self.place = buffer, place

    def number(self) -> int:
        """The next number."""
        found: int
        found, self.place = decode_varint(self._buffer, self.place)
        return found

    def content(self) -> bytes | None:
        """The next bytes, None for a null. Raises: ValueError."""
        length = self.number()
        if length < 0:
            return None
        start, self.place = self.place, self.place + length
        if self.place > len(self._buffer):
            raise ValueError("a record beyond the end of its batch")
        return bytes(self._buffer[start : self.place])


def _name(raw: bytes | None) -> str:
    """The name of a header; what is no text is shown as `\\xff`, which is no name of ours."""
    return (raw or b"").decode(errors="backslashreplace")


def _record(
    partition: TopicPartition,
    offset: int,
    key: bytes | None,
    value: bytes | None,
    headers: list[tuple[str, bytes | None]],
) -> ConsumerRecord:
    sizes = [-1 if part is None else len(part) for part in (key, value)]
    return ConsumerRecord(*partition, offset, 0, 0, key, value, None, *sizes, tuple(headers))
