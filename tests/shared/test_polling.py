"""The way without a broker: the same numbers and the same fold, over a real HTTP port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn

from shared.consumer import PollingConsumer
from shared.database.tables import hearing, published
from shared.fold import apply
from shared.fold.poison import TooMuchPoison
from shared.heads import Peer
from shared.service.assembly import Server
from tests.shared.street import (
    Keys,
    a_house,
    app_of,
    check_chains,
    check_folds,
    eventually,
    has_heard_all,
    peer_of,
    publish_all,
    rows_of,
    running,
    state_of,
    told,
)
from tests.shared.toy import hearer, pay, speaker

pytestmark = pytest.mark.postgres


@asynccontextmanager
async def serving(house, keys: Keys) -> AsyncIterator[Peer]:
    """*house* with its loops running, behind a port."""
    server = Server(app_of(house, keys), "127.0.0.1", 0)
    task = asyncio.create_task(server.serve())
    await eventually(lambda: _is_started(server))
    port = server.servers[0].sockets[0].getsockname()[1]
    peer = Peer(house.name, f"http://127.0.0.1:{port}", keys.token_file("street:read"))
    try:
        yield peer
    finally:
        await peer.close()
        server.should_exit = True
        await asyncio.wait_for(task, 15)


async def _is_started(server: uvicorn.Server) -> bool:
    return server.started


async def test_houses_hear_each_other_without_a_broker_and_nothing_is_lost(databases, tmp_path):
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        async with serving(first, Keys(tmp_path)) as peer:
            readers = [PollingConsumer(second, "ingest", peer), PollingConsumer(second, "ingest", peer)]
            async with running(*readers):
                for number in range(12):
                    await apply(first, [pay(f"C{key:03}", number) for key in range(100)])
                await eventually(lambda: has_heard_all(second, first))
        await check_chains(second)
        await check_folds(second, first)
        (place,) = await rows_of(second, hearing)
        assert place.position == max(row.position for row in await rows_of(first, published)) == 1200


async def test_of_two_readers_one_hears_and_the_other_takes_over_where_it_stopped(databases, tmp_path):
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        peer = peer_of(first, Keys(tmp_path))
        async with running(PollingConsumer(second, "ingest", peer)):
            await told(first, "A", "1.00")
            await publish_all(first)
            await eventually(lambda: has_heard_all(second, first))
        await apply(first, [pay("A", 2)])
        await publish_all(first)
        async with running(PollingConsumer(second, "ingest", peer)):
            await eventually(lambda: has_heard_all(second, first))
        await peer.close()
        assert (await state_of(second, "A")).count == 2


async def test_a_source_that_is_away_is_waited_for(databases, tmp_path):
    nowhere = Peer("ingest", "http://127.0.0.1:1", None)
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        peer = peer_of(first, Keys(tmp_path))
        await told(first, "A", "1.00")
        await publish_all(first)
        reader = PollingConsumer(second, "ingest", nowhere)
        async with running(reader):
            reader._peer = peer
            await eventually(lambda: has_heard_all(second, first))
        await peer.close()
    await nowhere.close()


async def test_too_much_poison_ends_the_reading_of_its_source(databases, tmp_path):
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        await apply(first, [pay(f"C{number:03}", 1, "13.00") for number in range(150)])
        await publish_all(first)
        peer = peer_of(first, Keys(tmp_path))
        with pytest.raises(TooMuchPoison):
            await asyncio.wait_for(PollingConsumer(second, "ingest", peer).run(), 20)
        await peer.close()
