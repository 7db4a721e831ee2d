"""The toy houses for whoever asks: one that speaks, one that hears, and somebody at the speaker's doors."""

import asyncpg
import pytest

from shared.fold import Heard, Request, apply
from shared.timers import Timers
from tests.shared.clients import a_client
from tests.shared.street import Keys, a_house, messages, told
from tests.shared.toy import RingAt, hearer, soon, speaker


@pytest.fixture
def keys(tmp_path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
async def first(databases):
    async with a_house(databases, speaker) as house:
        yield house


@pytest.fixture
async def second(databases):
    async with a_house(databases, hearer) as house:
        yield house


@pytest.fixture
async def client(first, keys):
    async with a_client(first, keys) as client:
        yield client


@pytest.fixture
async def two_told(databases):
    """A speaker told of three payments, one of them after it rang, and a hearer that answered each."""
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        await apply(first, [Heard("A", RingAt(soon()), Request("tests"))])
        await Timers(first).wake_all()
        said = [*await told(first, "A", "1.00", "2.00"), *await told(first, "B", "4.00")]
        await apply(second, messages(second, said))
        yield first, second


@pytest.fixture
def touch(databases):
    """Do to the database of a house what its own role may not."""

    async def touch(house, statement: str) -> None:
        name = house.database.work.url.database
        connection = await asyncpg.connect(databases.server.admin_url(name, driver=""))
        done = await connection.execute(statement)
        await connection.close()
        assert done.split()[-1] != "0", "something was touched"

    return touch
