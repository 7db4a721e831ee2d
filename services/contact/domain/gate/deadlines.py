"""By when, and for how long: dates that follow from an event; the earliest deadline and the longest keeping win."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from services.contact.domain.gate import words
from services.contact.domain.gate.calendars import MissingYearError, add_work_days
from services.contact.domain.gate.case import PastContact
from services.contact.domain.gate.content import conveys
from services.contact.domain.gate.facts import Facts
from services.contact.domain.gate.reading import Between
from services.contact.domain.gate.rule import Rule


class NoEventError(LookupError):
    """The event from which the date follows is not in the history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So many days on: calendar days, or work days of the named calendar."""

    days: Annotated[int, Between(0, 3660)]
    work_days_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class From:
    """The event a date counts from, the first or last of its sort; `communication`: whatever conveyed something."""

    which: Literal["first", "last"] = "first"
    communication: bool = False
    direction: Literal["in", "out"] | None = None
    channels: words.Channels | None = None
    outcomes: words.Outcomes | None = None

    def find(self, facts: Facts) -> PastContact:
        """Raises: NoEventError."""
        found = [item for item in facts.past if self._is(item) and facts.discussed(item, facts.debt_ids())]
        if not found:
            raise NoEventError
        return found[0] if self.which == "first" else found[-1]

    def _is(self, item: PastContact) -> bool:
        return (
            (not self.communication or conveys(item))
            and (self.direction is None or item.direction == self.direction)
            and (self.channels is None or item.channel in self.channels)
            and (self.outcomes is None or item.outcome in self.outcomes)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline(Rule):
    """A task is due so many days after an event; the event's own date is not counted. The last day is the answer.

    `when_complex`: further days where the event is marked complex.
    """

    kind: Literal["deadline"] = "deadline"
    tasks: frozenset[words.Task]
    event: From
    steps: tuple[Step, ...]
    when_complex: tuple[Step, ...] = ()

    def due(self, facts: Facts, zone: ZoneInfo) -> date:
        """The last day, on the calendar of *zone*.

        Raises: NoEventError; MissingYearError when a calendar year on the way is not loaded.
        """
        event = self.event.find(facts)
        steps = self.steps + (self.when_complex if event.complexity == "complex" else ())
        return _walk(event.at.astimezone(zone).date(), steps, facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention(Rule):
    """Evidence is kept at least so many years after an event; the date is the first on which it may go."""

    kind: Literal["retention"] = "retention"
    tasks: frozenset[words.Task]
    event: From
    years: Annotated[int, Between(1, 100)]

    def due(self, facts: Facts, zone: ZoneInfo) -> date:
        """The first day on which it may be disposed of, on the calendar of *zone*; 29 February becomes 1 March.

        Raises: NoEventError.
        """
        start = self.event.find(facts).at.astimezone(zone).date()
        year = start.year + self.years
        return date(year, 3, 1) if (start.month, start.day) == (2, 29) else start.replace(year=year)


def _walk(day: date, steps: Iterable[Step], facts: Facts) -> date:
    for step in steps:
        if step.work_days_of is None:
            day += timedelta(days=step.days)
        elif step.work_days_of in facts.calendars:
            day = add_work_days(
                day, step.days, facts.calendars[step.work_days_of], facts.case.debtor.holidays or frozenset()
            )
        else:
            raise MissingYearError(step.work_days_of)
    return day
