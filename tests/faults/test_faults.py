"""A replay on real Kafka while everything that can be killed, stopped or frozen is: nothing lost, nothing doubled.

`make faults FACTS=… SEED=… KILLS=…`: how many facts, what draws the moments, how often each house is killed.
"""

import os

import pytest

from deploy.local.databases import HOUSES
from deploy.local.replay.generated import generated
from deploy.local.replay.portfolio import Portfolio
from tests.faults.faults import RECOVERY_SECONDS_MAX, Kind, plan_of
from tests.faults.stricken import replay_with
from tests.stories.street import whole_street

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

SEED = int(os.environ.get("SEED") or 11)
FACTS = int(os.environ.get("FACTS") or 20_000)
KILLS = int(os.environ.get("KILLS") or 5)
STRUCK: list[tuple[str, Kind]] = [
    *((house, "killed") for house in HOUSES for _ in range(KILLS)),
    ("kafka", "restarted"), ("kafka", "stopped"), ("postgres", "immediate"), ("scoring", "frozen"),
    ("contact", "frozen"),
]  # fmt: skip


def portfolio_with(facts: int, seed: int) -> Portfolio:
    """A generated portfolio over six months of at least so many facts."""
    borrowers = facts // 6 + 1
    while len((found := generated(seed=seed, borrowers=borrowers, months=6)).facts) < facts:
        borrowers += borrowers // 20 + 1
    return found


@pytest.mark.timeout(5400)
async def test_a_replay_survives_every_fault_and_each_is_recovered_from_in_half_a_minute():
    portfolio = portfolio_with(FACTS, SEED)
    with whole_street(portfolio, broker=True) as profile:
        recoveries = await replay_with(profile, portfolio, plan_of(SEED, FACTS, STRUCK))
    assert sorted((one["victim"], one["fault"]) for one in recoveries) == sorted(STRUCK)
    assert [one for one in recoveries if one["recovered_s"] > RECOVERY_SECONDS_MAX] == []
