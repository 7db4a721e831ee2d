"""How much poison is too much: counted among the last thousand, by distinct subjects."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.fold import Applied, Outcome, Parked
from shared.fold.poison import FAILING_SUBJECTS_MAX, RECENT, Recent, TooMuchPoison

WELL = Applied("C1", ())


def failing(count: int, first: int = 0) -> list[Outcome]:
    return [Parked(f"C{number}", "a bug") for number in range(first, first + count)]


def stops_at(outcomes: Sequence[Outcome]) -> int | None:
    """After how many of *outcomes*, told one by one, it was too much."""
    recent = Recent()
    for number, outcome in enumerate(outcomes, 1):
        try:
            recent.note([outcome])
        except TooMuchPoison:
            return number
    return None


def by_counting(outcomes: Sequence[Outcome]) -> int | None:
    """The same, by counting afresh every time."""
    for number in range(1, len(outcomes) + 1):
        last = outcomes[max(0, number - RECENT) : number]
        if len({one.key for one in last if isinstance(one, Parked)}) > FAILING_SUBJECTS_MAX:
            return number
    return None


def test_a_hundred_subjects_may_fail_and_one_more_is_too_much():
    assert stops_at(failing(100)) is None
    assert stops_at(failing(101)) == 101


def test_one_subject_may_fail_as_often_as_it_likes():
    assert stops_at(failing(1) * 500) is None


def test_what_failed_more_than_a_thousand_messages_ago_no_longer_counts():
    assert stops_at([*failing(100), *[WELL] * 900, *failing(1, first=100)]) is None
    assert stops_at([*failing(100), *[WELL] * 899, *failing(1, first=100)]) == 1000


def test_a_batch_counts_as_its_members_do():
    with pytest.raises(TooMuchPoison):
        Recent().note([*failing(101), WELL])


@given(some.lists(some.tuples(some.integers(0, 140), some.integers(0, 30)), max_size=160))
def test_it_stops_where_counting_afresh_would(runs):
    outcomes = [one for subject, well in runs for one in (*failing(1, first=subject), *[WELL] * well)]
    assert stops_at(outcomes) == by_counting(outcomes)
