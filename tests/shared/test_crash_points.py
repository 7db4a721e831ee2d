"""Whatever is killed between any two calls: nothing lost, nothing doubled, no number missing, all published."""

from contextlib import suppress

import httpx
import pytest

from shared.database.tables import published, subjects, unpublished
from shared.fold import Heard, House, apply
from shared.fold import Request as Via
from shared.relay import KafkaPublisher, NumberingPublisher, Relay
from shared.timers import Timers
from tests.shared.crash import Crash, Fuse, at_every_point, fused, fused_producer
from tests.shared.doors import counter
from tests.shared.street import (
    Keys,
    a_house,
    app_of,
    check_chains,
    check_folds,
    publish_all,
    rows_of,
    state_of,
    told,
)
from tests.shared.topics import read_topic
from tests.shared.toy import Purse, RingAt, pay, soon, speaker

pytestmark = pytest.mark.postgres


async def _until_crash(house: House[Purse], fuse: Fuse, work) -> None:
    with fused(house.database, fuse), suppress(Crash):
        await work()


async def test_the_fold_may_die_anywhere(databases):
    async with a_house(databases, speaker) as house:

        async def attempt(n: int, fuse: Fuse) -> None:
            batch = [pay(f"A{n}", 1), pay(f"B{n}", 1), pay(f"A{n}", 2)]
            await _until_crash(house, fuse, lambda: apply(house, batch))
            if not (await state_of(house, f"A{n}")).count:
                await apply(house, batch)
            assert [(await state_of(house, f"{name}{n}")).count for name in "AB"] == [2, 1]

        assert await at_every_point(attempt) >= 14
        await check_chains(house)
        await check_folds(house)


async def test_the_timers_may_die_anywhere(databases):
    async with a_house(databases, speaker) as house:

        async def attempt(n: int, fuse: Fuse) -> None:
            await apply(house, [Heard(f"{name}{n}", RingAt(soon()), Via("tests")) for name in "AB"])
            await _until_crash(house, fuse, Timers(house).wake_all)
            await Timers(house).wake_all()
            assert [(await state_of(house, f"{name}{n}")).rung for name in "AB"] == [1, 1]

        assert await at_every_point(attempt) >= 12
        await check_chains(house)
        await check_folds(house)


@pytest.mark.kafka
async def test_the_relay_may_die_anywhere(databases, topics, monkeypatch):
    topic = (await topics.fresh())["collections.repayments.v1"]
    async with a_house(databases, speaker) as house:

        async def attempt(n: int, fuse: Fuse) -> None:
            await told(house, f"A{n}", "1.00", "2.00")
            await told(house, f"B{n}", "1.00")
            monkeypatch.setattr("shared.relay.AIOKafkaProducer", fused_producer(fuse))
            await _until_crash(house, fuse, lambda: _relay_once(house, topics, topic))
            monkeypatch.undo()
            await _relay_once(house, topics, topic)
            assert not await rows_of(house, unpublished)

        assert await at_every_point(attempt) >= 16
        numbers: dict[str, list[int]] = {}
        for said in await read_topic(topics.server.bootstrap, topic):
            seen = numbers.setdefault(said.key, [])
            if said.number not in seen:
                seen.append(said.number)
        kept_numbers = {row.key: list(range(1, row.said + 1)) for row in await rows_of(house, subjects)}
        assert numbers == kept_numbers


async def _relay_once(house, topics, topic) -> None:
    publisher = KafkaPublisher(house.name, topic, topics.server.bootstrap)
    try:
        async with house.database.work.connect() as connection:
            while await Relay(house, publisher).publish_some(connection):
                pass
    finally:
        await publisher.close()


async def test_the_relay_without_a_broker_may_die_anywhere(databases):
    async with a_house(databases, speaker) as house:

        async def attempt(n: int, fuse: Fuse) -> None:
            await told(house, f"A{n}", "1.00", "2.00")
            await _until_crash(house, fuse, lambda: _number_once(house))
            await publish_all(house)

        assert await at_every_point(attempt) >= 8
        positions = [row.id for row in sorted(await rows_of(house, published), key=lambda row: row.position)]
        assert len(positions) == len(set(positions))
        assert positions == sorted(positions)


async def _number_once(house) -> None:
    async with house.database.work.connect() as connection:
        await Relay(house, NumberingPublisher()).publish_some(connection)


async def test_the_http_door_may_die_anywhere(databases, tmp_path):
    keys = Keys(tmp_path)
    async with a_house(databases, speaker) as house:
        transport = httpx.ASGITransport(app_of(house, keys, routers=[counter(house)]))
        async with httpx.AsyncClient(transport=transport, base_url="http://street") as client:

            async def ask(n: int) -> httpx.Response:
                headers = {"Authorization": f"Bearer {keys.token('payments:write')}", "Idempotency-Key": f"k{n}"}
                return await client.post("/v1/payments", json={"key": f"A{n}", "amount": "1.00"}, headers=headers)

            async def attempt(n: int, fuse: Fuse) -> None:
                await _until_crash(house, fuse, lambda: ask(n))
                answers = [await ask(n), await ask(n)]
                assert [(one.status_code, one.json()) for one in answers] == [(201, {"number": 1})] * 2
                assert (await state_of(house, f"A{n}")).count == 1

            assert await at_every_point(attempt) >= 20
        await check_chains(house)
        await check_folds(house)
