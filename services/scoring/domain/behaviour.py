"""One loan's behaviour as features: how late it is and was, how it is paid, and what is still owed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from services.scoring.domain.history import ZERO, Ended, FailureReason, Loan, Standing
from services.scoring.domain.months import Months, balance_of, dues_of_loan, months_of, standing_then
from services.scoring.domain.schedule import Due, month_of

BALANCE_SHARE_MAX: Final = 2
"""With interest and charges more may be owed than was lent; beyond twice as much a share says nothing more."""
CASH_DAYS: Final = 90


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late one loan is, and was in the last 3, 6 and 12 months.

    `behind` counts instalments behind in months of 28 days at least: a weekly loan is not four times as late.
    `past_due_days_change` is against the end of the month three months ago. `cleared_share` is the part of the late
    instalments that were paid in full in the end; None when none was late.
    """

    behind: int
    instalments_late: int
    past_due_days: int
    past_due_days_change: int
    late_3: int
    late_6: int
    late_12: int
    late_streak: int
    cleared_share: float | None


@dataclass(frozen=True, slots=True)
class Payments:
    """How one loan is paid: paid ÷ due, rounded to 4 decimals and at most 1; None where nothing fell due.

    `paid_share_change` is the last three months against the three before. Failures are of the last 12 months.
    """

    paid_share_3: float | None
    paid_share_6: float | None
    paid_share_12: float | None
    paid_share_change: float | None
    part_paid_6: int
    paying_while_late: bool
    failed_funds: int
    failed_account: int
    failed_mandate: int
    failed_other: int
    dues_seen: int


@dataclass(frozen=True, slots=True)
class Debt:
    """What is still owed on one loan; shares are of the sum lent, or of a revolving account's limit.

    `coming` is what falls due in the next 90 days (both ends inclusive), on `coming_times` dates; `beyond`, after them.
    `instalment` is the next one, or the last there was.
    """

    balance: Decimal
    balance_share: float | None
    balance_share_change: float | None
    age_months: int
    term_left: float | None
    coming: Decimal
    coming_times: int
    beyond: Decimal
    instalment: Decimal


@dataclass(frozen=True, slots=True)
class LoanFeatures:
    """One loan on one day."""

    loan_id: str
    currency: str
    principal: Decimal
    revolving: bool
    ended: Ended
    lateness: Lateness
    payments: Payments
    debt: Debt
    months: Months


def loan_features(loan: Loan, as_of: date, told: date) -> LoanFeatures:
    """What is known of one loan at the end of *as_of*, with what fell due before *told*."""
    dues = dues_of_loan(loan)
    months = months_of(loan, dues, as_of, told)
    standing = standing_then(loan, month_of(as_of))
    return LoanFeatures(
        loan_id=loan.id,
        currency=loan.currency,
        principal=loan.principal,
        revolving=loan.revolving,
        ended=loan.ended,
        lateness=lateness_of(months, standing, _unpaid_dues(standing, dues, told), told),
        payments=payments_of(loan, months, as_of),
        debt=debt_of(loan, months, dues, as_of),
        months=months,
    )


def lateness_of(months: Months, standing: Standing | None, late: int, told: date) -> Lateness:
    """How late, with *late* instalments unpaid."""
    late_12 = sum(months.missed[:12])
    return Lateness(
        behind=_months_behind(late, standing, told),
        instalments_late=late,
        past_due_days=months.days_late[0],
        past_due_days_change=months.days_late[0] - months.days_late[3],
        late_3=sum(months.missed[:3]),
        late_6=sum(months.missed[:6]),
        late_12=late_12,
        late_streak=_longest_run(months.missed),
        cleared_share=share_of(max(0, late_12 - late), late_12),
    )


def payments_of(loan: Loan, months: Months, as_of: date) -> Payments:
    """How paid, by the months of value."""
    failed = _failures(loan, month_of(as_of))
    late = months.days_late[0] > 0
    return Payments(
        paid_share_3=_paid_share(months, 0, 3),
        paid_share_6=_paid_share(months, 0, 6),
        paid_share_12=_paid_share(months, 0, 12),
        paid_share_change=_difference(_paid_share(months, 0, 3), _paid_share(months, 3, 6)),
        part_paid_6=sum(0 < paid < due for due, paid in zip(months.due[:6], months.paid[:6], strict=True)),
        paying_while_late=late and any(paid > 0 for paid in months.paid[:2]),
        failed_funds=failed["funds"],
        failed_account=failed["account"],
        failed_mandate=failed["mandate"],
        failed_other=failed["other"],
        dues_seen=sum(due > 0 for due in months.due[:12]),
    )


def debt_of(loan: Loan, months: Months, dues: Sequence[Due], as_of: date) -> Debt:
    """What is owed, and what of it falls due when."""
    day, balance = as_of.toordinal(), balance_of(loan)
    coming = [amount for on, amount in dues if day <= on <= day + CASH_DAYS]
    return Debt(
        balance=balance,
        balance_share=_balance_share(loan, balance),
        balance_share_change=_balance_share_change(loan, balance, months),
        age_months=max(0, month_of(as_of) - month_of(loan.opened_on)),
        term_left=None if loan.revolving else share_of(sum(on >= day for on, _ in dues), len(dues)),
        coming=sum(coming, ZERO),
        coming_times=len(coming),
        beyond=sum((amount for on, amount in dues if on > day + CASH_DAYS), ZERO),
        instalment=next((amount for on, amount in dues if on >= day), dues[-1][1] if dues else ZERO),
    )


def share_of(part: Decimal | int, whole: Decimal | int, most: float = 1.0) -> float | None:
    """*part* ÷ *whole*, from 0 to *most*, rounded to 4 decimals; None of nothing.

    Who pays before the due date has not paid more than what is due.
    """
    return round(min(most, max(0.0, float(part) / float(whole))), 4) if whole > 0 else None


def _unpaid_dues(standing: Standing | None, dues: Sequence[Due], told: date) -> int:
    """How many due dates stand unpaid: as told, or by the schedule from the oldest unpaid one on."""
    if standing is None or standing.since is None:
        return 0
    if standing.unpaid is not None:
        return max(1, standing.unpaid)
    since = standing.since.toordinal()
    return max(1, sum(since <= on < told.toordinal() for on, _ in dues))


def _months_behind(late: int, standing: Standing | None, told: date) -> int:
    if standing is None or standing.since is None:
        return 0
    return min(late, 1 + max(0, (told - standing.since).days - 1) // 28)


def _failures(loan: Loan, now: int) -> dict[FailureReason, int]:
    counts: dict[FailureReason, int] = {"funds": 0, "account": 0, "mandate": 0, "other": 0}
    for row in loan.failed:
        if 0 <= now - row.month < 12:
            counts[row.reason] += row.times
    return counts


def _longest_run(missed: Sequence[int]) -> int:
    longest = run = 0
    for times in missed:
        run = run + 1 if times else 0
        longest = max(longest, run)
    return longest


def _paid_share(months: Months, start: int, end: int) -> float | None:
    return share_of(sum(months.paid[start:end], ZERO), sum(months.due[start:end], ZERO))


def _difference(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else round(later - earlier, 4)


def _balance_share(loan: Loan, balance: Decimal) -> float | None:
    return share_of(balance, loan.principal, BALANCE_SHARE_MAX)


def _balance_share_change(loan: Loan, balance: Decimal, months: Months) -> float | None:
    """Against three months ago: for a revolving account three statements ago, else by what was paid since."""
    if loan.revolving and len(loan.bills) < 4:
        return None
    before = loan.bills[-4].amount if loan.revolving else months.owed[3]
    return _difference(_balance_share(loan, balance), _balance_share(loan, before))
