"""Days that stand still are counted once, however pauses lie to each other."""

from datetime import date

import pytest

from services.ingest.domain.pauses import Window, paused_days


def window(first: int, last: int) -> Window:
    return Window(date(2025, 1, first), date(2025, 1, last))


CASES = {
    "apart": ([window(2, 4), window(6, 7)], 3),
    "touching": ([window(2, 4), window(4, 7)], 5),
    "overlapping": ([window(2, 5), window(4, 7)], 5),
    "one inside the other": ([window(2, 9), window(4, 7)], 7),
    "the same twice": ([window(2, 4), window(2, 4)], 2),
    "before the clock starts": ([window(1, 1)], 0),
    "reaching past both ends": ([window(1, 31)], 9),
}


@pytest.mark.parametrize(("windows", "days"), CASES.values(), ids=CASES)
def test_a_day_is_paused_once(windows, days):
    assert paused_days(windows, date(2025, 1, 1), date(2025, 1, 10)) == days
