"""A token bucket for each caller: full after a pause, refilled steadily, bounded in number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.service.rates import CALLERS_MAX, Buckets, Rate


class Watch:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_as_many_as_fit_the_bucket_come_at_once_and_one_more_waits_for_the_next(watch):
    buckets = Buckets(Rate(4.0, 3), watch)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0]
    assert buckets.take("a") == pytest.approx(0.25)


@pytest.mark.parametrize(("later", "admitted"), [(0.2499, False), (0.25, True)])
def test_the_next_is_there_after_its_time_and_not_before(watch, later, admitted):
    buckets = Buckets(Rate(4.0, 1), watch)
    assert buckets.take("a") == 0
    watch.now += later
    assert (buckets.take("a") == 0) is admitted


def test_who_was_refused_waits_no_longer_for_having_asked(watch):
    buckets = Buckets(Rate(1.0, 1), watch)
    buckets.take("a")
    waits = [buckets.take("a") for _ in range(5)]
    assert waits == pytest.approx([1.0] * 5)


def test_a_long_pause_fills_the_bucket_and_no_more(watch):
    buckets = Buckets(Rate(1.0, 2), watch)
    watch.now += 1_000_000
    assert [buckets.take("a") == 0 for _ in range(3)] == [True, True, False]


def test_each_caller_has_a_bucket_of_its_own(watch):
    buckets = Buckets(Rate(1.0, 1), watch)
    assert [buckets.take(name) == 0 for name in ("a", "b", "a")] == [True, True, False]


def test_nought_a_second_is_no_limit(watch):
    buckets = Buckets(Rate(0.0, 1), watch)
    assert {buckets.take("a") for _ in range(100)} == {0}


def test_the_callers_seen_longest_ago_are_forgotten(watch):
    buckets = Buckets(Rate(0.001, 1), watch)
    for number in range(CALLERS_MAX):
        buckets.take(f"{number}")
    assert buckets.take("0") > 0
    buckets.take("one more")
    assert buckets.take("0") > 0
    assert buckets.take("1") == 0


@given(st.integers(1, 20), st.integers(1, 50), st.lists(st.floats(0, 2), max_size=100))
def test_never_more_than_a_bucket_and_what_flowed_in(per_second, at_once, pauses):
    watch = Watch()
    buckets = Buckets(Rate(per_second, at_once), watch)
    admitted = 0
    for pause in pauses:
        watch.now += pause
        admitted += buckets.take("a") == 0
        assert admitted <= at_once + per_second * (watch.now - 1000.0) + 1e-6
