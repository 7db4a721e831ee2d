"""The four topics of the houses: `python -m deploy.local.topics <bootstrap> [partitions]` makes what is missing."""

import asyncio
import sys
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

TOPICS = (
    "collections.repayments.v1",
    "collections.risk.v1",
    "collections.contacts.v1",
    "collections.feedback.v1",
)
PARTITIONS = 4
ANSWER_SECONDS = 30
LOOK_SECONDS = 0.02
FOR_EVER = -1


async def create_topics(
    bootstrap: str, names: Iterable[str] = TOPICS, partitions: int = PARTITIONS, *, retention_ms: int = FOR_EVER
) -> None:
    """Make the topics that are missing, all with the same number of partitions; harmless to repeat.

    Raises:
        aiokafka.errors.KafkaError: the broker refused one.
        TimeoutError: the broker did not show them in time.
        ValueError: one is there with another number of partitions.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = list(names)
        await _create(admin, wanted, partitions, retention_ms)
        async with asyncio.timeout(ANSWER_SECONDS):
            await _check_partitions(admin, wanted, partitions)
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, wanted: list[str], partitions: int, retention_ms: int) -> None:
    present = set(await admin.list_topics())
    settings = {"retention.ms": str(retention_ms), "cleanup.policy": "delete"}
    fresh = [NewTopic(name, partitions, 1, topic_configs=settings) for name in wanted if name not in present]
    answer = await admin.create_topics(fresh, timeout_ms=ANSWER_SECONDS * 1000)
    for name, code, *_ in answer.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise for_code(code)(name)


async def _check_partitions(admin: AIOKafkaAdminClient, wanted: list[str], partitions: int) -> None:
    """Unequal counts would part a borrower's topics between two members; a new topic shows after a moment."""
    found: dict[str, int] = {}
    while not found or 0 in found.values():
        found = {topic["topic"]: len(topic["partitions"]) for topic in await admin.describe_topics(wanted)}
        await asyncio.sleep(LOOK_SECONDS)
    odd = {name: count for name, count in found.items() if count != partitions}
    if odd:
        raise ValueError(f"topics with another number of partitions than {partitions}: {odd}")


if __name__ == "__main__":
    asyncio.run(create_topics(sys.argv[1], partitions=int(sys.argv[2]) if len(sys.argv) > 2 else PARTITIONS))
