"""Which changes of a bucket set are taken, on both sides of each bound; and that new rules grade from their day on."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from services.ingest.domain.buckets import BUCKET_SETS, DAYS_MAX, BucketSet, Range
from services.ingest.domain.history import history
from services.ingest.domain.rulemaking import AHEAD_MAX, Calendar, Proposal, next_version
from shared.events.repayments import DelinquencyPaused
from shared.refusal import Refusal
from tests.ingest.builders import CONTEXT, Bank, day, monthly

CALENDAR = Calendar(closed=day("03-10"), today=day("03-12"))
OURS = [Range(1, 30), Range(31, None)]
FINER = [Range(1, 10), Range(11, 30), Range(31, None)]
FIRST = BucketSet("ours", tuple(OURS))
SECOND = BucketSet("ours", tuple(FINER), version=2, effective_on=day("04-01"))
CASES = {
    "a new set": (Proposal("ours", OURS), [], None, (1, date.min)),
    "a new set somebody thinks is known": (Proposal("ours", OURS), [], 0, "precondition-failed"),
    "a new set from a day on": (Proposal("ours", OURS, effective_on=day("03-11")), [], None, "new-set-has-no-date"),
    "a repeat": (Proposal("ours", OURS), [FIRST], None, (1, date.min)),
    "a repeat in another order, with its names": (
        Proposal("ours", [Range(31, None, "31+"), Range(1, 30, "1-30")]), [FIRST], None, (1, date.min),
    ),
    "a repeat of a change by whoever saw the version before": (
        Proposal("ours", FINER, effective_on=day("04-01")), [FIRST, SECOND], 1, (2, day("04-01")),
    ),
    "a change seen by nobody": (Proposal("ours", FINER), [FIRST], None, "precondition-required"),
    "a change of what has changed": (Proposal("ours", OURS), [FIRST, SECOND], 1, "precondition-failed"),
    "a change": (Proposal("ours", FINER), [FIRST], 1, (2, day("03-11"))),
    "another basis alone": (Proposal("ours", OURS, "past_due_days"), [FIRST], 1, (2, day("03-11"))),
    "another day alone": (Proposal("ours", FINER, effective_on=day("04-02")), [FIRST, SECOND], 2, (3, day("04-02"))),
    "back again, from the day of the change it takes back": (
        Proposal("ours", OURS), [FIRST, SECOND], 2, (3, day("04-01")),
    ),
    "before the change it follows": (
        Proposal("ours", OURS, effective_on=day("03-31")), [FIRST, SECOND], 2, "effective-too-early",
    ),
    "from the first open day on": (Proposal("ours", FINER, effective_on=day("03-11")), [FIRST], 1, (2, day("03-11"))),
    "from a closed day on": (Proposal("ours", FINER, effective_on=day("03-10")), [FIRST], 1, "effective-too-early"),
    "a year ahead": (
        Proposal("ours", FINER, effective_on=CALENDAR.today + AHEAD_MAX), [FIRST], 1,
        (2, CALENDAR.today + AHEAD_MAX),
    ),
    "more than a year ahead": (
        Proposal("ours", FINER, effective_on=CALENDAR.today + AHEAD_MAX + timedelta(days=1)), [FIRST], 1,
        "date-too-far-ahead",
    ),
    "touching ranges": (Proposal("ours", [Range(1, 3), Range(4, 9)]), [], None, (1, date.min)),
    "a day in neither": (Proposal("ours", [Range(1, 3), Range(5, 9)]), [], None, "buckets-gap"),
    "a day in both": (Proposal("ours", [Range(1, 4), Range(4, 9)]), [], None, "buckets-overlap"),
    "a name twice": (Proposal("ours", [Range(1, 3, "x"), Range(4, 9, "x")]), [], None, "bucket-name-repeats"),
    "a hundred years": (Proposal("ours", [Range(1, DAYS_MAX)]), [], None, (1, date.min)),
    "more than that": (Proposal("ours", [Range(1, DAYS_MAX + 1)]), [], None, "bucket-ends"),
    "an open range from a hundred years on": (Proposal("ours", [Range(DAYS_MAX, None)]), [], None, (1, date.min)),
    "an open range from later on": (Proposal("ours", [Range(DAYS_MAX + 1, None)]), [], None, "bucket-ends"),
}  # fmt: skip


@pytest.mark.parametrize(("proposed", "versions", "seen", "expected"), CASES.values(), ids=CASES)
def test_a_change_follows_what_was_seen_and_leaves_closed_days_alone(proposed, versions, seen, expected):
    made = next_version(proposed, versions, CALENDAR, seen)
    if isinstance(made, Refusal):
        assert made.code == expected
    else:
        assert (made.version, made.effective_on) == expected


def test_before_any_day_is_closed_rules_change_from_today_on():
    made = next_version(Proposal("ours", FINER), [FIRST], Calendar(None, day("03-12")), 1)
    assert made.effective_on == day("03-12")


def test_a_changed_set_of_asset_classes_still_yields_to_core_banking():
    shipped = BUCKET_SETS["cn-5"]
    made = next_version(Proposal("cn-5", OURS, "past_due_days"), [shipped], CALENDAR, 1)
    assert made.core_wins


def rules(*versions: tuple[str, list[Range]]):
    """The default set, followed by versions from a day on."""
    shipped = BUCKET_SETS["default"]
    later = [
        replace(shipped, ranges=tuple(ranges), version=number, effective_on=day(on))
        for number, (on, ranges) in enumerate(versions, start=2)
    ]
    return replace(CONTEXT, bucket_sets={"default": [shipped, *later]})


def buckets_said(bank):
    return [(one.as_of, one.bucket_to) for one in bank.said if type(one).__name__ == "DelinquencyChanged"]


def test_who_is_past_due_is_graded_anew_on_the_day_the_rules_change_though_nothing_else_happens():
    bank = Bank(rules(("02-01", [Range(1, 20), Range(21, None)])))
    bank.close("01-01")
    bank.post(monthly(1))
    bank.close("03-01")
    assert buckets_said(bank) == [
        (day("01-16"), "1-3"), (day("01-19"), "4-30"), (day("02-01"), "1-20"), (day("02-05"), "21+"),
        (day("02-15"), "21+"),
    ]  # fmt: skip


def test_rules_that_change_nothing_today_still_tell_when_they_will():
    bank = Bank(rules(("01-20", [Range(1, 3), Range(4, 30), Range(31, 40), Range(41, None)])))
    bank.close("01-01")
    bank.post(monthly(1))
    bank.close("03-01")
    assert [one for one in buckets_said(bank) if one[1] in ("31-40", "41+")] == [
        (day("02-15"), "31-40"), (day("02-25"), "41+"),
    ]  # fmt: skip


def moves(told):
    """Where the bucket becomes another; no bucket before the first."""
    return [now for before, now in pairwise([(None, None), *told]) if before[1] != now[1]]


@pytest.mark.parametrize("step", [1, 3, 20, 80])
def test_history_and_announcements_agree_whatever_the_steps_of_days(step):
    bank = Bank(rules(("01-20", FINER), ("02-10", [Range(5, 25), Range(26, None)]), ("02-10", OURS)))
    bank.close("01-01")
    bank.post(monthly(2))
    for days in range(step, 90, step):
        bank.close(date(2025, 1, 1) + timedelta(days))
    rows = [(one.from_on, one.bucket) for one in history(bank.facts, bank.today, bank.context)]
    assert moves(buckets_said(bank)) == moves(rows)


def test_a_pause_that_hides_all_delinquent_days_lets_them_be_found_again():
    """The bucket is none on both sides, the counts at which it changes are not."""
    bank = Bank(replace(CONTEXT, bucket_sets={"default": [BucketSet("default", (Range(1, 5), Range(6, 9)))]}))
    bank.close("01-01")
    bank.post(monthly(1))
    bank.close("01-29")
    bank.post(DelinquencyPaused("L1", day("01-15"), day("01-31")), "01-29")
    bank.close("02-02")
    assert buckets_said(bank)[-1] == (day("02-01"), "1-5")
