"""What each loan still owes, by ingest's last word and all money heard of since."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from types import MappingProxyType
from typing import Any, Final

from services.contact.domain.borrower import (
    CLOSED_LOANS_MAX,
    PAYMENTS_MAX,
    Borrower,
    Coming,
    Contact,
    Loan,
    Payment,
    Spell,
)
from services.contact.domain.contacting import with_contact
from services.contact.domain.gate.words import DEBT_TYPES
from shared.events import (
    BalanceAdjusted,
    DelinquencyChanged,
    FactVoided,
    InstalmentComingDue,
    LoanAccelerated,
    LoanChargedOff,
    LoanClosed,
    LoanCured,
    LoanImported,
    LoanOpened,
    LoanRescheduled,
    PaymentReceived,
    PaymentReversed,
    ScheduleRestored,
)

NOTHING: Final = Decimal(0)
DUE_OTHERWISE: Final = frozenset({"BalanceAdjusted", "LoanAccelerated", "LoanRescheduled", "ScheduleRestored"})
"""Facts by whose void what comes due changes."""


def owing(borrower: Borrower) -> tuple[str, ...]:
    """The loans with something past due, the oldest lateness first."""
    late = [loan_id for loan_id, loan in borrower.loans.items() if loan.owed > 0]
    return tuple(sorted(late, key=lambda loan_id: (borrower.loans[loan_id].overdue_since or date.max, loan_id)))


def coming_due(borrower: Borrower, today: date) -> tuple[str, ...]:
    """The loans with an instalment that is yet to come due, or due today, and not paid; the nearest first."""
    open_loans = ((loan_id, loan.coming) for loan_id, loan in borrower.loans.items() if not loan.closed)
    near = [(coming.due_on, loan_id) for loan_id, coming in open_loans if coming is not None and coming.unpaid > 0]
    return tuple(loan_id for due_on, loan_id in sorted(near) if due_on >= today)


def was_late(borrower: Borrower, since: date) -> bool:
    """Whether anything is known to have been past due on *since* or later."""
    return any(loan.late_on is not None and loan.late_on >= since for loan in borrower.loans.values())


def open_loan(borrower: Borrower, event: LoanOpened) -> Borrower:
    """A loan this borrower owes."""
    debt_type = event.product if event.product in DEBT_TYPES else None
    loan = Loan(event.currency, event.jurisdiction, debt_type)
    return _with_loan(borrower, event.loan_id, loan)


def take_over(borrower: Borrower, event: LoanImported) -> Borrower:
    """A running loan, with the contacts that others made before."""
    past = (
        Contact(one.at, one.channel, one.outcome, one.loan_ids, inbound=one.direction == "in", by=one.by)
        for one in event.recent_contacts
    )
    return reduce(with_contact, past, open_loan(borrower, event))


def note_lateness(borrower: Borrower, event: DelinquencyChanged) -> Borrower:
    """Ingest's figure, which contains all money with effect up to its day."""
    loan = borrower.loans.get(event.loan_id) or Loan(event.currency)
    changed = replace(
        loan,
        past_due=event.delinquent_amount,
        overdue_since=event.overdue_since,
        bucket=event.bucket_to,
        stage=event.stage,
        as_of=event.as_of,
        payments=paid_after(loan, event.as_of),
        coming=_still_coming(loan.coming, event.as_of),
        late_on=event.as_of if event.delinquent_amount else loan.late_on,
    )
    return _with_loan(borrower, event.loan_id, changed)


def _still_coming(coming: Coming | None, today: date) -> Coming | None:
    return None if coming is None or coming.due_on < today else coming


def note_coming(borrower: Borrower, event: InstalmentComingDue) -> Borrower:
    """The next instalment, less what was accepted that its amount does not contain: that of later value dates."""
    loan = borrower.loans.get(event.loan_id) or Loan(event.currency)
    known = loan.coming
    same = known is not None and (known.number, known.due_on) == (event.number, event.due_on)
    later = paid_after(loan, event.due_on - timedelta(days=event.days_before))
    ahead = max(NOTHING, sum((paid.amount for paid in later), NOTHING) - loan.past_due)
    unpaid = max(NOTHING, event.amount - ahead)
    coming = Coming(event.number, event.due_on, unpaid, reminded=same and known is not None and known.reminded)
    return _with_loan(borrower, event.loan_id, replace(loan, coming=coming, payments=later))


def forget_coming(borrower: Borrower, event: LoanRescheduled | ScheduleRestored | LoanAccelerated) -> Borrower:
    """What was to come due from that day on is due otherwise: ingest tells what comes instead."""
    loan = borrower.loans.get(event.loan_id)
    if loan is None or loan.coming is None or loan.coming.due_on < event.effective_on:
        return borrower
    return _without_coming(borrower, event.loan_id)


def charge_off(borrower: Borrower, event: LoanChargedOff) -> Borrower:
    """The claim is kept, but no instalment of it comes due any more."""
    return _without_coming(borrower, event.loan_id)


def adjust(borrower: Borrower, event: BalanceAdjusted) -> Borrower:
    """How much of the next instalment a waiver or correction leaves is not told; interest that accrues is not in it."""
    return borrower if event.kind == "accrual" else _without_coming(borrower, event.loan_id)


def _without_coming(borrower: Borrower, loan_id: str) -> Borrower:
    loan = borrower.loans.get(loan_id)
    return borrower if loan is None else _with_loan(borrower, loan_id, replace(loan, coming=None))


def paid_after(loan: Loan, day: date) -> tuple[Payment, ...]:
    """The money that no figure of *day* contains; what it contains was told anew, and need not be remembered."""
    return tuple(paid for paid in loan.payments if paid.value_on > day)


def note_payment(borrower: Borrower, event: PaymentReceived) -> Borrower:
    """Money counts at once, whatever its value date: first for what is past due, the rest for what is coming.

    It is remembered until a figure contains it, even when nothing is due yet.
    """
    loan = borrower.loans.get(event.loan_id)
    if loan is None:
        return borrower
    rest = max(NOTHING, event.amount - loan.owed)
    payments = _bounded((*loan.payments, Payment(event.payment_id, event.amount, event.value_on)))
    coming = loan.coming and loan.coming._replace(unpaid=max(NOTHING, loan.coming.unpaid - rest))
    return _with_loan(borrower, event.loan_id, replace(loan, payments=payments, coming=coming))


def _bounded(payments: tuple[Payment, ...]) -> tuple[Payment, ...]:
    """At most eight; beyond that the two that count first are added up, so that no money is lost.

    The sum has no id: a reversal of one must not take back the other.
    """
    if len(payments) <= PAYMENTS_MAX:
        return payments
    first, second, *rest = sorted(payments, key=lambda paid: paid.value_on)
    return (Payment("", first.amount + second.amount, second.value_on), *rest)


def forget_payment(borrower: Borrower, event: PaymentReversed) -> Borrower:
    """Money that turned out not to have come; what ingest's figure had of it, ingest tells anew."""
    return _without_payment(borrower, event.loan_id, event.payment_id)


def undo(borrower: Borrower, event: FactVoided) -> Borrower:
    """A payment, a closing or the loan itself never was."""
    if event.loan_id is None or event.loan_id not in borrower.loans:
        return borrower
    if event.voided == "PaymentReceived" and event.voided_id is not None:
        return _without_payment(borrower, event.loan_id, event.voided_id)
    if event.voided == "LoanClosed":
        return _with_loan(borrower, event.loan_id, replace(borrower.loans[event.loan_id], closed=False, closed_on=None))
    if event.voided in DUE_OTHERWISE:
        return _without_coming(borrower, event.loan_id)
    if event.voided in ("LoanOpened", "LoanImported"):
        rest = {loan_id: loan for loan_id, loan in borrower.loans.items() if loan_id != event.loan_id}
        return in_spell(replace(borrower, loans=rest))
    return borrower


def _without_payment(borrower: Borrower, loan_id: str, payment_id: str) -> Borrower:
    loan = borrower.loans.get(loan_id)
    if loan is None:
        return borrower
    payments = tuple(paid for paid in loan.payments if paid.payment_id != payment_id)
    return _with_loan(borrower, loan_id, replace(loan, payments=payments))


def note_cure(borrower: Borrower, event: LoanCured) -> Borrower:
    """Nothing is past due any more."""
    loan = borrower.loans.get(event.loan_id)
    if loan is None:
        return borrower
    later = paid_after(loan, event.on)
    cured = replace(loan, past_due=NOTHING, overdue_since=None, payments=later, late_on=event.on)
    return _with_loan(borrower, event.loan_id, cured)


def close_loan(borrower: Borrower, event: LoanClosed) -> Borrower:
    """Nothing is asked on a loan that ended; the latest few are kept, because a closing may be voided."""
    loan = borrower.loans.get(event.loan_id)
    if loan is None:
        return borrower
    rest = {loan_id: one for loan_id, one in borrower.loans.items() if loan_id != event.loan_id}
    closed = sorted((one.closed_on or date.min, loan_id) for loan_id, one in rest.items() if one.closed)
    for _, forgotten in closed[: max(0, len(closed) + 1 - CLOSED_LOANS_MAX)]:
        del rest[forgotten]
    return in_spell(replace(borrower, loans={**rest, event.loan_id: replace(loan, closed=True, closed_on=event.on)}))


def _with_loan(borrower: Borrower, loan_id: str, loan: Loan) -> Borrower:
    return in_spell(replace(borrower, loans={**borrower.loans, loan_id: loan}))


def in_spell(borrower: Borrower) -> Borrower:
    """The lateness that the oldest unpaid due date began.

    A later date is a new lateness, whose steps begin with the mildest; an earlier one found out later goes on where the
    steps stand. With nothing past due, what was declared has served its turn.
    """
    late = [loan for loan in borrower.loans.values() if loan.past_due and not loan.closed]
    since = [loan.overdue_since for loan in late if loan.overdue_since is not None]
    if not since:
        return replace(borrower, spell=None, situation=None, withheld=None) if borrower.spell else borrower
    anchor, spell = min(since), borrower.spell
    if spell is not None and anchor == spell.anchor:
        return borrower
    if spell is None or anchor > spell.anchor:
        return replace(borrower, spell=Spell(anchor), withheld=None)
    return replace(borrower, spell=replace(spell, anchor=anchor))


LOAN_CHANGES: Final[Mapping[type, Callable[[Borrower, Any], Borrower]]] = MappingProxyType(
    {
        BalanceAdjusted: adjust,
        LoanAccelerated: forget_coming,
        LoanChargedOff: charge_off,
        LoanRescheduled: forget_coming,
        ScheduleRestored: forget_coming,
        LoanOpened: open_loan,
        LoanImported: take_over,
        DelinquencyChanged: note_lateness,
        InstalmentComingDue: note_coming,
        PaymentReceived: note_payment,
        PaymentReversed: forget_payment,
        FactVoided: undo,
        LoanCured: note_cure,
        LoanClosed: close_loan,
    }
)
