"""Which money counts for a promise: repayments on its loans, with a value date from the day it was made to its last.

Goodwill credits, refunds and recoveries do not count. Money that was heard of before the promise was made does not
count either, even on the same day: it was part of what was talked about, and part payment now with the rest promised
would otherwise keep itself. A reversed or voided payment counts no more; a chargeback takes away as much as it took of
the payment it names, and one that names none takes nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final, TypeAlias

from services.feedback.domain.borrower import PAYMENTS_MAX, TAKEN_BACK_MAX, Borrower, Paid, Promise, TakenBack
from shared.events import ChargebackPosted, FactVoided, PaymentReceived, PaymentReversed

Change: TypeAlias = Callable[[Paid], Paid]

FOLDED: Final = ""
"""The id of the sum into which the oldest payments go when there are too many to remember singly."""


def count_payment(borrower: Borrower, event: PaymentReceived) -> Borrower:
    """Note the money at every promise for which it counts; once, however often it is told."""
    if event.kind != "repayment":
        return borrower
    return _change(borrower, lambda promise: _add(promise, event) if _is_for(promise, event) else promise)


def uncount_payment(borrower: Borrower, event: PaymentReversed) -> Borrower:
    """A reversed payment never was one."""
    return _change_payment(borrower, event.payment_id, lambda paid: paid._replace(standing=False))


def count_chargeback(borrower: Borrower, event: ChargebackPosted) -> Borrower:
    """Take away what was charged back of a payment that counts."""
    taken = TakenBack(event.chargeback_id, event.amount)
    return _change_payment(borrower, event.payment_id, lambda paid: _take_back(paid, taken))


def void_money(borrower: Borrower, event: FactVoided) -> Borrower:
    """A voided payment or chargeback never was; a voided reversal leaves the payment as it had been."""
    match event.voided:
        case "PaymentReceived":
            return _change(borrower, lambda promise: _forget(promise, event.voided_id))
        case "PaymentReversed":
            return _change_payment(borrower, event.voided_id, lambda paid: paid._replace(standing=True))
        case "ChargebackPosted":
            return _change(borrower, lambda promise: _map(promise, lambda paid: _give_back(paid, event.voided_id)))
        case _:
            return borrower


def money_paid(promise: Promise) -> Decimal:
    """What stands of all the money that counts, in the currency of the promise."""
    return sum((_net(paid) for paid in promise.paid), Decimal(0))


def is_fulfilled(promise: Promise) -> bool:
    """Whether all that was promised has come so far."""
    return money_paid(promise) >= promise.amount


def _net(paid: Paid) -> Decimal:
    """What is left of one payment; never below zero."""
    if not paid.standing:
        return Decimal(0)
    return max(Decimal(0), paid.amount - sum(taken.amount for taken in paid.taken_back if taken.standing))


def _is_for(promise: Promise, event: PaymentReceived) -> bool:
    return promise.outcome != "superseded" and event.loan_id in promise.loan_ids and promise.holds(event.value_on)


def _add(promise: Promise, event: PaymentReceived) -> Promise:
    if any(paid.id == event.payment_id for paid in promise.paid):
        return promise
    return promise._replace(paid=_fold_oldest((*promise.paid, Paid(event.payment_id, event.amount))))


def _fold_oldest(paid: tuple[Paid, ...]) -> tuple[Paid, ...]:
    """Join the two oldest rows when there are too many."""
    if len(paid) <= PAYMENTS_MAX:
        return paid
    first, second, *rest = paid
    return (Paid(FOLDED, _net(first) + _net(second)), *rest)


def _take_back(paid: Paid, taken: TakenBack) -> Paid:
    if len(paid.taken_back) >= TAKEN_BACK_MAX or any(known.id == taken.id for known in paid.taken_back):
        return paid
    return paid._replace(taken_back=(*paid.taken_back, taken))


def _forget(promise: Promise, payment_id: str | None) -> Promise:
    """*promise* without the payment: its id may be used again, for other money."""
    return promise._replace(paid=tuple(paid for paid in promise.paid if paid.id != payment_id))


def _give_back(paid: Paid, chargeback_id: str | None) -> Paid:
    rows = (taken._replace(standing=taken.standing and taken.id != chargeback_id) for taken in paid.taken_back)
    return paid._replace(taken_back=tuple(rows))


def _change_payment(borrower: Borrower, payment_id: str | None, change: Change) -> Borrower:
    return _change(
        borrower, lambda promise: _map(promise, lambda paid: change(paid) if paid.id == payment_id else paid)
    )


def _map(promise: Promise, change: Change) -> Promise:
    return promise._replace(paid=tuple(change(paid) for paid in promise.paid))


def _change(borrower: Borrower, change: Callable[[Promise], Promise]) -> Borrower:
    """Change every promise."""
    if not borrower.promises:
        return borrower
    return replace(borrower, promises=tuple(change(promise) for promise in borrower.promises))
