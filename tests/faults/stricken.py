"""A replay during which faults strike, each while the street is at work, and what must hold afterwards."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.local.profile import Profile
from deploy.local.replay.portfolio import Portfolio
from deploy.local.replay.runner import Run
from tests.faults.faults import Fault, Faults
from tests.stories.references import assert_features_equal_the_facts, assert_positions_equal_the_facts
from tests.stories.street import assert_nothing_lost_or_doubled, replaying


@dataclass
class Stricken(Run):
    """A run in which the next of *plan* strikes as soon as so many facts are posted, one at a time."""

    faults: Faults | None = None
    plan: list[Fault] = field(default_factory=list)
    posted: int = 0
    _striking: asyncio.Task[None] | None = None

    async def step(self, now: datetime, facts: Sequence[Mapping[str, Any]]) -> datetime | None:
        """As in any run; the next facts wait until the last fault is recovered from."""
        await self.recovered()
        self.posted += len(facts)
        if self.plan and facts and self.plan[0].facts <= self.posted:
            assert self.faults is not None
            self._striking = asyncio.create_task(self.faults.strike(self.plan.pop(0)))
        return await super().step(now, facts)

    async def recovered(self) -> None:
        """Wait for the fault that struck last. Raises what went wrong."""
        if self._striking is not None:
            await self._striking


async def replay_with(profile: Profile, portfolio: Portfolio, plan: Sequence[Fault]) -> list[dict[str, Any]]:
    """Replay *portfolio* while the faults of *plan* strike, check it all, and answer how each was recovered from."""
    faults = Faults(profile)
    async with replaying(profile, portfolio) as plain:
        run = Stricken(portfolio, plain.street, plain.answers, faults=faults, plan=list(plan))
        await run.replay(lambda done, total, day: None)
        await run.recovered()
        assert not run.plan, "every fault has struck"
        await assert_nothing_lost_or_doubled(profile, portfolio, run)
        await assert_positions_equal_the_facts(profile, portfolio)
        await assert_features_equal_the_facts(profile, portfolio)
    print(json.dumps(summary_of(portfolio, run, faults)), flush=True)  # noqa: T201  the figures of the run
    return faults.recoveries


def summary_of(portfolio: Portfolio, run: Run, faults: Faults) -> dict[str, Any]:
    """One line: what was replayed, what was accepted, and the longest recovery of each kind."""
    longest: dict[str, float] = {}
    for one in faults.recoveries:
        name = f"{one['victim']} {one['fault']}"
        longest[name] = max(longest.get(name, 0.0), one["recovered_s"])
    return {
        "facts": len(portfolio.facts), "receipts": run.receipts, "seconds": round(run.seconds, 1),
        "faults": len(faults.recoveries), "longest_recovery_s": longest,
    }  # fmt: skip
