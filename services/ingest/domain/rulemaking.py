"""Which changes of a bucket set are taken: one that nobody else has changed meanwhile, from a day not yet closed on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from services.ingest.domain.buckets import Basis, BucketSet, Range, bucket_set, refuse_gaps
from shared.refusal import Refusal

AHEAD_MAX: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A bucket set as somebody wants it; `effective_on` None: from the next day to be closed on."""

    name: str
    ranges: Sequence[Range]
    basis: Basis = "delinquent_days"
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The business date, if any day was closed yet, and the date by the clock."""

    closed: date | None
    today: date

    @property
    def first_open(self) -> date:
        """The first day that is not graded yet."""
        return self.today if self.closed is None else self.closed + timedelta(days=1)


def next_version(
    proposed: Proposal, versions: Sequence[BucketSet], calendar: Calendar, expected: int | None
) -> BucketSet | Refusal:
    """The version that *proposed* makes after *versions*; the last of them where it says nothing new.

    *expected* is the version the caller has seen: a change must follow the last one. A new set holds for all days.
    """
    made = bucket_set(proposed.name, proposed.ranges, proposed.basis)
    if isinstance(made, Refusal):
        return made
    gaps = refuse_gaps(made)
    if gaps is not None:
        return gaps
    if not versions:
        return _first(made, proposed, expected)
    last = versions[-1]
    if _is_repeat(made, proposed, last):
        return last
    return _refuse_blind(expected, last) or _following(made, proposed, last, calendar)


def _first(made: BucketSet, proposed: Proposal, expected: int | None) -> BucketSet | Refusal:
    if expected is not None:
        return Refusal("precondition-failed", "there is no such bucket set yet")
    if proposed.effective_on is not None:
        return Refusal("new-set-has-no-date", "a new bucket set holds for all days", ("/effective_on",))
    return made


def _is_repeat(made: BucketSet, proposed: Proposal, last: BucketSet) -> bool:
    same = [(one.title, one.min_days, one.max_days) for one in made.ranges]
    was = [(one.title, one.min_days, one.max_days) for one in last.ranges]
    return (same, made.basis) == (was, last.basis) and proposed.effective_on in (None, last.effective_on)


def _refuse_blind(expected: int | None, last: BucketSet) -> Refusal | None:
    if expected is None:
        return Refusal("precondition-required", "a bucket set is changed only with If-Match")
    if expected != last.version:
        return Refusal("precondition-failed", "the bucket set has changed since it was read")
    return None


def _following(made: BucketSet, proposed: Proposal, last: BucketSet, calendar: Calendar) -> BucketSet | Refusal:
    earliest = max(calendar.first_open, last.effective_on)
    on = proposed.effective_on or earliest
    if on < earliest:
        detail = "from the next day to be closed on at the earliest, and not before the version it follows"
        return Refusal("effective-too-early", detail, ("/effective_on",))
    if on > calendar.today + AHEAD_MAX:
        return Refusal("date-too-far-ahead", "at most a year ahead", ("/effective_on",))
    return replace(made, core_wins=last.core_wins, version=last.version + 1, effective_on=on)
