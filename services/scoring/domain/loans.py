"""What the repayments tell of each loan: how every event changes its counters, dated by its own dates."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final, TypeAlias

from services.scoring.domain.history import (
    ENDED_KEPT,
    FAILURES_KEPT,
    LOANS_KEPT,
    MONTHS_KEPT,
    REPLACED_KEPT,
    ZERO,
    Bill,
    Borrower,
    Ended,
    Failed,
    FailureReason,
    Loan,
    Missed,
    Paid,
    Replaced,
    Standing,
)
from services.scoring.domain.schedule import Due, Schedule, dues_of, month_of, schedule_of
from services.scoring.domain.tallies import with_month
from shared.events import (
    BalanceAdjusted,
    ChargebackPosted,
    DelinquencyChanged,
    Event,
    FactVoided,
    FeeCharged,
    InstalmentMissed,
    LoanAccelerated,
    LoanChargedOff,
    LoanClosed,
    LoanCured,
    LoanImported,
    LoanOpened,
    LoanRescheduled,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    ScheduleRestored,
    StatementIssued,
)
from shared.events.repayments import Instalment, UnpaidPart

LoanChange: TypeAlias = Callable[[Loan, Any], Loan | None]
ACCELERATION: Final = "acceleration"

FAILURE_REASONS: Final[Mapping[str, FailureReason]] = {
    "AM04": "funds",
    "AM14": "funds",
    "AC01": "account",
    "AC04": "account",
    "AC06": "account",
    "AC13": "account",
    "MD01": "mandate",
    "MD06": "mandate",
    "MS02": "mandate",
    "SL01": "mandate",
}
"""Kinds of failure by ISO 20022 external status reason code; MD07 (the debtor died) is nobody's conduct: other."""


def open_loan(borrower: Borrower, event: LoanOpened) -> Borrower:
    """The loan begins; only its terms are read, nothing of who the borrower is."""
    return _with_opened(borrower, _loan_of(event, known_from=event.opened_on))


def import_loan(borrower: Borrower, event: LoanImported) -> Borrower:
    """The loan is taken over: what fell due until `as_of` was paid but for what is stated, and its past is untold."""
    unpaid = {part.number: _owed(part) for part in event.unpaid}
    settled = [each for each in event.instalments if _settled(each, event, unpaid)]
    paid = sum((_owed(each) - unpaid.get(each.number, ZERO) for each in settled), ZERO)
    return _with_opened(borrower, replace(_loan_of(event, known_from=event.as_of), paid_total=paid))


def change_loan(borrower: Borrower, event: Any) -> Borrower:
    """One event about one loan; a loan that is not known here (or no longer kept) changes nothing."""
    change = LOAN_CHANGES[type(event)]
    for place, loan in enumerate(borrower.loans):
        if loan.id == event.loan_id:
            changed = change(loan, event)
            kept = (changed,) if changed else ()
            return replace(borrower, loans=(*borrower.loans[:place], *kept, *borrower.loans[place + 1 :]))
    return borrower


def _receive(loan: Loan, event: PaymentReceived) -> Loan:
    return _with_money(loan, event.value_on, event.amount)


def _reverse(loan: Loan, event: PaymentReversed) -> Loan:
    if event.amount is None or event.value_on is None:
        return loan
    return _with_money(loan, event.value_on, -event.amount)


def _take_back(loan: Loan, event: ChargebackPosted) -> Loan:
    return _with_money(loan, event.value_on, -event.amount)


def _fail(loan: Loan, event: PaymentFailed) -> Loan:
    month, reason = month_of(event.failed_on), FAILURE_REASONS.get(event.reason_code, "other")
    same = [row for row in loan.failed if (row.month, row.reason) == (month, reason)]
    others = [row for row in loan.failed if row not in same]
    failed = sorted([*others, Failed(month, reason, 1 + sum(row.times for row in same))])
    return replace(loan, failed=tuple(failed[-FAILURES_KEPT:]))


def _miss(loan: Loan, event: InstalmentMissed) -> Loan:
    month = month_of(event.due_on)
    missed = with_month(loan.missed, month, Missed(month, 0), lambda row: Missed(month, row.times + 1), MONTHS_KEPT)
    return replace(loan, missed=missed)


def _stand(loan: Loan, event: DelinquencyChanged) -> Loan:
    standing = _with_standing(loan, event.as_of, event.overdue_since, event.unpaid_instalments)
    return replace(loan, standing=standing, overdue=event.delinquent_amount)


def _cure(loan: Loan, event: LoanCured) -> Loan:
    return replace(loan, standing=_with_standing(loan, event.on, None, None), overdue=ZERO)


def _bill(loan: Loan, event: StatementIssued) -> Loan:
    minimum = event.amount if event.minimum_due is None else event.minimum_due
    others = [bill for bill in loan.bills if bill.due_on != event.due_on]
    bills = sorted([*others, Bill(event.due_on, event.amount, minimum)])
    return replace(loan, bills=tuple(bills[-MONTHS_KEPT:]), extra=event.amount + loan.paid_total)


def _charge(loan: Loan, event: FeeCharged) -> Loan:
    return replace(loan, extra=loan.extra + event.amount)


def _adjust(loan: Loan, event: BalanceAdjusted) -> Loan:
    return replace(loan, extra=loan.extra + event.amount)


def _reschedule(loan: Loan, event: LoanRescheduled) -> Loan:
    """What is already paid of the old schedule stays; the new one holds all that was not."""
    since = loan.standing[-1].since if loan.standing else None
    start = min(event.effective_on, since or event.effective_on).toordinal()
    settled = [due for due in dues_of(loan.schedule) if due[0] < start]
    return _with_schedule(loan, event.revision_id, schedule_of([*settled, *_dues(event.instalments)]))


def _accelerate(loan: Loan, event: LoanAccelerated) -> Loan:
    on = event.effective_on.toordinal()
    dues = ((min(day, on), amount) for day, amount in dues_of(loan.schedule))
    return _with_schedule(loan, ACCELERATION, schedule_of(dues))


def _restore(loan: Loan, event: ScheduleRestored) -> Loan:
    return _restored(loan, event.revision_id)


def _close(loan: Loan, event: LoanClosed) -> Loan:
    return _end(loan, event.on, "closed")


def _charge_off(loan: Loan, _: LoanChargedOff) -> Loan:
    return replace(loan, ended="charged_off")


def _void(loan: Loan, event: FactVoided) -> Loan | None:
    """As if it had never been, as far as the counters can tell; lateness that followed is told by itself."""
    if event.amount is not None and event.value_on is not None:
        return _with_money(loan, event.value_on, -event.amount)
    match event.voided:
        case "LoanOpened" | "LoanImported":
            return None
        case "LoanClosed" | "LoanChargedOff":
            return replace(loan, ended="no")
        case "LoanRescheduled":
            return _restored(loan, event.voided_id or "")
        case "LoanAccelerated":
            return _restored(loan, ACCELERATION)
        case _:
            return loan


LOAN_CHANGES: Final[Mapping[type[Event], LoanChange]] = {
    PaymentReceived: _receive,
    PaymentReversed: _reverse,
    ChargebackPosted: _take_back,
    PaymentFailed: _fail,
    InstalmentMissed: _miss,
    DelinquencyChanged: _stand,
    LoanCured: _cure,
    StatementIssued: _bill,
    FeeCharged: _charge,
    BalanceAdjusted: _adjust,
    LoanRescheduled: _reschedule,
    LoanAccelerated: _accelerate,
    ScheduleRestored: _restore,
    LoanClosed: _close,
    LoanChargedOff: _charge_off,
    FactVoided: _void,
}


def _loan_of(event: LoanOpened, known_from: date) -> Loan:
    return Loan(
        id=event.loan_id,
        currency=event.currency,
        principal=event.principal,
        opened_on=event.opened_on,
        known_from=known_from,
        revolving=event.kind == "revolving",
        schedule=schedule_of(_dues(event.instalments)),
    )


def _with_opened(borrower: Borrower, loan: Loan) -> Borrower:
    """A loan told again replaces itself; beyond the limits the ended and the oldest that stand well are forgotten."""
    loans = [*(known for known in borrower.loans if known.id != loan.id), loan]
    ended = [known for known in loans if known.ended == "closed"][:-ENDED_KEPT]
    kept = [known for known in loans if known not in ended]
    spare = [known for known in kept[:-1] if not known.overdue][: max(0, len(kept) - LOANS_KEPT)]
    return replace(borrower, loans=tuple(known for known in kept if known not in spare)[-LOANS_KEPT:])


def _with_money(loan: Loan, value_on: date, amount: Decimal) -> Loan:
    month = month_of(value_on)
    paid = with_month(loan.paid, month, Paid(month, ZERO), lambda row: Paid(month, row.amount + amount), MONTHS_KEPT)
    return replace(loan, paid=paid, paid_total=loan.paid_total + amount)


def _with_standing(loan: Loan, on: date, since: date | None, unpaid: int | None) -> tuple[Standing, ...]:
    now = Standing(month_of(on), since, unpaid)
    return with_month(loan.standing, now.month, now, lambda _: now, MONTHS_KEPT)


def _with_schedule(loan: Loan, revision_id: str, schedule: Schedule | None) -> Loan:
    replaced = (*loan.replaced, Replaced(revision_id, loan.schedule))[-REPLACED_KEPT:]
    return replace(loan, schedule=schedule, replaced=replaced)


def _restored(loan: Loan, revision_id: str) -> Loan:
    """The schedule before that revision, and before all later ones; unchanged when it is no longer kept."""
    for place, revision in enumerate(loan.replaced):
        if revision.revision_id == revision_id:
            return replace(loan, schedule=revision.schedule, replaced=loan.replaced[:place])
    return loan


def _end(loan: Loan, on: date, how: Ended) -> Loan:
    return replace(loan, ended=how, overdue=ZERO, standing=_with_standing(loan, on, None, None))


def _settled(each: Instalment, event: LoanImported, unpaid: Mapping[int, Decimal]) -> bool:
    """Whether some or all of an instalment was paid before the loan was taken over."""
    return each.due_on <= event.as_of or each.number in unpaid


def _dues(instalments: tuple[Instalment, ...]) -> list[Due]:
    return [(each.due_on.toordinal(), _owed(each)) for each in instalments]


def _owed(part: Instalment | UnpaidPart) -> Decimal:
    return part.principal + (part.interest or ZERO) + (part.fees or ZERO)
