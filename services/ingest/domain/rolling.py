"""How a portfolio moved in a month: which share of each bucket rolled on to a later one, and which was cured."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from services.ingest.domain.buckets import BucketSet

SHARE_STEP: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Move:
    """So many loans of one bucket set were in one bucket a month before and are in another, or closed, now."""

    bucket_set: str
    bucket_from: str | None
    bucket_to: str | None
    closed: bool
    loans: int


@dataclass(frozen=True, slots=True)
class Rates:
    """Where the loans of one bucket went; the shares are of all of them, closed ones too, to four decimals."""

    bucket_set: str
    bucket: str | None
    loans: int
    rolled: int
    stayed: int
    improved: int
    cured: int
    closed: int
    roll_rate: Decimal
    cure_rate: Decimal


def month_before(day: date) -> date:
    """The same day a month earlier, or that month's last; of a month's last day, the last day of the month before."""
    last = day.replace(day=1) - timedelta(days=1)
    is_end = day.day == monthrange(day.year, day.month)[1]
    return last if is_end else last.replace(day=min(day.day, last.day))


def rates(moves: Iterable[Move], before: dict[str, BucketSet], after: dict[str, BucketSet]) -> Sequence[Rates]:
    """The rates of each bucket, the mildest first; *before* and *after* are the sets in force on the two days."""
    by_bucket: dict[tuple[str, int, str | None], dict[str, int]] = {}
    for one in moves:
        rank = _rank(before.get(one.bucket_set), one.bucket_from)
        counts = by_bucket.setdefault((one.bucket_set, rank, one.bucket_from), {})
        way = _way(one, rank, _rank(after.get(one.bucket_set), one.bucket_to))
        counts[way] = counts.get(way, 0) + one.loans
    return [_rates(name, bucket, counts) for (name, _, bucket), counts in sorted(by_bucket.items(), key=_in_order)]


def _in_order(item: tuple[tuple[str, int, str | None], dict[str, int]]) -> tuple[str, int, str]:
    (name, rank, bucket), _ = item
    return (name, rank, bucket or "")


def _rank(buckets: BucketSet | None, bucket: str | None) -> int:
    """Where *bucket* begins, in days; 0 in none. A class stated by core banking has no days: it counts as the first."""
    if bucket is None:
        return 0
    found = [one.min_days for one in buckets.ranges if one.title == bucket] if buckets else []
    return max(1, *found) if found else 1


def _way(move: Move, before: int, after: int) -> str:
    if move.closed:
        return "closed"
    if before and not after:
        return "cured"
    if after == before:
        return "stayed"
    return "rolled" if after > before else "improved"


def _rates(name: str, bucket: str | None, counts: dict[str, int]) -> Rates:
    loans = sum(counts.values())
    rolled, cured = counts.get("rolled", 0), counts.get("cured", 0)
    return Rates(
        bucket_set=name,
        bucket=bucket,
        loans=loans,
        rolled=rolled,
        stayed=counts.get("stayed", 0),
        improved=counts.get("improved", 0),
        cured=cured,
        closed=counts.get("closed", 0),
        roll_rate=_share(rolled, loans),
        cure_rate=_share(cured, loans),
    )


def _share(part: int, whole: int) -> Decimal:
    return (Decimal(part) / whole).quantize(SHARE_STEP, ROUND_HALF_EVEN)
