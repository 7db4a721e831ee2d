"""Each house is killed once, and the broker restarted, during a small replay on real Kafka; `make faults` does more."""

import pytest

from deploy.local.databases import HOUSES
from deploy.local.replay.generated import generated
from tests.faults.faults import plan_of
from tests.faults.stricken import replay_with
from tests.stories.street import whole_street

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

SEED = 34
"""Whose portfolio has borrowers that are reminded by e-mail and by text message."""
STRUCK = [*((house, "killed") for house in HOUSES), ("kafka", "restarted")]


@pytest.mark.timeout(600)
async def test_each_house_is_killed_and_the_broker_restarted_and_nothing_is_lost_or_doubled():
    portfolio = generated(seed=SEED, borrowers=40, months=2)
    with whole_street(portfolio, broker=True) as profile:
        recoveries = await replay_with(profile, portfolio, plan_of(SEED, len(portfolio.facts), STRUCK))
    assert {(one["victim"], one["fault"]) for one in recoveries} == set(STRUCK)
