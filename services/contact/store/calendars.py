"""Work days and holidays as rows, each year with its source; a year that two sources tell differently is not loaded."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import chinese_calendar
import holidays
from chinese_calendar.constants import holidays as closed_days
from chinese_calendar.constants import workdays as made_work_days
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.domain.gate.calendars import Calendar, Calendars
from services.contact.tables import calendar_years, calendars
from shared.database import upsert_rows

CHINA: Final = "CN"
SOURCE: Final = "State Council holiday notices, as in chinesecalendar, cross-checked with holidays"
YEARS_MAX: Final = 100
ONE_DAY: Final = timedelta(days=1)

_YEARS = select(calendar_years).order_by(calendar_years.c.calendar, calendar_years.c.year).limit(YEARS_MAX)
_DAYS = select(calendars)
_VERSION = select(func.count(), func.max(calendar_years.c.loaded_at))

log = logging.getLogger("forbear.calendars")


async def load_china(connection: AsyncConnection, today: date) -> None:
    """Write down every year that both libraries know and agree upon, unless it is there.

    A year that is left out blocks what rests on it: an alarm, unless it is over at *today*.
    """
    there = {row.year for row in await connection.execute(_YEARS) if row.calendar == CHINA}
    for year in sorted({day.year for day in closed_days} - there):
        if not _agree(year):
            level = logging.CRITICAL if year >= today.year else logging.INFO
            log.log(level, "a calendar year is not loaded: its sources differ", extra={"type": f"{CHINA} {year}"})
            continue
        await upsert_rows(connection, calendars, list(_rows(year)))
        row = {"calendar": CHINA, "year": year, "source": SOURCE, "loaded_at": func.clock_timestamp()}
        await connection.execute(insert(calendar_years).values(**row).on_conflict_do_nothing())


@cache
def _agree(year: int) -> bool:
    other = holidays.country_holidays(CHINA, years=year)
    return all(chinese_calendar.is_workday(day) == other.is_working_day(day) for day in days_of(year))


def days_of(year: int) -> Iterator[date]:
    """Every date of *year*."""
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += ONE_DAY


def _rows(year: int) -> Iterator[Mapping[str, Any]]:
    for kind, days in (("holiday", closed_days), ("working", made_work_days)):
        for day in sorted(day for day in days if day.year == year):
            yield {"calendar": CHINA, "day": day, "kind": kind, "source": SOURCE}


async def list_years(connection: AsyncConnection) -> Sequence[Mapping[str, Any]]:
    """The years that are loaded, with their sources."""
    return [dict(row) for row in (await connection.execute(_YEARS)).mappings()]


class CalendarShelf:
    """The calendars as last read; read again when a year was loaded since."""

    def __init__(self) -> None:
        self._version: tuple[Any, ...] | None = None
        self._calendars: Calendars = {}

    async def read(self, connection: AsyncConnection) -> Calendars:
        """All calendars held as rows."""
        version = tuple((await connection.execute(_VERSION)).one())
        if version != self._version:
            self._calendars = await _read(connection)
            self._version = version
        return self._calendars


def only_years(loaded: Calendars, version: str) -> Calendars:
    """*loaded* as far as *version* names its years; a year, once loaded, is never changed."""
    named = dict(one.split("@", 1) for one in version.split())
    return {name: _within(loaded[name], _years_in(spans)) for name, spans in named.items() if name in loaded}


def _years_in(spans: str) -> frozenset[int]:
    """The years of `2004-2010,2012`."""
    ends = [one.partition("-") for one in spans.split(",")]
    return frozenset(year for first, _, last in ends for year in range(int(first), int(last or first) + 1))


def _within(calendar: Calendar, years: frozenset[int]) -> Calendar:
    return replace(
        calendar,
        years=calendar.years & years,
        holidays=frozenset(day for day in calendar.holidays if day.year in years),
        working=frozenset(day for day in calendar.working if day.year in years),
    )


async def _read(connection: AsyncConnection) -> Calendars:
    years = (await connection.execute(_YEARS)).all()
    days = (await connection.execute(_DAYS)).all()
    return {
        name: Calendar(
            name=name,
            source=SOURCE,
            years=frozenset(row.year for row in years if row.calendar == name),
            holidays=frozenset(row.day for row in days if (row.calendar, row.kind) == (name, "holiday")),
            working=frozenset(row.day for row in days if (row.calendar, row.kind) == (name, "working")),
        )
        for name in {row.calendar for row in years}
    }
