"""Hearing over a real broker: every number once, whatever comes on the topic, whoever goes and comes."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from sqlalchemy import text

from deploy.local.topics import create_topics
from shared.announcements import Announcement, source_uri, to_headers
from shared.consumer import KafkaConsumer
from shared.database import Database
from shared.database.tables import dead_letters, gaps, parked
from shared.fold import House, apply
from shared.fold.poison import FAILING_SUBJECTS_MAX
from shared.ids import chained_id
from shared.relay import KafkaPublisher, Relay
from tests.shared.street import (
    a_house,
    check_chains,
    check_folds,
    eventually,
    has_heard_all,
    heard_numbers,
    publish_all,
    rows_of,
    running,
    state_of,
    told,
)
from tests.shared.topics import administering, send_raw, suffix_of
from tests.shared.toy import Purse, hearer, make_tables, pay, speaker

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]


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


async def speak(house: House[Purse], keys: int, each: int) -> None:
    for number in range(each):
        await apply(house, [pay(f"C{key:03}", number) for key in range(keys)])


async def test_several_thousand_events_from_end_to_end(databases, topics):
    async with a_pair(databases, topics) as pair:
        async with running(Relay(pair.first, pair.publisher()), pair.consumer()):
            await speak(pair.first, keys=300, each=12)
            await eventually(pair.is_heard, 60)
        assert (await state_of(pair.second, "C299")) == Purse(Decimal("12.00"), 12)
        await check_chains(pair.second)
        await check_folds(pair.second, pair.first)
        assert not await rows_of(pair.second, gaps)


async def test_the_settings_named_in_the_design_are_in_force(databases, topics, monkeypatch):
    asked: dict[str, object] = {}
    commits: list[object] = []

    class Recorded(AIOKafkaConsumer):
        def __init__(self, *names: str, **settings: object) -> None:
            asked.update(settings)
            super().__init__(*names, **settings)

        async def commit(self, offsets=None) -> None:
            commits.append(offsets)
            await super().commit(offsets)

    monkeypatch.setattr("shared.consumer.kafka.AIOKafkaConsumer", Recorded)
    async with a_pair(databases, topics) as pair:
        await told(pair.first, "A", "1.00")
        await publish_all(pair.first, pair.publisher())
        async with running(pair.consumer()):
            await eventually(lambda: _has(commits))
    assert (asked["enable_auto_commit"], asked["auto_offset_reset"]) == (False, "earliest")
    assert asked["partition_assignment_strategy"] == (RangePartitionAssignor,)
    assert [list(offsets.values()) for offsets in commits] == [[1]]


async def _has(found) -> bool:
    return bool(found)


async def test_two_members_share_and_a_killed_one_s_share_moves(databases, topics):
    topic = (await topics.fresh(4))["collections.repayments.v1"]
    place = await databases.fresh("toy", make_tables)
    arguments = (place.app_url, topics.server.bootstrap, suffix_of(topic), "1.5")
    async with a_house(databases, speaker) as first:
        database = Database.at(place.app_url, "tests")
        second = hearer(database)
        child = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.shared.member", *arguments)
        try:
            pair = Pair(first, second, topics.server.bootstrap, topic)
            async with running(Relay(first, pair.publisher()), pair.consumer(session_seconds=1.5)):
                await eventually(lambda: _members_with_partitions(pair, 2))
                await speak(first, keys=40, each=1)
                await eventually(pair.is_heard)
                child.kill()
                await speak(first, keys=40, each=2)
                await eventually(pair.is_heard)
        finally:
            if child.returncode is None:
                child.kill()
            await child.wait()
            await database.close()


async def _members_with_partitions(pair: Pair, count: int) -> bool:
    async with administering(pair.bootstrap) as admin:
        (answer,) = await admin.describe_consumer_groups(["forbear-scoring"])
    (group,) = answer.groups
    members = group[5]
    return group[2] == "Stable" and len(members) == count and all(len(member[4]) > 40 for member in members)


async def test_a_commit_that_fails_in_a_rebalance_is_no_error(databases, topics):
    async with a_pair(databases, topics) as pair:
        inside, go_on = asyncio.Event(), asyncio.Event()

        async def prepare(_: object) -> None:
            inside.set()
            await go_on.wait()

        await speak(pair.first, keys=40, each=1)
        await publish_all(pair.first, pair.publisher())
        slow = pair.consumer(replace(pair.second, prepare=prepare), session_seconds=1.5)
        async with running(slow):
            await asyncio.wait_for(inside.wait(), 20)
            async with running(pair.consumer(session_seconds=1.5)):
                await eventually(lambda: _members_with_partitions(pair, 2))
                go_on.set()
                await eventually(pair.is_heard)
                await speak(pair.first, keys=40, each=2)
                await publish_all(pair.first, pair.publisher())
                await eventually(pair.is_heard)
        await check_folds(pair.second, pair.first)


async def test_a_stuck_row_keeps_nobody_else_waiting_and_its_gap_is_noted(databases, topics):
    async with a_pair(databases, topics, partitions=1) as pair:
        await told(pair.first, "STUCK", "1.00")
        await publish_all(pair.first, pair.publisher())
        async with running(pair.consumer()):
            await eventually(pair.is_heard)
            await apply(pair.first, [pay("STUCK", 2)])
            async with pair.second.database.begin() as holder:
                await holder.execute(text("select 1 from subjects where key = 'STUCK' for update"))
                await apply(pair.first, [pay("FREE", 1)])
                await publish_all(pair.first, pair.publisher())
                await eventually(lambda: _counts(pair.second, "FREE", 1))
                await eventually(lambda: _is_noted(pair.second))
        assert await rows_of(pair.second, gaps) == [("STUCK", "ingest", 2)]


async def _counts(house: House[Purse], key: str, count: int) -> bool:
    return (await state_of(house, key)).count == count


async def _is_noted(house: House[Purse]) -> bool:
    return bool(await rows_of(house, gaps))


def forged(key: str, number: int, data: bytes, type_: str = "PaymentReceived", **changed: bytes) -> tuple:
    """A message with a genuine envelope around any data; `changed` replaces headers (None: a null header)."""
    said = Announcement(key, number, None, None, type_, _AT, "{}", None, None, None, data)  # type: ignore[arg-type]
    said = replace(said, event_id=chained_id("ingest", key, number, None, type_, _AT, "{}", data))
    headers = dict(to_headers("ingest", said))
    headers |= {f"ce_{name}" if name != "traceparent" else name: value for name, value in changed.items()}
    return key.encode(), data, list(headers.items())


_AT = datetime(2025, 1, 1, tzinfo=UTC)

PARKED = {
    "random bytes under a readable envelope": (
        (b"K", os.urandom(64), forged("K", 1, b"{}")[2]),
        "id-does-not-match-content",
    ),
    "a broken schema": (forged("K", 1, b'{"amount": 1}'), "PaymentReceived"),
    "no JSON": (forged("K", 1, b"\xff\xfe"), "PaymentReceived"),
    "nested too deep": (forged("K", 1, b"[" * 100_000), "PaymentReceived"),
    "oversized": (forged("K", 1, b'"' + b"x" * 1_500_000 + b'"'), "PaymentReceived"),
    "a tombstone": ((b"K", None, forged("K", 1, b"{}")[2]), "envelope-disagrees-with-message"),
    "an id that is none": (forged("K", 1, b"{}", id=b"nobody"), "envelope-incomplete-or-malformed"),
    "a time before all calendars": (
        forged("K", 1, b"{}", time=b"0001-01-01T00:00:00+23:59"),
        "envelope-incomplete-or-malformed",
    ),
    "a header that is not text": (forged("K", 1, b"{}", basis=b"\xff"), "header-not-utf-8"),
    "a null header": (forged("K", 1, b"{}", basis=None), "envelope-incomplete-or-malformed"),
    "another house's name": (forged("K", 1, b"{}", source=source_uri("contact").encode()), "foreign-source"),
}

DEAD = {
    "no key": (None, b"{}", forged("K", 1, b"{}")[2]),
    "a key that is not text": (b"\xff", b"{}", forged("K", 1, b"{}")[2]),
    "a key with U+0000": (b"a\x00b", b"{}", forged("K", 1, b"{}")[2]),
    "a key without end": (b"k" * 5000, b"{}", forged("K", 1, b"{}")[2]),
    "no headers": (b"K", os.urandom(64), []),
    "a number that is none": forged("K", 1, b"{}", sequence=b"one"),
    "number zero": forged("K", 1, b"{}", sequence=b"0"),
    "a number without end": forged("K", 1, b"{}", sequence=b"9" * 40),
    "a null number": forged("K", 1, b"{}", sequence=None),
}


async def test_poison_is_set_aside_and_everybody_else_goes_on(databases, topics):
    async with a_pair(databases, topics, partitions=1) as pair:
        for place, (message, _) in enumerate(PARKED.values()):
            await pair.send(renamed(message, f"P{place}"))
        await pair.send(*DEAD.values())
        await told(pair.first, "A", "1.00")
        await publish_all(pair.first, pair.publisher())
        async with running(pair.consumer()):
            await eventually(lambda: _counts(pair.second, "A", 1))
        reasons = {row.key: row.reason for row in await rows_of(pair.second, parked)}
        for place, (name, (_, reason)) in enumerate(PARKED.items()):
            assert reasons[f"P{place}"].startswith(reason), name
        letters = sorted(await rows_of(pair.second, dead_letters), key=lambda row: row.offset)
        assert [(letter.key, letter.value) for letter in letters] == [message[:2] for message in DEAD.values()]
        assert [_headers_in(letter.headers) for letter in letters] == [message[2] for message in DEAD.values()]


def _headers_in(kept: bytes) -> list[tuple[str, bytes | None]]:
    return [(name, None if content is None else bytes.fromhex(content)) for name, content in json.loads(kept)]


def renamed(message: tuple, key: str) -> tuple:
    """The same poison about another subject, its id made genuine again where it was genuine before."""
    _, value, headers = message
    given = dict(headers)
    if value is not None and given.get("ce_id") == dict(forged("K", 1, value)[2])["ce_id"]:
        given["ce_id"] = dict(forged(key, 1, value)[2])["ce_id"]
    return key.encode(), value, list({**given, "ce_subject": key.encode()}.items())


async def test_a_trace_that_no_database_holds_costs_its_own_subject_only(databases, topics):
    async with a_pair(databases, topics, partitions=1) as pair:
        (said,) = await told(pair.first, "NUL", "1.00")
        headers = [*to_headers("ingest", said), ("traceparent", b"a\x00b")]
        await pair.send((b"NUL", said.data, headers))
        await told(pair.first, "A", "1.00")
        async with running(pair.consumer(), Relay(pair.first, pair.publisher())):
            await eventually(lambda: _counts(pair.second, "A", 1))
        assert [row.key for row in await rows_of(pair.second, parked)] == ["NUL"]


async def test_too_much_poison_stops_its_partition_instead_of_parking_everything(databases, topics):
    async with a_pair(databases, topics, partitions=2) as pair:
        for start in range(0, 1500, 500):
            await pair.send(*(forged(f"P{number}", 1, b"{}") for number in range(start, start + 500)), partition=0)
        healthy = await told(pair.first, "A", "1.00", "2.00")
        consumer = pair.consumer()
        async with running(consumer):
            await eventually(lambda: _has(consumer.stopped))
            for said in healthy:
                await pair.send((b"A", said.data, to_headers("ingest", said)), partition=1)
            await eventually(lambda: _counts(pair.second, "A", 2))
            assert {partition.partition for partition in consumer.stopped} == {0}
        assert FAILING_SUBJECTS_MAX < len(await rows_of(pair.second, parked)) <= FAILING_SUBJECTS_MAX + 500


async def test_a_topic_that_was_wiped_is_heard_again_from_its_beginning(databases, topics, monkeypatch):
    monkeypatch.setattr("shared.consumer.kafka.METADATA_SECONDS", 1)
    async with a_pair(databases, topics, partitions=1) as pair:
        await told(pair.first, "A", "1.00", "2.00", "3.00")
        await publish_all(pair.first, pair.publisher())
        async with running(pair.consumer()):
            await eventually(pair.is_heard)
            async with administering(pair.bootstrap) as admin:
                await admin.delete_topics([pair.topic])
            await eventually(lambda: _is_gone(pair))
            await eventually(lambda: _is_made_again(pair))
            await apply(pair.first, [pay("A", 4), pay("B", 1)])
            await publish_all(pair.first, pair.publisher())
            await eventually(pair.is_heard, 60)
        await check_folds(pair.second, pair.first)
        assert await heard_numbers(pair.second) == {"A": 4, "B": 1}


async def _is_gone(pair: Pair) -> bool:
    async with administering(pair.bootstrap) as admin:
        return pair.topic not in await admin.list_topics()


async def _is_made_again(pair: Pair) -> bool:
    """Right after it was made a topic may still show no partition."""
    try:
        await create_topics(pair.bootstrap, [pair.topic], 1)
    except ValueError:
        return False
    return True
