"""Ingest over real PostgreSQL, under a clock that stands still until it is moved."""

from collections.abc import AsyncIterator

import pytest

from tests.harness import Databases
from tests.houses import Client, running
from tests.ingest.posting import START


@pytest.fixture
async def ingest(databases: Databases, tmp_path) -> AsyncIterator[Client]:
    async with running(databases, tmp_path, "ingest", now=START) as client:
        yield client
