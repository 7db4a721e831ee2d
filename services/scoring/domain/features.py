"""The features: what a borrower's record shows on one day, read from the counters; never who the borrower is.

Every event dates itself (due, value, judged, `as_of` …); arrival dates nothing. Contacts sent carry no day of their
own and are counted as a whole.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from services.scoring.domain.behaviour import Lateness, LoanFeatures, Payments, loan_features, share_of
from services.scoring.domain.history import Arrangement, Borrower
from services.scoring.domain.schedule import month_of

CONTACTS_MIN: Final = 3
"""Fewer contacts than this say nothing of whether the borrower answers."""


@dataclass(frozen=True, slots=True)
class Features:
    """One borrower on one day: every loan that is not closed, the worst first, and the borrower's conduct.

    `answer_hour` is the hour of the day, UTC, in which the borrower answered most.
    """

    as_of: date
    loans: tuple[LoanFeatures, ...]
    promises_made: int
    promises_judged: int
    promises_kept_share: float | None
    promises_broken: int
    contacts: int
    answered_share: float | None
    answer_channel: str | None
    answer_hour: int | None
    arrangement: Arrangement
    arrangement_kept: bool
    arrangements_broken: int


def _of_worst_loan(part: str, name: str) -> Callable[[Features], Any]:
    read = attrgetter(f"{part}.{name}")
    return lambda features: read(features.loans[0])


def _names(part: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(part))


OF_WORST_LOAN: Final[Mapping[str, tuple[str, ...]]] = {
    "lateness": _names(Lateness),
    "payments": _names(Payments),
    "debt": ("balance_share", "balance_share_change", "age_months", "term_left"),
}
OF_BORROWER: Final = (
    "promises_made",
    "promises_judged",
    "promises_kept_share",
    "promises_broken",
    "contacts",
    "answered_share",
    "arrangement_kept",
    "arrangements_broken",
)
SCORED: Final = (*(name for names in OF_WORST_LOAN.values() for name in names), *OF_BORROWER)
"""Every single feature that a scorecard or a model may weigh: the worst loan's, then the borrower's."""

_GETTERS: Final[Mapping[str, Callable[[Features], Any]]] = {
    **{name: _of_worst_loan(part, name) for part, names in OF_WORST_LOAN.items() for name in names},
    **{name: attrgetter(name) for name in OF_BORROWER},
}


def features_of(borrower: Borrower, as_of: date) -> Features:
    """What is known of *borrower* at the end of *as_of*."""
    told = min(borrower.told_to, as_of)
    loans = [loan_features(loan, as_of, told) for loan in borrower.loans if loan.ended != "closed"]
    judged = [row for row in borrower.judged if 0 <= month_of(as_of) - row.month < 12]
    kept, broken = sum(row.kept for row in judged), sum(row.broken for row in judged)
    made_good = sum(row.kept + row.partly + row.broken for row in judged)
    contacts = max(0, borrower.sent - borrower.undelivered)
    channel, hour = _answering(borrower)
    return Features(
        as_of=as_of,
        loans=tuple(sorted(loans, key=_worst_first)),
        promises_made=borrower.promised,
        promises_judged=made_good,
        promises_kept_share=share_of(kept, made_good),
        promises_broken=broken,
        contacts=contacts,
        answered_share=_answered_share(borrower, contacts),
        answer_channel=channel,
        answer_hour=hour,
        arrangement=borrower.arrangement,
        arrangement_kept=borrower.arrangement in {"agreed", "completed"},
        arrangements_broken=borrower.arrangements_broken,
    )


def value_of(features: Features, name: str) -> float | None:
    """The value of one of the `SCORED` features."""
    value: float | None = _GETTERS[name](features)
    return value


def _answered_share(borrower: Borrower, contacts: int) -> float | None:
    answers = sum(row.times for row in borrower.replied) + sum(row.times for row in borrower.spoken)
    return round(min(1.0, answers / contacts), 4) if contacts >= CONTACTS_MIN else None


def _answering(borrower: Borrower) -> tuple[str | None, int | None]:
    """The channel and the hour with the most answers, each for itself; of equals the first by name."""
    channels: dict[str, int] = {}
    hours: dict[int, int] = {}
    for row in (*borrower.replied, *borrower.spoken):
        channels[row.channel] = channels.get(row.channel, 0) + row.times
        hours[row.hour] = hours.get(row.hour, 0) + row.times
    if not channels:
        return None, None
    return min(channels, key=lambda name: (-channels[name], name)), min(hours, key=lambda hour: (-hours[hour], hour))


def _worst_first(loan: LoanFeatures) -> tuple[bool, int, int, Decimal, str]:
    return (
        loan.ended != "charged_off",
        -loan.lateness.behind,
        -loan.lateness.past_due_days,
        -loan.debt.balance,
        loan.loan_id,
    )
