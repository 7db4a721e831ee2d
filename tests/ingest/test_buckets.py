"""Bucket sets and stages on both sides of their edges."""

from decimal import Decimal

import pytest

from services.ingest.domain.buckets import BUCKET_SETS, Range, bucket_set
from services.ingest.domain.stages import DEFAULT_TABLE, Facing, Stage, StageTable
from shared.refusal import Refusal

EDGES = {
    "nothing late": ("default", 0, None),
    "the first day": ("default", 1, "1-3"),
    "the third day": ("default", 3, "1-3"),
    "the fourth day": ("default", 4, "4-30"),
    "thirty days": ("default", 30, "4-30"),
    "thirty-one days": ("default", 31, "31-60"),
    "the last closed day": ("default", 240, "181-240"),
    "the first open day": ("default", 241, "241+"),
    "for ever": ("default", 10_000, "241+"),
    "M1 ends on day thirty": ("cn-m", 30, "M1"),
    "M2 begins on day thirty-one": ("cn-m", 31, "M2"),
    "M6 ends on day 180": ("cn-m", 180, "M6"),
    "M7 begins on day 181": ("cn-m", 181, "M7+"),
    "overdue at all": ("cn-5", 1, "special_mention"),
    "ninety days": ("cn-5", 90, "special_mention"),
    "above ninety": ("cn-5", 91, "substandard"),
    "above 270": ("cn-5", 271, "doubtful"),
    "360 days": ("cn-5", 360, "doubtful"),
    "above 360": ("cn-5", 361, "loss"),
}


@pytest.mark.parametrize(("name", "days", "bucket"), EDGES.values(), ids=EDGES)
def test_a_bucket_holds_both_its_ends(name, days, bucket):
    assert BUCKET_SETS[name].bucket_of(days) == bucket


REFUSED = {
    "no range": ([], "bucket-count"),
    "too many": ([Range(n, n) for n in range(65)], "bucket-count"),
    "ends before it starts": ([Range(4, 3)], "bucket-ends"),
    "starts below zero": ([Range(-1, 3)], "bucket-ends"),
    "share a day": ([Range(1, 4), Range(4, 9)], "buckets-overlap"),
    "one inside the other": ([Range(1, 90), Range(10, 20)], "buckets-overlap"),
    "an open one before the last": ([Range(1, None), Range(10, 20)], "buckets-overlap"),
    "a name twice": ([Range(1, 3, "late"), Range(4, 9, "late")], "bucket-name-repeats"),
    "a name like another's ends": ([Range(1, 3), Range(4, 9, "1-3")], "bucket-name-repeats"),
}


@pytest.mark.parametrize(("ranges", "code"), REFUSED.values(), ids=REFUSED)
def test_ranges_that_make_no_sense_are_refused(ranges, code):
    found = bucket_set("mine", ranges)
    assert isinstance(found, Refusal)
    assert found.code == code


def test_ranges_may_touch_leave_gaps_and_come_in_any_order():
    found = bucket_set("mine", [Range(31, None), Range(1, 3), Range(4, 20)])
    assert [found.bucket_of(days) for days in (3, 4, 20, 21, 30, 31)] == ["1-3", "4-20", "4-20", None, None, "31+"]


@pytest.mark.parametrize("days", range(250))
def test_the_bucket_is_the_same_until_the_next_edge(days):
    buckets = BUCKET_SETS["default"]
    edge = buckets.next_edge(days)
    same = range(days, edge if edge is not None else days + 100)
    assert {buckets.bucket_of(one) for one in same} == {buckets.bucket_of(days)}


STAGES = {
    "nothing late": (Facing(), "current"),
    "the first day": (Facing(past_due_days=1), "early"),
    "thirty days": (Facing(past_due_days=30), "early"),
    "thirty-one days": (Facing(past_due_days=31), "middle"),
    "ninety days": (Facing(past_due_days=90), "middle"),
    "ninety-one days": (Facing(past_due_days=91), "late"),
    "180 days": (Facing(past_due_days=180), "late"),
    "181 days": (Facing(past_due_days=181), "recovery"),
    "charged off": (Facing(past_due_days=5, charged_off=True), "recovery"),
}


@pytest.mark.parametrize(("facing", "stage"), STAGES.values(), ids=STAGES)
def test_the_worst_stage_that_matches_wins(facing, stage):
    assert DEFAULT_TABLE.stage_of(facing) == stage


def test_every_condition_of_a_row_must_hold():
    strict = Stage("hard", 10, 5, Decimal(100), 2, paused=False)
    table = StageTable("mine", (Stage("soft"), strict))
    enough = Facing(10, 5, Decimal(100), 2, paused=False)
    assert table.stage_of(enough) == "hard"
    short = [Facing(9, 5, Decimal(100), 2), Facing(10, 4, Decimal(100), 2), Facing(10, 5, Decimal(99), 2)]
    short += [Facing(10, 5, Decimal(100), 1), Facing(10, 5, Decimal(100), 2, paused=True)]
    assert {table.stage_of(one) for one in short} == {"soft"}


def test_no_stage_where_not_even_the_mildest_matches():
    assert StageTable("mine", (Stage("early", past_due_days_min=1),)).stage_of(Facing()) is None
