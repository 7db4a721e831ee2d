"""Judging promises by the money that came: never by hand, never before the bank has closed the last day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias

from services.feedback.domain.borrower import Borrower, Promise, PromiseOutcome, Tally, forget_settled
from services.feedback.domain.context import Context
from services.feedback.domain.payments import is_fulfilled, money_paid
from shared.events import (
    ChargebackPosted,
    Event,
    FactVoided,
    PaymentReceived,
    PaymentReversed,
    PromiseBroken,
    PromiseKept,
    PromisePartlyKept,
    PromiseRejudged,
    Wake,
)
from shared.events.agreements import PromiseVerdict

MoneyMoved: TypeAlias = PaymentReceived | PaymentReversed | ChargebackPosted | FactVoided

DOUBLINGS_MAX: Final = 6
"""After so many waits of 1, 2, 4 … 32 minutes for a bank's late day, we look once an hour."""


def verdict_of(promise: Promise) -> PromiseVerdict:
    """Kept when all came, partly kept when something did, broken when nothing did."""
    if is_fulfilled(promise):
        return "kept"
    return "partly_kept" if money_paid(promise) > 0 else "broken"


def judge_promises(borrower: Borrower, _wake: Wake, context: Context) -> Iterator[Event]:
    """Judge what is open and whose last day the bank has closed, the borrower being heard out."""
    for promise in borrower.promises:
        closed_on = context.day_closed_after(promise.last_on) if promise.outcome is None else None
        if closed_on is not None:
            yield judged(promise, closed_on)


def judged(promise: Promise, on: date) -> Event:
    """The verdict, as announced."""
    paid = money_paid(promise)
    match verdict_of(promise):
        case "kept":
            return PromiseKept(promise.id, promise.loan_ids, on, paid, promise.currency)
        case "partly_kept":
            return PromisePartlyKept(promise.id, promise.loan_ids, on, paid, promise.amount, promise.currency)
        case "broken":
            return PromiseBroken(promise.id, promise.loan_ids, on, paid, promise.amount, promise.currency)


def judge_again(borrower: Borrower, event: MoneyMoved, context: Context) -> Iterator[Event]:
    """Announce each settled promise whose verdict is another one now, as long as it is remembered."""
    today = context.policies_of(borrower.jurisdiction).date_of(context.now)
    for promise in borrower.promises:
        before = promise.outcome
        if before is None or before == "superseded" or not promise.remembered_on(today):
            continue
        verdict = verdict_of(promise)
        if verdict != before:
            paid, because = money_paid(promise), BECAUSE[type(event)]
            yield PromiseRejudged(promise.id, promise.loan_ids, today, before, verdict, paid, promise.currency, because)


BECAUSE: Final[dict[type, Literal["payment", "reversal", "chargeback", "void"]]] = {
    PaymentReceived: "payment",
    PaymentReversed: "reversal",
    ChargebackPosted: "chargeback",
    FactVoided: "void",
}


def settle_kept(borrower: Borrower, event: PromiseKept) -> Borrower:
    """The promise is kept."""
    return settle(borrower, event.promise_id, "kept")


def settle_partly_kept(borrower: Borrower, event: PromisePartlyKept) -> Borrower:
    """The promise is kept in part."""
    return settle(borrower, event.promise_id, "partly_kept")


def settle_broken(borrower: Borrower, event: PromiseBroken) -> Borrower:
    """The promise is broken."""
    return settle(borrower, event.promise_id, "broken")


def settle_again(borrower: Borrower, event: PromiseRejudged) -> Borrower:
    """The promise moves from one count to another."""
    return settle(borrower, event.promise_id, event.verdict)


def settle(borrower: Borrower, promise_id: str, outcome: PromiseVerdict) -> Borrower:
    """Give the promise its outcome and count it there, and nowhere else."""
    promise = next((p for p in borrower.promises if p.id == promise_id), None)
    if promise is None or promise.outcome == "superseded":
        return borrower
    promises = tuple(p._replace(outcome=outcome) if p is promise else p for p in borrower.promises)
    tally = count(count(borrower.tally, promise.outcome, -1), outcome, 1)
    return forget_settled(replace(borrower, promises=promises, tally=tally))


def count(tally: Tally, outcome: PromiseOutcome | None, by: int) -> Tally:
    """The tally with *by* more promises of that outcome; an open promise is in no count."""
    match outcome:
        case "kept":
            return tally._replace(kept=tally.kept + by)
        case "partly_kept":
            return tally._replace(partly_kept=tally.partly_kept + by)
        case "broken":
            return tally._replace(broken=tally.broken + by)
        case "superseded":
            return tally._replace(superseded=tally.superseded + by)
        case None:
            return tally


def look_at(promise: Promise) -> datetime:
    """When next to look whether the promise can be judged; the waits grow to an hour, and never end."""
    doublings = min(promise.looks, DOUBLINGS_MAX)
    minutes = 2**doublings - 1 + 60 * (promise.looks - doublings)
    return promise.judged_from + timedelta(minutes=minutes)


def note_look(borrower: Borrower, wake: Wake) -> Borrower:
    """Every promise that asked for this wake asks for a later one; if it is judged now, that is forgotten with it."""
    promises = tuple(
        p._replace(looks=p.looks + 1) if p.outcome is None and look_at(p) <= wake.at else p for p in borrower.promises
    )
    return replace(borrower, promises=promises)
