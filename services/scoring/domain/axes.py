"""Ability and willingness: two additive scorecards of what the record shows.

The points are expert points in log-odds, set by hand and not trained on any outcome, so confidence is low. There is
no ground truth for "unwilling" and none is claimed: willingness says only how the record of conduct reads.
"""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from services.scoring.domain.behaviour import LoanFeatures
from services.scoring.domain.features import CONTACTS_MIN, Features, value_of
from services.scoring.domain.history import ZERO
from shared.events.risk import Axis, Reason
from shared.events.words import Confidence

REASONS_MAX: Final = 5
EVIDENCE_MIN: Final = 2
"""Fewer due dates than this say nothing of ability, or of willingness unless the borrower was spoken with."""
LOG_ODDS_MAX: Final = Decimal(20)
"""Beyond this a score is 0 or 100 whatever is added."""
HIGH: Final = float("inf")


class Band(NamedTuple):
    """The points of all values below `below` that no earlier band took."""

    below: float
    points: Decimal
    wording: str


class Characteristic(NamedTuple):
    """One feature of the worst loan, or of the borrower, and its bands in rising order; no value, no points."""

    feature: str
    bands: tuple[Band, ...]


class Scorecard(NamedTuple):
    """Log-odds: `baseline`, and the points of every characteristic."""

    baseline: Decimal
    characteristics: tuple[Characteristic, ...]


class Part(NamedTuple):
    """One feature's part in a score, in log-odds."""

    code: str
    points: Decimal
    wording: str


class Scored(NamedTuple):
    """A score from 0 (worst) to 100 (best), and the parts it is the sum of, the largest first."""

    score: int
    baseline: Decimal
    parts: Sequence[Part]


def _characteristic(feature: str, *bands: tuple[float, str, str]) -> Characteristic:
    return Characteristic(feature, tuple(Band(below, Decimal(points), wording) for below, points, wording in bands))


ABILITY: Final = Scorecard(
    Decimal("0.60"),
    (
        _characteristic(
            "behind",
            (1, "0.60", "behind-0"),
            (2, "-0.40", "behind-1"),
            (3, "-1.10", "behind-2"),
            (4, "-1.70", "behind-3"),
            (HIGH, "-2.20", "behind-4"),
        ),
        _characteristic(
            "paid_share_6",
            (0.3, "-1.40", "paid-share-6-little"),
            (0.7, "-0.80", "paid-share-6-part"),
            (0.95, "-0.20", "paid-share-6-most"),
            (HIGH, "0.60", "paid-share-6-full"),
        ),
        _characteristic(
            "paid_share_change",
            (-0.25, "-0.40", "paid-share-falling"),
            (0.25, "0", "paid-share-steady"),
            (HIGH, "0.30", "paid-share-rising"),
        ),
        _characteristic(
            "part_paid_6",
            (1, "0", "part-paid-none"),
            (2, "-0.20", "part-paid-once"),
            (HIGH, "-0.50", "part-paid-often"),
        ),
        _characteristic(
            "failed_funds", (1, "0", "funds-none"), (2, "-0.40", "funds-once"), (HIGH, "-0.80", "funds-often")
        ),
        _characteristic(
            "past_due_days_change",
            (0, "0.30", "days-falling"),
            (31, "0", "days-steady"),
            (HIGH, "-0.30", "days-rising"),
        ),
        _characteristic("late_streak", (3, "0", "streak-short"), (HIGH, "-0.40", "streak-long")),
        _characteristic(
            "balance_share_change",
            (-0.02, "0.10", "balance-falling"),
            (0.10, "0", "balance-steady"),
            (HIGH, "-0.30", "balance-rising"),
        ),
    ),
)

WILLINGNESS: Final = Scorecard(
    Decimal("0.40"),
    (
        _characteristic(
            "late_12", (1, "0.80", "late-never"), (4, "0.10", "late-seldom"), (HIGH, "-0.30", "late-often")
        ),
        _characteristic(
            "cleared_share", (0.01, "-0.40", "cleared-none"), (1, "0.10", "cleared-some"), (HIGH, "0.50", "cleared-all")
        ),
        _characteristic(
            "promises_kept_share",
            (0.34, "-1.00", "promises-seldom-kept"),
            (0.75, "0", "promises-mixed"),
            (HIGH, "0.80", "promises-kept"),
        ),
        _characteristic(
            "answered_share",
            (0.1, "-0.30", "answers-seldom"),
            (0.5, "0.20", "answers-sometimes"),
            (HIGH, "0.50", "answers-often"),
        ),
        _characteristic("paying_while_late", (1, "0", "paying-not"), (HIGH, "0.50", "paying-while-late")),
        _characteristic("arrangement_kept", (1, "0", "arrangement-none"), (HIGH, "0.40", "arrangement-kept")),
        _characteristic(
            "arrangements_broken", (1, "0", "arrangements-unbroken"), (HIGH, "-0.50", "arrangements-broken")
        ),
    ),
)


def ability_of(features: Features) -> Scored | None:
    """The capacity to pay as the worst loan's record shows it; None when too little is known."""
    loan = features.loans[0]
    return score(ABILITY, features) if _is_seasoned(loan) else None


def willingness_of(features: Features) -> Scored | None:
    """The conduct that the record shows; None when too little is known."""
    known = _is_seasoned(features.loans[0]) or features.promises_judged or features.contacts >= CONTACTS_MIN
    return score(WILLINGNESS, features) if known else None


def score(card: Scorecard, features: Features) -> Scored:
    """The points of *features* by *card*."""
    found = (_part(each, value_of(features, each.feature)) for each in card.characteristics)
    return scored(card.baseline, (part for part in found if part and part.points))


def scored(baseline: Decimal, parts: Iterable[Part]) -> Scored:
    """The score of log-odds: 100 / (1 + exp(−sum)), rounded half-even."""
    ordered = sorted(parts, key=lambda part: (-abs(part.points), part.code))
    return Scored(_percent(baseline + sum((part.points for part in ordered), ZERO)), baseline, ordered)


def axis_of(found: Scored | None, confidence: Confidence) -> Axis:
    """*found* as it is told: the largest parts as reasons, all others as the remainder."""
    if found is None:
        return Axis("insufficient_data", "low")
    told, rest = found.parts[:REASONS_MAX], found.parts[REASONS_MAX:]
    return Axis(
        verdict="scored",
        confidence=confidence,
        score=found.score,
        reasons=reasons_of(told),
        baseline=found.baseline,
        remainder=sum((part.points for part in rest), ZERO),
    )


def reasons_of(parts: Iterable[Part]) -> tuple[Reason, ...]:
    """The parts as they travel."""
    return tuple(Reason(part.code, part.points, part.wording) for part in parts)


def _part(each: Characteristic, value: float | None) -> Part | None:
    if value is None:
        return None
    band = next(band for band in each.bands if value < band.below)
    return Part(each.feature, band.points, band.wording)


def _is_seasoned(loan: LoanFeatures) -> bool:
    return max(loan.payments.dues_seen, loan.lateness.behind) >= EVIDENCE_MIN


@lru_cache(maxsize=4096)
def _percent(log_odds: Decimal) -> int:
    """Decimal's exp is correctly rounded, so every machine gives the same score."""
    bounded = min(max(log_odds, -LOG_ODDS_MAX), LOG_ODDS_MAX)
    return int((100 / (1 + (-bounded).exp())).quantize(Decimal(1), ROUND_HALF_EVEN))
