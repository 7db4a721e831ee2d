"""One loan's behaviour as features: what its counters show on one day.

Windows are calendar months that end with the month of the day asked for. What falls due counts only up to the last
day that repayments have told of: nobody is late because the bank's file is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import Final, NamedTuple, TypeVar

from services.scoring.domain.history import MONTHS_KEPT, ZERO, Ended, FailureReason, Loan, Standing
from services.scoring.domain.rates import CASH_MONTHS
from services.scoring.domain.schedule import Due, dues_of, month_of

SHARE_MAX: Final = 2.0
"""Who pays ahead is not endlessly better than who pays what is due."""
LAGS: Final = MONTHS_KEPT
DAYS_A_MONTH: Final = 30
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


@dataclass(frozen=True, slots=True)
class LoanFeatures:
    """One loan on one day; shares are parts of 1, rounded to 4 decimals, None where nothing can be said.

    `behind` counts instalments behind in months of 28 days at least: a weekly loan is not four times as late.
    `cleared_share` is the part of late instalments that were paid in full in the end.
    `coming` is what falls due in each of the next three 30 days, the day itself included; `beyond`, after them.
    """

    loan_id: str
    currency: str
    principal: Decimal
    revolving: bool
    ended: Ended
    behind: int
    instalments_late: int
    past_due_days: int
    past_due_days_change: int
    late_3: int
    late_6: int
    late_12: int
    late_streak: int
    paid_share_3: float | None
    paid_share_6: float | None
    paid_share_12: float | None
    paid_share_change: float | None
    part_paid_6: int
    failed_funds: int
    failed_account: int
    failed_mandate: int
    failed_other: int
    cleared_share: float | None
    paying_while_late: bool
    balance: Decimal
    balance_share: float | None
    balance_share_change: float | None
    age_months: int
    term_left: float | None
    dues_seen: int
    overdue: Decimal
    months: Months
    coming: tuple[Decimal, ...]
    beyond: Decimal
    instalment: Decimal


def loan_features(loan: Loan, as_of: date, told: date) -> LoanFeatures:
    """What is known of one loan at the end of *as_of*, with what fell due before *told*."""
    dues = _dues(loan)
    months = _months(loan, dues, as_of, told.toordinal())
    standing = _standing_then(loan, month_of(as_of))
    since = standing.since if standing else None
    late = _unpaid_dues(standing, dues, told)
    failed = _failures(loan, month_of(as_of))
    balance = _balance(loan)
    coming, beyond = _coming(dues, as_of.toordinal())
    return LoanFeatures(
        loan_id=loan.id,
        currency=loan.currency,
        principal=loan.principal,
        revolving=loan.revolving,
        ended=loan.ended,
        behind=_months_behind(late, since, told),
        instalments_late=late,
        past_due_days=months.days_late[0],
        past_due_days_change=months.days_late[0] - months.days_late[3],
        late_3=sum(months.missed[:3]),
        late_6=sum(months.missed[:6]),
        late_12=sum(months.missed[:12]),
        late_streak=_longest_run(months.missed),
        paid_share_3=_paid_share(months, 0, 3),
        paid_share_6=_paid_share(months, 0, 6),
        paid_share_12=_paid_share(months, 0, 12),
        paid_share_change=_difference(_paid_share(months, 0, 3), _paid_share(months, 3, 6)),
        part_paid_6=sum(0 < paid < due for due, paid in zip(months.due[:6], months.paid[:6], strict=True)),
        failed_funds=failed["funds"],
        failed_account=failed["account"],
        failed_mandate=failed["mandate"],
        failed_other=failed["other"],
        cleared_share=_cleared_share(sum(months.missed[:12]), late),
        paying_while_late=since is not None and any(paid > 0 for paid in months.paid[:2]),
        balance=balance,
        balance_share=_balance_share(loan, balance),
        balance_share_change=_balance_share_change(loan, balance, months),
        age_months=max(0, month_of(as_of) - month_of(loan.opened_on)),
        term_left=_term_left(loan, dues, as_of.toordinal()),
        dues_seen=sum(due > 0 for due in months.due[:12]),
        overdue=loan.overdue,
        months=months,
        coming=coming,
        beyond=beyond,
        instalment=_instalment(dues, as_of.toordinal()),
    )


def _dues(loan: Loan) -> Sequence[Due]:
    if loan.revolving:
        return [(bill.due_on.toordinal(), bill.minimum) for bill in loan.bills]
    return dues_of(loan.schedule)


def _months(loan: Loan, dues: Sequence[Due], as_of: date, told: int) -> Months:
    now = month_of(as_of)
    paid = _by_lag(now, loan.paid, ZERO)
    return Months(
        due=_dues_by_lag(loan, dues, now, told),
        paid=paid,
        missed=_by_lag(now, loan.missed, 0),
        days_late=_days_late(loan, as_of),
        owed=_bills_by_lag(loan, now) if loan.revolving else _balances_by_lag(_balance(loan), paid),
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


def _bills_by_lag(loan: Loan, now: int) -> list[Decimal]:
    return _by_lag(now, ((month_of(bill.due_on), bill.amount) for bill in loan.bills), ZERO)


def _balances_by_lag(balance: Decimal, paid: Sequence[Decimal]) -> list[Decimal]:
    return list(accumulate(paid[:-1], initial=balance))


def _days_late(loan: Loan, as_of: date) -> list[int]:
    """Days past due at each month's end; those of the month of *as_of* are of that day."""
    if not loan.standing:
        return [0] * LAGS
    now = month_of(as_of)
    ends = (as_of.toordinal(), *(month_start(now - lag + 1) - 1 for lag in range(1, LAGS)))
    standings = (_standing_then(loan, now - lag) for lag in range(LAGS))
    return [_days_since(row.since if row else None, end) for row, end in zip(standings, ends, strict=True)]


def _standing_then(loan: Loan, month: int) -> Standing | None:
    """How the loan stood at the end of *month*."""
    return next((row for row in reversed(loan.standing) if row.month <= month), None)


def _unpaid_dues(standing: Standing | None, dues: Sequence[Due], told: date) -> int:
    """How many due dates stand unpaid: as told, or by the schedule from the oldest unpaid one on."""
    if standing is None or standing.since is None:
        return 0
    if standing.unpaid is not None:
        return max(1, standing.unpaid)
    since = standing.since.toordinal()
    return max(1, sum(since <= on < told.toordinal() for on, _ in dues))


def _months_behind(late: int, since: date | None, told: date) -> int:
    if since is None or not late:
        return 0
    return min(late, 1 + max(0, (told - since).days - 1) // 28)


def _days_since(since: date | None, day: int) -> int:
    return 0 if since is None else max(0, day - since.toordinal())


def month_start(month: int) -> int:
    """The ordinal of the first day of a month, as `month_of` numbers it."""
    return date(month // 12, month % 12 + 1, 1).toordinal()


def _failures(loan: Loan, now: int) -> dict[FailureReason, int]:
    counts: dict[FailureReason, int] = {"funds": 0, "account": 0, "mandate": 0, "other": 0}
    for row in loan.failed:
        if 0 <= now - row.month < 12:
            counts[row.reason] += row.times
    return counts


def _longest_run(missed: Sequence[int]) -> int:
    longest = run = 0
    for count in missed:
        run = run + 1 if count else 0
        longest = max(longest, run)
    return longest


def share(part: Decimal, whole: Decimal) -> float | None:
    return round(min(SHARE_MAX, max(0.0, float(part) / float(whole))), 4) if whole > 0 else None


def _paid_share(months: Months, start: int, end: int) -> float | None:
    return share(sum(months.paid[start:end], ZERO), sum(months.due[start:end], ZERO))


def _difference(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else round(later - earlier, 4)


def _cleared_share(missed: int, late_now: int) -> float | None:
    return share(Decimal(max(0, missed - late_now)), Decimal(missed))


def _balance(loan: Loan) -> Decimal:
    scheduled = sum((run.times * run.amount for run in loan.schedule.runs), ZERO) if loan.schedule else ZERO
    return max(ZERO, scheduled + loan.extra - loan.paid_total)


def _balance_share(loan: Loan, balance: Decimal) -> float | None:
    """The part still owed of the sum lent; for a revolving account the part of its limit in use (`principal`)."""
    return share(balance, loan.principal)


def _balance_share_change(loan: Loan, balance: Decimal, months: Months) -> float | None:
    """Against three months ago: for a revolving account three statements ago, else by what was paid since."""
    if not loan.revolving:
        return _difference(share(balance, loan.principal), share(balance + sum(months.paid[:3], ZERO), loan.principal))
    if len(loan.bills) < 4:
        return None
    return _difference(share(balance, loan.principal), share(loan.bills[-4].amount, loan.principal))


def _coming(dues: Sequence[Due], day: int) -> tuple[tuple[Decimal, ...], Decimal]:
    coming, beyond = [ZERO] * CASH_MONTHS, ZERO
    for on, amount in dues:
        if on >= day + CASH_MONTHS * DAYS_A_MONTH:
            beyond += amount
        elif on >= day:
            coming[(on - day) // DAYS_A_MONTH] += amount
    return tuple(coming), beyond


def _instalment(dues: Sequence[Due], day: int) -> Decimal:
    """What usually falls due at a time: the next instalment, else the last there was."""
    return next((amount for on, amount in dues if on >= day), dues[-1][1] if dues else ZERO)


def _term_left(loan: Loan, dues: Sequence[Due], day: int) -> float | None:
    if loan.revolving or not dues:
        return None
    return share(Decimal(sum(on >= day for on, _ in dues)), Decimal(len(dues)))
