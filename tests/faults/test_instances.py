"""Two instances of every house, one of each killed half-way: shares move, nothing doubles, the work was shared."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from deploy.local.databases import HOUSES
from deploy.local.replay.runner import Run
from tests.faults.faults import RECOVERY_SECONDS_MAX
from tests.faults.test_faults import FACTS, SEED, portfolio_with
from tests.faults.twins import Twins, second_instances, shares_of
from tests.stories.references import assert_features_equal_the_facts, assert_positions_equal_the_facts
from tests.stories.street import assert_nothing_lost_or_doubled, ledger_of, replaying, whole_street

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]

PORTFOLIO = portfolio_with(min(FACTS, 2000), SEED)
HEARERS = ("scoring", "contact", "feedback")


@dataclass
class Shared(Run):
    """A run over two instances of each house, of which the second are killed when half of the facts are posted."""

    twins: Twins | None = None
    posted: int = 0
    done_by_second: dict[str, float] = field(default_factory=dict)
    senders: int = 0
    moved_s: dict[str, float] = field(default_factory=dict)

    async def step(self, now: datetime, facts: Sequence[Mapping[str, Any]]) -> datetime | None:
        """As in any run."""
        self.posted += len(facts)
        if self.twins and facts and self.posted > len(self.portfolio.facts) // 2:
            twins, self.twins = self.twins, None
            await self._look(twins)
            later = asyncio.create_task(self._kill(twins))
            found = await super().step(now, facts)
            await later
            return found
        return await super().step(now, facts)

    async def _look(self, twins: Twins) -> None:
        """What the second instances have done so far, and what they hold."""
        for house in HOUSES:
            self.done_by_second[f"{house} wakes"] = await twins.counted(
                house, "forbear_heard_total", door="wake", outcome="Applied"
            )
        for house in HEARERS:
            self.done_by_second[f"{house} messages"] = await twins.counted(
                house, "forbear_heard_total", door="message", outcome="Applied"
            )
            shares = await shares_of(twins.profile, house)
            assert len(shares) == 2
            assert all(shares)
            assert not shares[0] & shares[1]
        async with ledger_of(twins.profile, "contact") as contact:
            self.senders = await contact.fetchval("select count(distinct leased_by) from attempts")

    async def _kill(self, twins: Twins) -> None:
        """Kill every second instance while the facts are being heard, and wait until its share is the first one's."""
        await asyncio.sleep(0.3)
        whole = {house: frozenset().union(*await shares_of(twins.profile, house)) for house in HEARERS}
        for house in HOUSES:
            twins.kill(house)
        began = time.monotonic()
        for house in HEARERS:
            while await shares_of(twins.profile, house) != [whole[house]]:
                assert time.monotonic() < began + RECOVERY_SECONDS_MAX, house
                await asyncio.sleep(0.2)
            self.moved_s[house] = round(time.monotonic() - began, 2)


@pytest.mark.timeout(2700)
async def test_two_instances_of_each_house_share_the_work_and_one_of_each_may_be_killed():
    with whole_street(PORTFOLIO, broker=True) as profile, second_instances(profile) as twins:
        async with replaying(profile, PORTFOLIO) as plain:
            run = Shared(PORTFOLIO, plain.street, plain.answers, twins=twins)
            await run.replay(lambda done, total, day: None)
            await assert_nothing_lost_or_doubled(profile, PORTFOLIO, run)
            await assert_positions_equal_the_facts(profile, PORTFOLIO)
            await assert_features_equal_the_facts(profile, PORTFOLIO)
    told = {"instances": 2, "facts": len(PORTFOLIO.facts), "share_moved_s": run.moved_s, "senders": run.senders}
    print(json.dumps(told | {"done_by_second": run.done_by_second}), flush=True)  # noqa: T201  the figures of the run
    assert set(run.moved_s) == set(HEARERS)
    assert run.senders >= 2, "both senders have sent"
    assert run.done_by_second["ingest wakes"] > 0, "days were closed by both"
    assert all(run.done_by_second[f"{house} messages"] > 0 for house in HEARERS), "messages were heard by both"
