"""The main job: day by day, facts in, quiet, answers, quiet, and on to the next instant at which something happens."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from deploy.local.replay.answers import Answers
from deploy.local.replay.portfolio import Borrower, Portfolio
from deploy.local.replay.street import Street
from deploy.local.replay.tally import Tally

AFTER_THE_LAST_FACT = timedelta(days=30)

Progress = Callable[[int, int, date], None]


@dataclass
class Run:
    """One replay; `receipts` sums up what ingest answered."""

    portfolio: Portfolio
    street: Street
    answers: Answers
    tally: Tally = field(default_factory=Tally)
    receipts: dict[str, int] = field(default_factory=dict)
    steps: int = 0
    seconds: float = 0.0
    _closed_on: date | None = None
    _people: Mapping[str, Borrower] = field(init=False)

    def __post_init__(self) -> None:
        self._people = {one.customer_id: one for one in self.portfolio.borrowers}

    async def replay(self, progress: Progress) -> None:
        """Replay everything, until 30 days after the last fact; days on which nothing happens are skipped."""
        started = time.monotonic()
        days = list(self.portfolio.days())
        total, posted = len(self.portfolio.facts), 0
        end = self.portfolio.instant_of(days[-1][0] + AFTER_THE_LAST_FACT)
        now = self.portfolio.instant_of(days[0][0])
        while now <= end:
            facts: list[Mapping[str, Any]] = []
            while days and self.portfolio.instant_of(days[0][0]) <= now:
                facts += days.pop(0)[1]
            later = await self.step(now, facts)
            posted += len(facts)
            progress(posted, total, self.local_date(now))
            fact_at = self.portfolio.instant_of(days[0][0]) if days else end + timedelta(days=1)
            now = max(min(fact_at, later or fact_at), now + timedelta(seconds=1))
        self.seconds = time.monotonic() - started

    async def introduce(self, facts: Sequence[Mapping[str, Any]], now: datetime) -> None:
        """Tell contact who the borrowers of loans that open are made out to be."""
        new = [fact["data"]["customer_id"] for fact in facts if fact["type"] == "loan.opened"]
        if new and "contact" in self.street.houses:
            people = [self._people[customer] for customer in dict.fromkeys(new)]
            await self.answers.introduce(people, self.portfolio.jurisdiction, now)

    async def step(self, now: datetime, facts: Sequence[Mapping[str, Any]]) -> datetime | None:
        """Everything that happens at *now*; answers the next instant at which a house wants to wake."""
        self.steps += 1
        await self.street.set_clocks(now)
        await self.introduce(facts, now)
        if facts:
            self.add(await self.street.report(facts))
        if self.local_date(now) != self._closed_on:
            self._closed_on = self.local_date(now)
            await self.street.close_days(self._closed_on)
        standing = await self.street.quiet()
        while await self.listen():
            standing = await self.street.quiet()
        wakes = [state["next_wake_at"] for state in standing if state["next_wake_at"]]
        return min((datetime.fromisoformat(wake) for wake in wakes), default=None)

    async def listen(self) -> bool:
        """Read what was said, let the borrowers answer, and say whether any of them did."""
        heard = []
        for house in self.street.houses:
            if house in ("contact", "feedback"):
                news = await self.street.news(house)
                self.tally.count(house, news)
                heard += news
        return await self.answers.react(heard)

    def add(self, receipt: dict[str, int]) -> None:
        """Sum up a receipt."""
        for name, count in receipt.items():
            self.receipts[name] = self.receipts.get(name, 0) + count

    def local_date(self, now: datetime) -> date:
        """The date of *now* in the business calendar."""
        return now.astimezone(ZoneInfo(self.portfolio.zone)).date()
