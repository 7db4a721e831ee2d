"""The four houses, running for as long as the tests of their doors do."""

from collections.abc import AsyncIterator

import pytest

from tests.contracts.street import FourHouses, four_houses
from tests.harness import Databases


@pytest.fixture(scope="package")
async def houses(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FourHouses]:
    async with four_houses(databases, tmp_path_factory.mktemp("street")) as street:
        yield street
