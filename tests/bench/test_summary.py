"""The bench's own sums, and the shape of what it prints last."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bench.summary import KEYS, beside, chosen_parts, percentile, summary_of

FOUND = {part: dict.fromkeys(names, 1.5) for part, names in KEYS.items()}

RANKS = {
    "the only one": ([7.0], 0.99, 7.0),
    "half of four is the second": ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0),
    "just above half is the third": ([4.0, 1.0, 3.0, 2.0], 0.51, 3.0),
    "all of them is the greatest": ([4.0, 1.0, 3.0, 2.0], 1.0, 4.0),
    "99 of a hundred": ([float(n) for n in range(1, 101)], 0.99, 99.0),
    "a share smaller than one of them": ([4.0, 1.0], 0.001, 1.0),
}


@pytest.mark.parametrize(("values", "share", "expected"), RANKS.values(), ids=RANKS)
def test_a_percentile_is_the_nearest_rank(values, share, expected):
    assert percentile(values, share) == expected


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.01)])
def test_a_percentile_of_nothing_or_out_of_range_is_refused(values, share):
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)


@given(some.lists(some.floats(0, 1e6), min_size=1), some.floats(0.001, 1))
def test_at_least_the_share_lies_at_or_below_its_percentile_and_less_than_it_below(values, share):
    found = percentile(values, share)
    assert sum(value <= found for value in values) >= share * len(values) - 1e-6
    assert sum(value < found for value in values) < share * len(values) + 1e-6


def test_a_ratio_is_of_medians_so_that_one_bad_repetition_does_not_count():
    assert beside([10.0, 1.0, 11.0], [20.0, 19.0, 500.0]) == 0.5


def test_the_summary_has_exactly_the_parts_and_figures_it_should_in_their_order():
    summary = json.loads(json.dumps(summary_of(FOUND)))
    assert list(summary) == ["consumer", "ingest", "planned", "day_close", "replay"]
    assert {part: tuple(figures) for part, figures in summary.items()} == dict(KEYS)


def test_a_part_that_was_not_run_or_has_no_data_is_null():
    assert summary_of({"replay": None})["replay"] is None
    assert summary_of({})["consumer"] is None


@pytest.mark.parametrize("wrong", [{"ingest": {"per_second": 1}}, {"replay": {"facts": 1, "seconds": 2, "more": 3}}])
def test_a_part_that_answers_other_figures_than_its_own_is_refused(wrong):
    with pytest.raises(ValueError, match="does not answer"):
        summary_of(wrong)


def test_a_part_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="does not answer"):
        summary_of({"consumers": None})
    with pytest.raises(ValueError, match="consumers"):
        chosen_parts("consumers")


def test_parts_are_chosen_by_name_and_run_in_their_own_order():
    assert chosen_parts("ingest, consumer") == ("consumer", "ingest")
    assert chosen_parts("") == tuple(KEYS)
    assert "replay" not in chosen_parts("consumer ingest planned day_close")
