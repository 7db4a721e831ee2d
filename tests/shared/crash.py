"""Crash points, enumerated: a fuse that blows at the n-th call on the database or the broker."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from sqlalchemy import event

from shared.announcements import Announcement, to_headers
from shared.consumer.kafka import Records
from shared.database import Database
from shared.events import SOURCES

CALLS_MAX = 200


class Crash(BaseException):
    """The process dies here."""


class Fuse:
    """Blows at the n-th call, once; *n* = 0 never blows."""

    def __init__(self, n: int = 0) -> None:
        self.n, self.calls = n, 0

    @property
    def blown(self) -> bool:
        return 0 < self.n <= self.calls

    def burn(self, *_: Any) -> None:
        """Count one call."""
        self.calls += 1
        if self.calls == self.n:
            raise Crash


@contextmanager
def fused(database: Database, fuse: Fuse) -> Iterator[None]:
    """*fuse* burns before and after every statement and every commit on the work pool."""
    engine = database.work.sync_engine
    commit = engine.dialect.do_commit

    def crashing_commit(connection: Any) -> None:
        fuse.burn()
        commit(connection)
        fuse.burn()

    for name in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(engine, name, fuse.burn)
    engine.dialect.do_commit = crashing_commit  # type: ignore[method-assign]
    try:
        yield
    finally:
        del engine.dialect.do_commit
        for name in ("before_cursor_execute", "after_cursor_execute"):
            event.remove(engine, name, fuse.burn)


def fused_producer(fuse: Fuse) -> type[AIOKafkaProducer]:
    """A producer whose every send may be the last thing that happens, before it or after it."""

    class Producer(AIOKafkaProducer):
        async def send(self, *args: Any, **kwargs: Any) -> asyncio.Future[Any]:
            fuse.burn()
            sent = await super().send(*args, **kwargs)
            fuse.burn()
            return sent

    return Producer


def batch_of(source: str, said: Sequence[Announcement], start: int = 0) -> Records:
    """*said* by *source*, as one batch that a broker brings; its first message lies at *start*."""
    place = TopicPartition(SOURCES[source], 0)
    return {place: [_record(place, start + n, source, one) for n, one in enumerate(said)]}


def _record(place: TopicPartition, offset: int, source: str, said: Announcement) -> ConsumerRecord:
    key, headers = said.key.encode(), to_headers(source, said)
    return ConsumerRecord(
        place.topic, place.partition, offset, 0, 0, key, said.data, None, len(key), len(said.data), headers
    )


async def at_every_point(attempt: Callable[[int, Fuse], Awaitable[None]]) -> int:
    """*attempt* with a fuse for every call it makes, until it makes fewer; answers how many points there were.

    *attempt* gets the round, and recovers by itself after its `Crash`. Every round must make the same calls.
    """
    for n in itertools.count(1):
        assert n < CALLS_MAX
        fuse = Fuse(n)
        await attempt(n, fuse)
        if not fuse.blown:
            assert fuse.calls == n - 1, "the last round made fewer calls than one before it: points were left out"
            return n - 1
    raise AssertionError
