"""The history of a loan's bucket and stage: effective-dated, derived from the facts, never from when a job ran."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from services.ingest.domain.borrower import Loan
from services.ingest.domain.context import Context
from services.ingest.domain.facts import Recorded
from services.ingest.domain.figures import figures_on
from services.ingest.domain.grading import grade, rules_for
from services.ingest.domain.position import loan_from
from services.ingest.domain.waking import next_change

NEWS_MAX = 500


class Period(NamedTuple):
    """A bucket and a stage from a day on."""

    from_on: date
    bucket: str | None
    stage: str | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A bucket and a stage in [from_on, until_on) (None: still); `recorded_at` is the news it rests on.

    That is when the last fact had reached us without which this row would not start on this day.
    """

    from_on: date
    until_on: date | None
    bucket: str | None
    stage: str | None
    recorded_at: datetime


def history(
    facts: Sequence[Recorded], business_date: date, context: Context, *, known_at: datetime | None = None
) -> list[HistoryRow]:
    """The rows up to *business_date* (inclusive) by the facts that had reached us by *known_at* (default: now).

    What rests on more than 500 pieces of news is dated by the 500 latest.
    """
    known = [one for one in facts if known_at is None or one.recorded_at <= known_at]
    periods = _periods(known, business_date, context)
    if not periods:
        return []
    recorded = _news_behind(periods, known, business_date, context)
    ends: list[date | None] = [one.from_on for one in periods[1:]]
    rows = zip(periods, [*ends, None], strict=True)
    return [HistoryRow(one.from_on, end, one.bucket, one.stage, recorded[one]) for one, end in rows]


def periods_of(loan: Loan, business_date: date, context: Context) -> Iterator[Period]:
    """The periods of one bucket and stage from the opening to *business_date* (inclusive)."""
    changes = context.changes.get(loan.bucket_set, ())
    on, last = loan.opened_on, None
    while on <= business_date:
        figures = figures_on(loan, on)
        standing = grade(loan, figures, on, rules_for(loan, context, on))
        period = Period(on, standing.bucket, standing.stage)
        if last is None or period[1:] != last[1:]:
            yield period
            last = period
        on = next_change(loan, figures, standing, on, changes) or business_date + timedelta(days=1)


def _periods(facts: Sequence[Recorded], business_date: date, context: Context) -> list[Period]:
    loan = loan_from(facts)
    return list(periods_of(loan, business_date, context)) if loan else []


def _news_behind(
    periods: Sequence[Period], facts: Sequence[Recorded], business_date: date, context: Context
) -> dict[Period, datetime]:
    """For each period, the earliest news since which it has been there without a break."""
    news = sorted({one.recorded_at for one in facts})[-NEWS_MAX:]
    recorded = dict.fromkeys(periods, news[-1])
    there = set(periods)
    for earlier in reversed(news[:-1]):
        there &= set(_periods([one for one in facts if one.recorded_at <= earlier], business_date, context))
        recorded |= dict.fromkeys(there, earlier)
        if not there:
            break
    return recorded
