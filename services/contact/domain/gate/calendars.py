"""Public holidays and work days: years held as rows, and calendars that a law states as rules for every year."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Annotated

from services.contact.domain.gate.case import Day
from services.contact.domain.gate.reading import Between
from services.contact.domain.gate.zones import ONE_DAY


@dataclass(frozen=True, slots=True)
class YearlyHoliday:
    """A holiday of every year: on a date, on the nth weekday of a month (5: the last), or so many days from Easter.

    `substitute`: when it falls on a weekend, the next day that is neither weekend nor holiday is one too.
    """

    name: str
    month: Annotated[int, Between(1, 12)] = 1
    day: Annotated[int, Between(1, 31)] = 1
    weekday: Day | None = None
    nth: Annotated[int, Between(1, 5)] = 1
    easter: Annotated[int, Between(-70, 70)] | None = None
    substitute: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days on which offices are shut. With `yearly` every year is known, else only `years`.

    `working` are weekend days that were made work days.
    """

    name: str
    source: str
    years: frozenset[int] = frozenset()
    holidays: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    yearly: tuple[YearlyHoliday, ...] = ()

    def knows(self, year: int) -> bool:
        """Whether the holidays of *year* are loaded."""
        return bool(self.yearly) or year in self.years

    def is_holiday(self, day: date) -> bool:
        """Whether *day* is a public holiday; only to be asked of a year that is known."""
        return day in self.holidays or (bool(self.yearly) and day in _yearly_holidays(self.yearly, day.year))

    def is_work_day(self, day: date) -> bool:
        """Whether offices are open: neither weekend (unless made a work day) nor holiday."""
        return day in self.working or (day.weekday() < 5 and not self.is_holiday(day))


Calendars = Mapping[str, Calendar]


class MissingYearError(LookupError):
    """The calendar has no such year: whatever rests on it is blocked."""


def add_work_days(start: date, count: int, calendar: Calendar, closed: frozenset[date] = frozenset()) -> date:
    """The work day that is *count* work days after *start*, which itself is not counted, nor are days in *closed*.

    Raises: MissingYearError when a year on the way is not loaded.
    """
    day = start
    while count > 0:
        day += ONE_DAY
        if not calendar.knows(day.year):
            raise MissingYearError(calendar.name)
        count -= calendar.is_work_day(day) and day not in closed
    return day


@cache
def _yearly_holidays(rules: tuple[YearlyHoliday, ...], year: int) -> frozenset[date]:
    days = {_on(rule, year) for rule in rules}
    for rule in sorted(rules, key=lambda rule: _on(rule, year)):
        day = _on(rule, year)
        if rule.substitute and day.weekday() >= 5:
            while day.weekday() >= 5 or day in days:
                day += ONE_DAY
            days.add(day)
    return frozenset(days)


def _on(rule: YearlyHoliday, year: int) -> date:
    if rule.easter is not None:
        return easter(year) + timedelta(days=rule.easter)
    if rule.weekday is None:
        return date(year, rule.month, rule.day)
    first = date(year, rule.month, 1)
    day = first + timedelta(days=(rule.weekday - first.weekday()) % 7 + 7 * (rule.nth - 1))
    return day if day.month == rule.month else day - timedelta(days=7)


def easter(year: int) -> date:
    """Western Easter Sunday. Source: the anonymous Gregorian algorithm (Nature, 20 April 1876)."""
    golden, century = year % 19, year // 100
    skipped, rest = divmod(century, 4)
    epact = (19 * golden + century - skipped - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * rest + 2 * (year % 100 // 4) - epact - year % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
