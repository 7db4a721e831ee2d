"""Each service is killed once, and the broker, during a replay on real Kafka: nothing lost, nothing doubled."""

import asyncio
import os
import random
import signal

import pytest

from deploy.local.databases import HOUSES
from deploy.local.lifecycle import status
from deploy.local.replay.generated import generated
from tests.stories.street import assert_nothing_lost_or_doubled, replaying, whole_street

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

SEED = 11


@pytest.mark.timeout(1500)
async def test_each_service_is_killed_and_the_broker_restarted_during_a_replay_of_five_thousand_facts():
    portfolio = generated(seed=SEED, borrowers=850, months=6)
    assert len(portfolio.facts) >= 5000
    chance = random.Random(SEED)
    victims = [*HOUSES, "kafka"]
    chance.shuffle(victims)
    moments = sorted(chance.sample(range(10, 90), len(victims)))
    with whole_street(portfolio, broker=True) as profile:
        async with replaying(profile, portfolio) as run:
            plan = [
                (percent * len(portfolio.facts) // 100, name) for percent, name in zip(moments, victims, strict=True)
            ]
            killer = asyncio.create_task(_kill_in_the_middle(profile, run, plan))
            await run.replay(lambda done, total, day: None)
            await killer
            await assert_nothing_lost_or_doubled(profile, portfolio, run)
            restarts = {row["name"]: row["restarts"] for row in status(profile)[0]["processes"]}
            assert all(restarts[name] >= 1 for name in victims)


async def _kill_in_the_middle(profile, run, plan) -> None:
    """Kill as soon as so many facts are accepted: the houses are then at work on what follows from them."""
    for accepted, name in plan:
        while run.receipts.get("accepted", 0) + run.receipts.get("duplicates", 0) < accepted:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        _kill(profile, name)


def _kill(profile, name: str) -> None:
    """SIGKILL for a service; the broker is asked to end, and starts again."""
    pid = next(row["pid"] for row in status(profile)[0]["processes"] if row["name"] == name)
    os.kill(pid, signal.SIGTERM if name == "kafka" else signal.SIGKILL)
