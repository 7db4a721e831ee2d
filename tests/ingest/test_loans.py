"""The questions about loans that ask for too much: refused, never failed at."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.harness import Databases
from tests.houses import Client, running

pytestmark = pytest.mark.postgres


@pytest.fixture
async def ingest(databases: Databases, tmp_path) -> AsyncIterator[Client]:
    async with running(databases, tmp_path, "ingest", now=datetime(2026, 3, 10, tzinfo=UTC)) as client:
        yield client


INSTANTS = {
    "the beginning": ("1970-01-01T00:00:00Z", 200),
    "before the beginning": ("1969-12-31T23:59:59Z", 422),
    "an instant that is none in UTC": ("0001-01-01T00:00:00+14:00", 422),
    "one that never comes": ("9999-12-31T23:59:59-14:00", 422),
    "no offset": ("2026-01-01T00:00:00", 422),
}


@pytest.mark.parametrize(("after", "status"), INSTANTS.values(), ids=INSTANTS)
async def test_what_is_held_is_asked_for_behind_an_instant_that_can_be(ingest, after, status):
    assert (await ingest.http.get("/v1/held", params={"after": after})).status_code == status
