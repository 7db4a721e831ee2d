"""What a house says about itself when part of what it should hear is stopped."""

from collections.abc import AsyncIterator

import httpx
import pytest
from aiokafka import ConsumerRecord, TopicPartition
from fastapi import FastAPI

from shared.announcements import to_headers
from shared.auth import Authenticator
from shared.consumer import KafkaConsumer
from shared.events import SOURCES
from shared.fold import apply
from shared.fold.poison import FAILING_SUBJECTS_MAX
from shared.service.health import health_doors
from shared.service.loops import Watched
from shared.service.rates import Rates
from tests.shared.street import said_by, settings
from tests.shared.toy import pay

pytestmark = pytest.mark.postgres

NOWHERE = "127.0.0.1:1"
TOPIC = SOURCES["ingest"]


@pytest.fixture
async def heard(second, keys) -> AsyncIterator[tuple[KafkaConsumer, httpx.AsyncClient]]:
    """A consumer whose broker is away, watched over, and a client of the house's health."""
    consumer = KafkaConsumer(second, NOWHERE)
    watched = Watched(consumer)
    app = FastAPI()
    made = settings(keys)
    app.state.authenticator = Authenticator(made.jwks_file, issuers=made.issuers, token_seconds_max=86_400)
    app.state.turnstile = Rates(made)
    app.include_router(health_doors(second, [watched]))
    watched.start()
    headers = {"Authorization": f"Bearer {keys.token('metrics:read')}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://house", headers=headers
    ) as client:
        yield consumer, client
    await watched.stop()


async def poison(first, count: int) -> dict[TopicPartition, list[ConsumerRecord]]:
    """Announcements of *count* borrowers over which the hearer stumbles, all in partition 3."""
    await apply(first, [pay(f"C{number:03}", 1, "13.00") for number in range(count)])
    said = [(await said_by(first, f"C{number:03}"))[0] for number in range(count)]
    records = [
        ConsumerRecord(TOPIC, 3, offset, 0, 0, one.key.encode(), one.data, None, -1, -1, to_headers("ingest", one))
        for offset, one in enumerate(said)
    ]
    return {TopicPartition(TOPIC, 3): records}


async def test_a_partition_stopped_by_poison_is_named_by_the_probe_and_counted(first, heard):
    consumer, client = heard
    await consumer.hear_records(await poison(first, FAILING_SUBJECTS_MAX + 1))
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "stopped": [f"{TOPIC}-3"]})
    assert "forbear_stopped 1.0" in (await client.get("/metrics")).text


async def test_as_much_poison_as_may_be_stops_nothing(first, heard):
    consumer, client = heard
    await consumer.hear_records(await poison(first, FAILING_SUBJECTS_MAX))
    assert (await client.get("/readyz")).json() == {"status": "ready", "stopped": []}
    assert "forbear_stopped 0.0" in (await client.get("/metrics")).text
