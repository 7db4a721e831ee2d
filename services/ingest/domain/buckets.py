"""Bucket sets: named ranges of days, inclusive both ends, as data with their sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from shared.refusal import Refusal

RANGES_MAX: Final = 64
DAYS_MAX: Final = 36_525
"""A hundred years: no range ends later, so that every edge is a date."""
Basis: TypeAlias = Literal["delinquent_days", "past_due_days"]


@dataclass(frozen=True, slots=True)
class Range:
    """A bucket: `min_days` to `max_days`, both inclusive; None is open. Unnamed, it is called by its ends."""

    min_days: int
    max_days: int | None
    name: str | None = None

    @property
    def title(self) -> str:
        """The name, or `min-max`, or `min+`."""
        ends = f"{self.min_days}+" if self.max_days is None else f"{self.min_days}-{self.max_days}"
        return self.name or ends

    def holds(self, days: int) -> bool:
        """Whether *days* lie inside."""
        return self.min_days <= days and (self.max_days is None or days <= self.max_days)


@dataclass(frozen=True, slots=True)
class BucketSet:
    """Ranges in rising order; `basis` says which days they are about.

    `core_wins`: the buckets are asset classes, and the class that core banking states takes the place of ours. It holds
    from `effective_on` (inclusive) until the next version does.
    """

    name: str
    ranges: tuple[Range, ...]
    basis: Basis = "delinquent_days"
    source: str | None = None
    core_wins: bool = False
    version: int = 1
    effective_on: date = date.min

    def bucket_of(self, days: int) -> str | None:
        """The bucket that holds *days*; None for 0 days and outside every range."""
        return next((one.title for one in self.ranges if one.holds(days)), None) if days > 0 else None

    def next_edge(self, days: int) -> int | None:
        """The least number of days above *days* at which the bucket may be another."""
        edges = [one.min_days for one in self.ranges]
        edges += [one.max_days + 1 for one in self.ranges if one.max_days is not None]
        return min((edge for edge in edges if edge > days), default=None)


def bucket_set(
    name: str, ranges: Sequence[Range], basis: Basis = "delinquent_days", source: str | None = None
) -> BucketSet | Refusal:
    """Build a set of *ranges*, in any order, or say what is wrong with them."""
    if not 0 < len(ranges) <= RANGES_MAX:
        return Refusal("bucket-count", f"a bucket set has 1 to {RANGES_MAX} ranges", ("/ranges",))
    for index, one in enumerate(ranges):
        if not 0 <= one.min_days <= (DAYS_MAX if one.max_days is None else one.max_days) <= DAYS_MAX:
            ends = f"a range starts at 0 or later, ends no earlier, and within {DAYS_MAX} days"
            return Refusal("bucket-ends", ends, (f"/ranges/{index}",))
    ordered = tuple(sorted(ranges, key=lambda one: one.min_days))
    if any(low.max_days is None or low.max_days >= high.min_days for low, high in pairwise(ordered)):
        return Refusal("buckets-overlap", "two ranges share a day", ("/ranges",))
    if len({one.title for one in ordered}) < len(ordered):
        return Refusal("bucket-name-repeats", "two ranges have the same name", ("/ranges",))
    return BucketSet(name, ordered, basis, source)


def refuse_gaps(buckets: BucketSet) -> Refusal | None:
    """A set that a person states leaves out no day between its first and its last, lest loans be in no list."""
    for low, high in pairwise(buckets.ranges):
        if low.max_days is not None and low.max_days + 1 < high.min_days:
            return Refusal("buckets-gap", "a day between two ranges is in neither", ("/ranges",))
    return None


def in_force(versions: Sequence[BucketSet], on: date) -> BucketSet | None:
    """The version that holds on *on*; *versions* in the order they take effect."""
    return next((one for one in reversed(versions) if one.effective_on <= on), None)


def _shipped(name: str, basis: Basis, source: str | None, *ranges: Range, core_wins: bool = False) -> BucketSet:
    made = bucket_set(name, ranges, basis, source)
    assert isinstance(made, BucketSet), "what is shipped is valid"
    return replace(made, core_wins=core_wins)


_MONTHS = [Range(30 * i + 1, 30 * i + 30, f"M{i + 1}") for i in range(6)]

BUCKET_SETS: Final[Mapping[str, BucketSet]] = MappingProxyType(
    {
        one.name: one
        for one in (
            _shipped(
                "default", "delinquent_days", None,
                Range(1, 3), Range(4, 30), Range(31, 60), Range(61, 90), Range(91, 120), Range(121, 150),
                Range(151, 180), Range(181, 240), Range(241, None),
            ),
            _shipped(
                "cn-m", "past_due_days", "Chinese lenders' usage: M1 is the first thirty days past due",
                *_MONTHS, Range(181, None, "M7+"),
            ),
            _shipped(
                "cn-5", "past_due_days",
                "Measures for Risk Classification of Financial Assets of Commercial Banks (2023); "
                "thresholds from secondary reports, advisory",
                Range(1, 90, "special_mention"), Range(91, 270, "substandard"), Range(271, 360, "doubtful"),
                Range(361, None, "loss"), core_wins=True,
            ),
        )
    }
)  # fmt: skip
