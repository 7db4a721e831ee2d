"""Hearing over Kafka: a batch at a time, the offsets committed after the database; they are advice for operators."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import (
    CommitFailedError,
    CorruptRecordException,
    IllegalStateError,
    KafkaError,
    RebalanceInProgressError,
)

from shared.announcements import BadEnvelope, from_headers
from shared.clock import ticks
from shared.codec import encode
from shared.consumer.hearing import hear, through_weather
from shared.consumer.raw import read_raw
from shared.database import is_weather, wait_out
from shared.events import SOURCES
from shared.fold import Heard, House, Outcome
from shared.fold.hearing import heard_from, unreadable_from
from shared.fold.letters import BYTES_MAX, bury
from shared.fold.poison import Recent, TooMuchPoison

RECORDS_MAX: Final = 500
POLL_MILLISECONDS: Final = 200
LINGER_SECONDS: Final = 0.01
SILENT_SECONDS_MAX: Final = 30.0
WATCH_SECONDS_MAX: Final = 10
METADATA_SECONDS: Final = 15
FETCH_BYTES_MAX: Final = 4 * 1024 * 1024
STOP_SECONDS_MAX: Final = 5
RESTART_SECONDS: Final = 1.0

Records = Mapping[TopicPartition, Sequence[ConsumerRecord]]

log = logging.getLogger("forbear.consumer")


class KafkaConsumer:
    """One member of the house's consumer group; may be built anew at any time, the numbers in the database decide.

    `stopped` are the partitions that hold too much poison: this member hears the others until it is started anew.
    """

    def __init__(
        self,
        house: House[Any],
        bootstrap: str,
        *,
        session_seconds: float = 10.0,
        topic_suffix: str = "",
        **security: Any,
    ) -> None:
        self._house = house
        self._bootstrap = bootstrap
        self._session_milliseconds = int(session_seconds * 1000)
        self._security = security
        self._sources = {SOURCES[source] + topic_suffix: source for source in house.hears}
        self._recent: defaultdict[TopicPartition, Recent] = defaultdict(Recent)
        self._progress = ticks()
        self.stopped: set[TopicPartition] = set()

    async def run(self) -> None:
        """Hear until cancelled; a consumer that fails or falls silent with lag is built anew."""
        while True:
            try:
                await self._member()
            except asyncio.CancelledError:
                # A client that was torn cancels tasks of its own, and hands that on when it is stopped.
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise
                log.warning("failed, trying again", extra={"task": "consumer", "error": "CancelledError"})
            except Exception as error:
                wait_out(error, log, "consumer", KafkaError)
            await asyncio.sleep(RESTART_SECONDS)

    async def _member(self) -> None:
        consumer = AIOKafkaConsumer(
            *self._sources,
            bootstrap_servers=self._bootstrap,
            client_id=f"forbear-{self._house.name}",
            group_id=f"forbear-{self._house.name}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=self._session_milliseconds,
            heartbeat_interval_ms=self._session_milliseconds // 3,
            max_partition_fetch_bytes=FETCH_BYTES_MAX,
            metadata_max_age_ms=METADATA_SECONDS * 1000,
            **self._security,
        )
        try:
            await consumer.start()
            self._progress = ticks()
            while True:
                await self._round(consumer)
        finally:
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                await asyncio.wait_for(consumer.stop(), STOP_SECONDS_MAX)

    async def _round(self, consumer: AIOKafkaConsumer) -> None:
        fetched = await self._fetched(consumer)
        if fetched:
            await self.hear_records({of: batch for of, batch in fetched.items() if of not in self.stopped})
            consumer.pause(*(self.stopped & consumer.assignment()))
            await _commit(consumer, {of: batch for of, batch in fetched.items() if of not in self.stopped})
            self._progress = ticks()
        elif ticks() - self._progress > SILENT_SECONDS_MAX:
            async with asyncio.timeout(WATCH_SECONDS_MAX):
                await self._watch(consumer)

    async def _fetched(self, consumer: AIOKafkaConsumer) -> Records:
        """What is there to hear; by its bytes, when the library meets what it cannot read, in whichever partition."""
        try:
            return await _fetch(consumer)
        except Exception as error:
            if not _is_unreadable(error):
                raise
            log.error("a batch cannot be read as usual", extra={"error": type(error).__name__})
        return await read_raw(consumer, consumer.assignment() - self.stopped, RECORDS_MAX)

    async def hear_records(self, records: Records) -> None:
        """Take one batch from every partition through the fold; a partition with too much poison is `stopped` then."""
        work: list[Heard] = []
        dead: list[dict[str, Any]] = []
        origins: list[TopicPartition] = []
        for partition, record in ((partition, record) for partition, batch in records.items() for record in batch):
            item = self._read(record)
            if isinstance(item, Heard):
                work.append(item)
                origins.append(partition)
            else:
                dead.append(item)
        if dead:
            await through_weather(lambda: bury(self._house, dead))
        if work:
            self._judge(zip(origins, await hear(self._house, work), strict=True))

    def _judge(self, heard: Iterable[tuple[TopicPartition, Outcome]]) -> None:
        for partition, outcome in heard:
            try:
                self._recent[partition].note([outcome])
            except TooMuchPoison:
                if partition not in self.stopped:
                    where = {"topic": partition.topic, "partition": partition.partition}
                    log.critical("too many subjects fail: a partition is stopped until restart", extra=where)
                self.stopped.add(partition)

    def _read(self, record: ConsumerRecord) -> Heard | dict[str, Any]:
        source = self._sources[record.topic]
        try:
            return heard_from(self._house, source, from_headers(source, record.key, record.headers, record.value))
        except BadEnvelope as error:
            return unreadable_from(source, error) or _dead_letter(record, error.reason)

    async def _watch(self, consumer: AIOKafkaConsumer) -> None:
        """Raises: TimeoutError when there is something to hear and nothing was heard for too long."""
        self._progress = ticks()
        ends = await consumer.end_offsets(consumer.assignment() - self.stopped)
        for partition, end in ends.items():
            if await consumer.position(partition) < end:
                raise TimeoutError


async def _fetch(consumer: AIOKafkaConsumer) -> Records:
    """What is there to hear, at most 500 records; where some came, what comes with them is waited for a little.

    A transaction for one record costs nearly as much as one for fifty.
    """
    first: Records = await consumer.getmany(timeout_ms=POLL_MILLISECONDS, max_records=RECORDS_MAX)
    room = RECORDS_MAX - sum(map(len, first.values()))
    if not first or room <= 0:
        return first
    await asyncio.sleep(LINGER_SECONDS)
    more: Records = await consumer.getmany(timeout_ms=0, max_records=room)
    return {of: [*first.get(of, ()), *more.get(of, ())] for of in (*first, *(more.keys() - first.keys()))}


def _is_unreadable(error: Exception) -> bool:
    """Whether the bytes are to blame: neither the broker, nor what else may be away."""
    return isinstance(error, CorruptRecordException) or not (isinstance(error, KafkaError) or is_weather(error))


async def _commit(consumer: AIOKafkaConsumer, records: Records) -> None:
    """Commit what was heard; a rebalance that came in between is no error."""
    offsets = {partition: batch[-1].offset + 1 for partition, batch in records.items()}
    if offsets:
        with contextlib.suppress(CommitFailedError, IllegalStateError, RebalanceInProgressError):
            await consumer.commit(offsets)


def _dead_letter(record: ConsumerRecord, reason: str) -> dict[str, Any]:
    headers = encode([(name, None if content is None else content.hex()) for name, content in record.headers])
    parts = (record.key, record.value, headers)
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "digest": sha256(encode([None if part is None else part.hex() for part in parts])).digest(),
        "key": record.key,
        "value": None if record.value is None else record.value[:BYTES_MAX],
        "value_bytes": len(record.value or b""),
        "headers": headers,
        "reason": reason,
    }
