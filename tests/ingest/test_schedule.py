"""Schedules: packing loses nothing, and every date has its period."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.schedule import Scheduled, pack, place_in_period, unpack
from tests.ingest.builders import day, monthly

steps = st.lists(st.tuples(st.sampled_from([0, 1, 7, 14, 28, 29, 30, 31]), st.sampled_from(["100", "100.00", "7"])))


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), steps)
def test_packing_and_unpacking_give_the_same_schedule(start, rows):
    schedule, on = [], start
    for number, (step, amount) in enumerate(rows, start=1):
        on += timedelta(step)
        schedule.append(Scheduled(number, on, Decimal(amount)))
    packed = pack(schedule)
    assert [(one.number, one.due_on, str(one.amount)) for one in unpack(packed)] == [
        (one.number, one.due_on, str(one.amount)) for one in schedule
    ]


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(2, 80))
def test_equal_steps_are_one_run(start, times):
    schedule = [Scheduled(n, start + timedelta(14 * n), Decimal(5)) for n in range(times)]
    assert len(pack(schedule)) == 1


def test_six_years_of_monthly_instalments_are_one_run():
    rows = [Scheduled(one.number, one.due_on, one.principal) for one in monthly(73).instalments]
    assert len(pack(rows)) == 1


DUE = [day("01-01"), day("01-16"), day("01-31")]
PERIODS = {
    "before everything": ("2024-12-01", 0),
    "the first due date begins the second period": ("01-01", 1),
    "the day before the second": ("01-15", 1),
    "the second due date": ("01-16", 2),
    "the last due date is in the last period": ("01-31", 2),
    "the day after the end": ("02-01", None),
}


@pytest.mark.parametrize(("on", "index"), PERIODS.values(), ids=PERIODS)
def test_a_period_starts_on_the_due_date_before_it(on, index):
    assert place_in_period(DUE, day(on)) == index


def test_nothing_has_no_periods():
    assert place_in_period([], day("01-01")) is None
