"""A speaker, a hearer, and the topic between them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.consumer import KafkaConsumer
from shared.fold import House
from shared.relay import KafkaPublisher
from tests.shared.street import (
    a_house,
    has_heard_all,
)
from tests.shared.topics import send_raw, suffix_of
from tests.shared.toy import Purse, hearer, speaker


@dataclass(frozen=True)
class Pair:
    """A speaker, a hearer, and the topic between them."""

    first: House[Purse]
    second: House[Purse]
    bootstrap: str
    topic: str

    def publisher(self) -> KafkaPublisher:
        return KafkaPublisher("ingest", self.topic, self.bootstrap)

    def consumer(self, house: House[Purse] | None = None, session_seconds: float = 3) -> KafkaConsumer:
        suffix = suffix_of(self.topic)
        house = house or self.second
        return KafkaConsumer(house, self.bootstrap, session_seconds=session_seconds, topic_suffix=suffix)

    async def is_heard(self) -> bool:
        return await has_heard_all(self.second, self.first)

    async def send(self, *raw, partition: int = 0) -> None:
        await send_raw(self.bootstrap, self.topic, *raw, partition=partition)


@asynccontextmanager
async def a_pair(databases, topics, partitions: int = 4) -> AsyncIterator[Pair]:
    topic = (await topics.fresh(partitions))["collections.repayments.v1"]
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        yield Pair(first, second, topics.server.bootstrap, topic)
