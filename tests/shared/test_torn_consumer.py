"""A broker that was away for long tears at its clients: what they cancel of their own must not end the hearing."""

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from shared.consumer import KafkaConsumer
from tests.shared.street import a_house, eventually
from tests.shared.toy import hearer

pytestmark = pytest.mark.postgres


class Torn:
    """A client that cannot start, and whose end is cancelled by a task of its own."""

    built = 0

    def __init__(self, *_: object, **__: object) -> None:
        Torn.built += 1

    async def start(self) -> None:
        raise KafkaConnectionError

    async def stop(self) -> None:
        raise asyncio.CancelledError


async def test_a_client_that_cancels_itself_is_built_anew_and_only_who_cancels_us_ends_us(databases, monkeypatch):
    monkeypatch.setattr("shared.consumer.kafka.AIOKafkaConsumer", Torn)
    monkeypatch.setattr("shared.consumer.kafka.RESTART_SECONDS", 0.01)
    async with a_house(databases, hearer) as house:
        task = asyncio.create_task(KafkaConsumer(house, "nobody:9").run())

        async def was_built_again() -> bool:
            return Torn.built >= 3 or task.done()

        await eventually(was_built_again)
        assert not task.done()
        task.cancel()
        await asyncio.wait({task}, timeout=5)
        assert task.cancelled()
