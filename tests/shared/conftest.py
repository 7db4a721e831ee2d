"""The toy houses for whoever asks: one that speaks, one that hears, and somebody at the speaker's doors."""

import pytest

from tests.shared.clients import a_client
from tests.shared.street import Keys, a_house
from tests.shared.toy import hearer, speaker


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
