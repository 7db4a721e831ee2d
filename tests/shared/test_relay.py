"""The relay on a real broker: in order, nothing lost, whatever goes down."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import text

from shared.consumer import KafkaConsumer
from shared.database.tables import unpublished
from shared.fold import House, apply
from shared.relay import KafkaPublisher, Relay, probe
from tests.harness import until
from tests.shared.street import (
    a_house,
    check_chains,
    check_folds,
    eventually,
    has_heard_all,
    numbers_said,
    rows_of,
    running,
    told,
)
from tests.shared.topics import read_topic, suffix_of
from tests.shared.toy import Purse, hearer, pay, speaker

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

KEYS = [f"C{number:02}" for number in range(20)]


async def topic_of(topics) -> str:
    return (await topics.fresh())["collections.repayments.v1"]


def relay(house: House[Purse], topics, topic: str) -> Relay:
    return Relay(house, KafkaPublisher(house.name, topic, topics.server.bootstrap))


def first_occurrences(said) -> dict[str, list[int]]:
    """For each key the numbers in the order in which each was first seen."""
    found: dict[str, list[int]] = {}
    for one in said:
        numbers = found.setdefault(one.key, [])
        if one.number not in numbers:
            numbers.append(one.number)
    return found


async def in_order(house: House[Purse]) -> dict[str, list[int]]:
    return {key: list(range(1, said + 1)) for key, said in (await numbers_said(house)).items()}


async def is_published(house: House[Purse]) -> bool:
    return not await rows_of(house, unpublished)


async def test_everything_is_published_once_and_in_order(databases, topics):
    topic = await topic_of(topics)
    async with a_house(databases, speaker) as house:
        async with running(relay(house, topics, topic)):
            for number in range(30):
                await apply(house, [pay(key, number) for key in KEYS])
            await eventually(lambda: is_published(house))
        found = await read_topic(topics.server.bootstrap, topic)
        assert len(found) == 600
        assert all(one.is_intact("ingest") for one in found)
        assert first_occurrences(found) == await in_order(house)


async def test_the_settings_named_in_the_design_are_in_force(databases, topics, monkeypatch):
    asked: dict[str, object] = {}

    class Recorded(AIOKafkaProducer):
        def __init__(self, **settings: object) -> None:
            asked.update(settings)
            super().__init__(**settings)

    monkeypatch.setattr("shared.relay.AIOKafkaProducer", Recorded)
    publisher = KafkaPublisher("ingest", await topic_of(topics), topics.server.bootstrap)
    producer = await publisher._ready()
    assert (asked["acks"], asked["enable_idempotence"]) == ("all", True)
    assert (asked["compression_type"], asked["max_batch_size"]) == ("lz4", 1024 * 1024)
    assert producer._txn_manager.has_pid()
    await publisher.close()


@pytest.mark.parametrize("immediate", [False, True], ids=["SIGTERM", "SIGKILL"])
async def test_a_broker_that_goes_down_under_load_costs_nothing(databases, topics, immediate):
    topic, server = await topic_of(topics), topics.server
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        consumer = KafkaConsumer(second, server.bootstrap, session_seconds=3, topic_suffix=suffix_of(topic))
        async with running(relay(first, topics, topic), consumer):
            await _speak_through_it(first, server, immediate)
            await eventually(lambda: has_heard_all(second, first), 60)
        assert first_occurrences(await read_topic(server.bootstrap, topic)) == await in_order(first)
        await check_chains(second)
        await check_folds(second, first)


async def _speak_through_it(house: House[Purse], server, immediate: bool) -> None:
    """Say something all the time; in the middle of it the broker goes down, and comes back."""
    for number in range(60):
        await apply(house, [pay(key, number) for key in KEYS])
        if number == 20:
            server.stop(immediate=immediate)
        if number == 40:
            server.spawn()
            await until(server.is_ready)


async def _leading(house: House[Purse]) -> list[int]:
    async with house.database.begin() as connection:
        held = "select pid from pg_locks where locktype = 'advisory' and granted and database = "
        own = "(select oid from pg_database where datname = current_database())"
        return list((await connection.execute(text(held + own))).scalars())


async def _one_leads(house: House[Purse]) -> bool:
    return len(await _leading(house)) == 1


async def test_of_two_relays_one_publishes_and_the_other_takes_over(databases, topics):
    topic = await topic_of(topics)
    async with a_house(databases, speaker) as house:
        both = [relay(house, topics, topic), relay(house, topics, topic)]
        async with running(*both):
            await eventually(lambda: _one_leads(house))
            (leader,) = await _leading(house)
            await told(house, "A", "1.00")
            await eventually(lambda: is_published(house))
            async with house.database.begin() as connection:
                await connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": leader})
            await apply(house, [pay("A", 2)])
            await eventually(lambda: is_published(house))
            await eventually(lambda: _one_leads(house))
        assert first_occurrences(await read_topic(topics.server.bootstrap, topic)) == {"A": [1, 2]}


async def test_a_relay_without_its_broker_waits_gently_and_stops_at_once(databases, topics):
    async with a_house(databases, speaker) as house:
        await told(house, "A", "1.00")
        nowhere = Relay(house, KafkaPublisher("ingest", "collections.repayments.v1", "127.0.0.1:1"))
        task = asyncio.create_task(nowhere.run())
        await eventually(lambda: _has_failed(nowhere))
        task.cancel()
        await asyncio.wait([task], timeout=2)
        assert task.cancelled()
        assert len(await rows_of(house, unpublished)) == 1


async def _has_failed(relay: Relay) -> bool:
    return relay._failures > 1


async def test_any_one_of_the_brokers_is_enough_to_begin(topics):
    await probe(f"127.0.0.1:1,{topics.server.bootstrap}")
    with pytest.raises(OSError, match="Connect call failed"):
        await probe("127.0.0.1:1,127.0.0.1:2")
