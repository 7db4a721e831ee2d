"""Hearing over a real broker: every number once, whatever comes on the topic, whoever goes and comes."""

import asyncio
import sys
from dataclasses import replace
from decimal import Decimal

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from sqlalchemy import text

from deploy.local.topics import create_topics
from shared.database import Database
from shared.database.tables import gaps
from shared.fold import House, apply
from shared.relay import Relay
from tests.shared.pair import Pair, a_pair
from tests.shared.street import (
    a_house,
    check_chains,
    check_folds,
    eventually,
    heard_numbers,
    publish_all,
    rows_of,
    running,
    state_of,
    told,
)
from tests.shared.topics import administering, suffix_of
from tests.shared.toy import Purse, hearer, make_tables, pay, speaker

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]


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
