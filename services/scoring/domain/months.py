"""One loan month by month: what fell due, was paid and was missed, how late it stood, and how much was owed.

Windows are calendar months that end with the month of the day asked for. What falls due counts only up to the last
day that repayments have told of: nobody is late because the bank's file is.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Final, NamedTuple, TypeVar

from services.scoring.domain.history import MONTHS_KEPT, ZERO, Loan, Standing
from services.scoring.domain.schedule import Due, dues_of, month_of

LAGS: Final = MONTHS_KEPT
Value = TypeVar("Value")


class Months(NamedTuple):
    """What happened by month: index 0 is the month of the day asked for, 1 the one before.

    `days_late` is days past due at the end of the month (of the day asked for, in its own); `owed` the balance then,
    for a revolving account the statement that fell due in it.
    """

    due: Sequence[Decimal]
    paid: Sequence[Decimal]
    missed: Sequence[int]
    days_late: Sequence[int]
    owed: Sequence[Decimal]


def dues_of_loan(loan: Loan) -> Sequence[Due]:
    """What fell and falls due by the schedule, or by the statements of a revolving account."""
    if loan.revolving:
        return [(bill.due_on.toordinal(), bill.minimum) for bill in loan.bills]
    return dues_of(loan.schedule)


def months_of(loan: Loan, dues: Sequence[Due], as_of: date, told: date) -> Months:
    """*loan* as it stood on *as_of*, with what fell due before *told*."""
    now = month_of(as_of)
    paid = _by_lag(now, loan.paid, ZERO)
    return Months(
        due=_dues_by_lag(loan, dues, now, told.toordinal()),
        paid=paid,
        missed=_missed_by_lag(loan, dues, now),
        days_late=_days_late(loan, as_of),
        owed=_bills_by_lag(loan, now) if loan.revolving else list(accumulate(paid[:-1], initial=balance_of(loan))),
    )


def _by_lag(now: int, rows: Iterable[tuple[int, Value]], blank: Value) -> list[Value]:
    values = [blank] * LAGS
    for month, value in rows:
        if 0 <= now - month < LAGS:
            values[now - month] = value
    return values


def _dues_by_lag(loan: Loan, dues: Sequence[Due], now: int, told: int) -> list[Decimal]:
    due = [ZERO] * LAGS
    first = max(loan.known_from.toordinal(), month_start(now - LAGS + 1))
    for on, amount in dues:
        if first <= on < told:
            due[now - month_of(date.fromordinal(on))] += amount
    return due


def _missed_by_lag(loan: Loan, dues: Sequence[Due], now: int) -> list[int]:
    """An instalment that a reversal opens again is told again, and is still one instalment."""
    if not loan.missed:
        return [0] * LAGS
    fallen_due = Counter(month_of(date.fromordinal(on)) for on, _ in dues)
    return _by_lag(now, ((month, min(times, max(1, fallen_due[month]))) for month, times in loan.missed), 0)


def _bills_by_lag(loan: Loan, now: int) -> list[Decimal]:
    return _by_lag(now, ((month_of(bill.due_on), bill.amount) for bill in loan.bills), ZERO)


def _days_late(loan: Loan, as_of: date) -> list[int]:
    """Days past due at each month's end; those of the month of *as_of* are of that day."""
    if not loan.standing:
        return [0] * LAGS
    now = month_of(as_of)
    ends = (as_of.toordinal(), *(month_start(now - lag + 1) - 1 for lag in range(1, LAGS)))
    standings = (standing_then(loan, now - lag) for lag in range(LAGS))
    return [days_since(row.since if row else None, end) for row, end in zip(standings, ends, strict=True)]


def standing_then(loan: Loan, month: int) -> Standing | None:
    """How the loan stood at the end of *month*."""
    return next((row for row in reversed(loan.standing) if row.month <= month), None)


def balance_of(loan: Loan) -> Decimal:
    """What is owed in all, as far as schedule, charges and payments tell."""
    scheduled = sum((run.times * run.amount for run in loan.schedule.runs), ZERO) if loan.schedule else ZERO
    return max(ZERO, scheduled + loan.extra - loan.paid_total)


def days_since(since: date | None, day: int) -> int:
    """Days past due on *day* (an ordinal)."""
    return 0 if since is None else max(0, day - since.toordinal())


def month_start(month: int) -> int:
    """The ordinal of the first day of a month, as `month_of` numbers it; before year 1, the first day there is."""
    return date(month // 12, month % 12 + 1, 1).toordinal() if month >= 12 else 1
