"""A day at ingest begins when it begins in the business calendar, not when it does in Greenwich."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.ingest.domain.context import Context
from services.ingest.timers import on_the_day, start_of_day

DAY = datetime(2025, 3, 9, tzinfo=UTC)
"""How a wake names the 9th of March 2025, on which summer time begins in New York."""
BEGINS = {
    "in China, on the evening before in Greenwich": ("Asia/Shanghai", "2025-03-08T16:00:00+00:00"),
    "in New York, later than in Greenwich": ("America/New_York", "2025-03-09T05:00:00+00:00"),
    "in London, at the same instant": ("Europe/London", "2025-03-09T00:00:00+00:00"),
}


@pytest.mark.parametrize(("zone", "begins"), BEGINS.values(), ids=BEGINS)
def test_what_a_day_brings_is_said_as_of_its_beginning(zone, begins):
    assert start_of_day(DAY, ZoneInfo(zone)).isoformat() == begins
    assert on_the_day(Context(DAY), DAY, ZoneInfo(zone)).now.isoformat() == begins
