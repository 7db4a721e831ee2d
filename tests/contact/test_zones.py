"""Local dates and clocks: gaps, folds, midnights that are not there, holidays by rule."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contact.domain.gate.calendars import Calendar, MissingYearError, YearlyHoliday, add_work_days, easter
from services.contact.domain.gate.zones import next_instant, start_of_day, zone_named
from tests.contact.gate_builders import load

MIDNIGHTS = {
    "an ordinary day": ("America/New_York", "2026-10-07", "2026-10-07T04:00Z"),
    "the day of the gap": ("America/New_York", "2026-03-08", "2026-03-08T05:00Z"),
    "a midnight that is skipped": ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z"),
    "a midnight that comes twice": ("America/Havana", "2026-11-01", "2026-11-01T04:00Z"),
    "half an hour east": ("Asia/Kolkata", "2026-03-10", "2026-03-09T18:30Z"),
}


@pytest.mark.parametrize(("zone", "day", "instant"), MIDNIGHTS.values(), ids=MIDNIGHTS)
def test_a_date_begins_where_its_zone_says(zone, day, instant):
    assert start_of_day(date.fromisoformat(day), zone_named(zone)) == datetime.fromisoformat(instant)


ZONES = ["America/New_York", "America/Havana", "Africa/Cairo", "Asia/Shanghai", "Australia/Lord_Howe", "Asia/Kathmandu"]


@given(st.sampled_from(ZONES), st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_the_first_instant_of_a_date_is_its_first(name, day):
    zone = zone_named(name)
    start = start_of_day(day, zone)
    before = datetime.fromtimestamp(start.timestamp() - 1, UTC)
    assert start.astimezone(zone).date() == day
    assert before.astimezone(zone).date() < day


@given(st.sampled_from(ZONES), st.integers(0, 2 * 365 * 24 * 60), st.integers(0, 47))
def test_the_next_instant_is_good_and_later(name, minute, half_hour):
    zone, after = zone_named(name), datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    edge = half_hour * 1800
    found = next_instant(after, zone, [edge], lambda local: local.hour * 3600 + local.minute * 60 >= edge)
    local = found.astimezone(zone)
    assert found > after
    assert local.hour * 3600 + local.minute * 60 >= edge


def test_what_is_never_good_is_not_found():
    assert next_instant(datetime(2026, 1, 1, tzinfo=UTC), zone_named("UTC"), [3600], lambda _: False) is None


@pytest.mark.parametrize(
    ("year", "day"),
    [(2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25)), (2285, (3, 22))],
)
def test_easter(year, day):
    assert easter(year) == date(year, *day)


FEDERAL = next(calendar for calendar in load("US-FED").calendars if calendar.name == "US-FEDERAL")
AUSTRALIAN = load("AU").calendars[0]


def test_the_federal_holidays_of_2026():
    days = [date(2026, month, day) for month, day in _FEDERAL_2026]
    found = [day for n in range(365) if FEDERAL.is_holiday(day := date.fromordinal(date(2026, 1, 1).toordinal() + n))]
    assert found == days


_FEDERAL_2026 = (
    (1, 1), (1, 19), (2, 16), (5, 25), (6, 19), (7, 4), (9, 7), (10, 12), (11, 11), (11, 26), (12, 25)
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "shut"),
    {
        "Boxing Day on a Saturday": ("2026-12-26", True),
        "its substitute on Monday": ("2026-12-28", True),
        "no more on Tuesday": ("2026-12-29", False),
        "Christmas on a Saturday": ("2027-12-25", True),
        "its substitute": ("2027-12-27", True),
        "the substitute of Boxing Day on a Sunday": ("2027-12-28", True),
        "Anzac Day on a Saturday": ("2026-04-25", True),
        "which has no substitute": ("2026-04-27", False),
    }.values(),
)
def test_australian_holidays_and_their_substitutes(day, shut):
    assert AUSTRALIAN.is_holiday(date.fromisoformat(day)) is shut


YEAR = Calendar("X", "test", years=frozenset({2026}), holidays=frozenset({date(2026, 12, 25)}))


def test_work_days_skip_weekends_and_holidays():
    assert add_work_days(date(2026, 12, 23), 2, YEAR) == date(2026, 12, 28)


def test_work_days_stop_at_a_year_nobody_loaded():
    with pytest.raises(MissingYearError):
        add_work_days(date(2026, 12, 31), 1, YEAR)


def test_the_last_monday_of_a_month_may_be_the_fourth():
    last = Calendar("X", "test", yearly=(YearlyHoliday("Memorial Day", month=5, weekday=0, nth=5),))
    assert last.is_holiday(date(2026, 5, 25))
    assert last.is_holiday(date(2027, 5, 31))
