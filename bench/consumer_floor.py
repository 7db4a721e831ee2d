"""The least that hearing costs: the same records consumed, the same statements sent, the same relay, and no thought.

Run as `python -m bench.consumer_floor SCRIPT` with the environment of a scoring process.
"""

import asyncio
import gc
import sys
from pathlib import Path
from typing import Final

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from bench.capture import Script, send_again
from services.scoring.app import build_house
from services.scoring.settings import Settings
from shared.consumer.kafka import FETCH_BYTES_MAX
from shared.events import SOURCES
from shared.relay import KafkaPublisher, Relay

GROUP: Final = "bench.consumer_floor"


async def hear(script: Script, settings: Settings) -> None:
    """Consume as many records as each batch had, and send what it sent; then stay, for the relay to finish."""
    house = build_house(settings)
    publisher = KafkaPublisher(house.name, house.topic + settings.topic_suffix, settings.kafka_bootstrap)
    relay = asyncio.create_task(Relay(house, publisher).run())
    connection = await asyncpg.connect(settings.database_url.replace("+asyncpg", ""), server_settings={"jit": "off"})
    consumer = AIOKafkaConsumer(
        *(SOURCES[source] + settings.topic_suffix for source in house.hears),
        bootstrap_servers=settings.kafka_bootstrap,
        group_id=GROUP,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        partition_assignment_strategy=(RangePartitionAssignor,),
        max_partition_fetch_bytes=FETCH_BYTES_MAX,
    )
    await consumer.start()
    for step in script.steps:
        await _take(consumer, step.records)
        await send_again(connection, step)
        house.spoke.set()
        await consumer.commit()
    await relay


async def _take(consumer: AIOKafkaConsumer, count: int) -> None:
    while count > 0:
        found = await consumer.getmany(timeout_ms=200, max_records=count)
        count -= sum(map(len, found.values()))


def main() -> None:
    """Read the script, put it out of the collector's way, and hear until told to stop."""
    script = Script.load(Path(sys.argv[1]))
    gc.freeze()
    uvloop.run(hear(script, Settings()))  # type: ignore[call-arg]  # read from the environment


if __name__ == "__main__":
    main()
