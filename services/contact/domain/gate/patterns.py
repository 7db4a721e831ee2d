"""Patterns that no cap forbids and a person must look at: quick redial, bunching in a day, load over all channels."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from services.contact.domain.gate import words
from services.contact.domain.gate.case import PastContact
from services.contact.domain.gate.facts import Facts, Moment, person_reached
from services.contact.domain.gate.reading import Between
from services.contact.domain.gate.rule import PASS, Finding, Rule

QUICK_AFTER: Final = words.UNREACHED | {"left_limited_content_message", None}
"""Outcomes after which trying again at once is a pattern; after a call that dropped it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """So many calls and messages to one person within `days` dates, this one included, and no answer in between."""

    calls: int = 0
    messages: int = 0
    days: Annotated[int, Between(1, 60)] = 7

    def is_reached(self, moment: Moment) -> bool:
        """Whether this contact completes the load."""
        facts = moment.facts
        first = moment.today(moment.zone) - timedelta(days=self.days - 1)
        recent = [item for item, day in zip(facts.past, facts.dates(moment.zone), strict=True) if day >= first]
        if any(item.direction == "in" or item.outcome in words.TALKS for item in recent):
            return False
        mine = [item.channel for item in recent if person_reached(item.to) == facts.person and _connected(item)]
        channels = [*mine, facts.channel]
        calls, messages = (sum(channel in sort for channel in channels) for sort in (words.CALLS, words.MESSAGES))
        return calls >= self.calls and messages >= self.messages


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternFlag(Rule):
    """A pattern that no cap forbids and a person must look at: quick redial, bunching in a day, load over channels."""

    kind: Literal["pattern_flag"] = "pattern_flag"
    watched: words.Channels = frozenset()
    gap_minutes: Annotated[int, Between(0, 1440)] = 0
    per_day: Annotated[int, Between(2, 100)] | None = None
    load: tuple[Load, ...] = ()

    def weigh(self, moment: Moment) -> Finding:
        facts = moment.facts
        tried = [n for n, item in enumerate(facts.past) if self._is_watched(item, facts)]
        if tried and self._is_quick(facts.past[tried[-1]], moment):
            contacts = (facts.past[tried[-1]].ref,)
            return self.object("review", f"tried again within {self.gap_minutes} minutes", contacts=contacts)
        if self.per_day is not None and max(_on_day(moment, zone, tried) for zone in moment.zones) + 1 >= self.per_day:
            return self.object("review", f"attempt {self.per_day} or later on one date")
        if any(load.is_reached(moment) for load in self.load):
            return self.object("review", "the load over all channels, without an answer")
        return PASS

    def _is_quick(self, last: PastContact, moment: Moment) -> bool:
        """Whether the last attempt was so short ago and went unanswered."""
        within = moment.at - last.at <= timedelta(minutes=self.gap_minutes)
        return bool(self.gap_minutes) and within and last.outcome in QUICK_AFTER

    def _is_watched(self, item: PastContact, facts: Facts) -> bool:
        return (
            item.direction == "out"
            and item.channel in self.watched
            and _connected(item)
            and person_reached(item.to) == facts.person
            and (None in (item.to, facts.proposed.to) or item.to == facts.proposed.to)
        )


def _on_day(moment: Moment, zone: ZoneInfo, tried: list[int]) -> int:
    days = moment.facts.dates(zone)
    return sum(days[n] == moment.today(zone) for n in tried)


def _connected(item: PastContact) -> bool:
    return item.outcome not in words.UNCONNECTED
