"""Making a promise to pay: within the policy's bounds, replacing an unfulfilled one on the same loans."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from services.feedback.domain.borrower import Borrower, Promise, forget_settled, unknown_loans
from services.feedback.domain.commands import MakePromise
from services.feedback.domain.context import Context
from services.feedback.domain.marks import judge_repeat, mark
from services.feedback.domain.payments import is_fulfilled
from services.feedback.domain.policy import PromiseBounds
from shared.events import DisputeRaised, Event, LoanClosed, LoanCured, PromiseMade, PromiseSuperseded
from shared.refusal import Refusal


def decide_promise(borrower: Borrower, command: MakePromise, context: Context) -> Sequence[Event] | Refusal:
    """Take the promise, and let go of the unfulfilled ones that it replaces."""
    policies = context.policies_of(borrower.jurisdiction)
    made = promise_made(command, policies.date_of(context.now))
    repeat = judge_repeat(borrower, made.promise_id, made, "/promise_id")
    if repeat is not None:
        return repeat
    refusal = refuse_promise(borrower, made, policies.promises)
    if refusal is not None:
        return refusal
    replaced = (
        PromiseSuperseded(old.id, old.loan_ids, "new_promise", superseded_by=made.promise_id)
        for old in replaced_by(borrower, made)
    )
    return (replace(made, judged_from=policies.end_of(last_day(made))), *replaced)


def promise_made(command: MakePromise, today: date) -> PromiseMade:
    """The promise as stated; its day is *today*, the bank's calendar."""
    return PromiseMade(
        promise_id=command.promise_id,
        loan_ids=tuple(sorted(set(command.loan_ids))),
        amount=command.amount,
        currency=command.currency,
        due_on=command.due_on,
        tolerance_days=command.tolerance_days,
        made_on=today,
        via=command.via,
        contact_id=command.contact_id,
    )


def refuse_promise(borrower: Borrower, made: PromiseMade, bounds: PromiseBounds) -> Refusal | None:
    """The first bound that *made* breaks: loans, amount, dates, then how many and how often."""
    return (
        refuse_loans(borrower, made, bounds)
        or refuse_amount(made, bounds)
        or refuse_dates(made, bounds)
        or refuse_repeats(borrower, made, bounds)
    )


def refuse_loans(borrower: Borrower, made: PromiseMade, bounds: PromiseBounds) -> Refusal | None:
    """A promise is about open loans of this borrower, all in its own currency."""
    if not made.loan_ids:
        return Refusal("no-loans", "A promise names at least one loan.", ("/loan_ids",))
    if len(made.loan_ids) > bounds.loans_max:
        return Refusal("too-many-loans", f"A promise names at most {bounds.loans_max} loans.", ("/loan_ids",))
    if unknown_loans(borrower, made.loan_ids):
        return Refusal("unknown-loan", "Not every loan is known to be this borrower's.", ("/loan_ids",))
    loans = [borrower.loans[loan_id] for loan_id in made.loan_ids]
    if any(loan.closed for loan in loans):
        return Refusal("loan-closed", "Nothing can be promised on a closed loan.", ("/loan_ids",))
    if any(loan.currency != made.currency for loan in loans):
        return Refusal("currency-mismatch", "A promise is in the currency of its loans.", ("/currency",))
    return None


def refuse_amount(made: PromiseMade, bounds: PromiseBounds) -> Refusal | None:
    """The smallest amount depends on the currency; it is itself enough."""
    if made.amount < bounds.amount_min_in(made.currency):
        return Refusal("amount-too-small", "The amount is below the smallest that can be promised.", ("/amount",))
    return None


def refuse_dates(made: PromiseMade, bounds: PromiseBounds) -> Refusal | None:
    """Due today at the earliest, `days_ahead_max` days from today at the latest."""
    assert made.made_on is not None, "a promise is dated before it is judged"
    ahead = (made.due_on - made.made_on).days
    if ahead < 0:
        return Refusal("due-date-past", "The day promised is over.", ("/due_on",))
    if ahead > bounds.days_ahead_max:
        detail = f"At most {bounds.days_ahead_max} days ahead can be promised."
        return Refusal("due-date-too-far", detail, ("/due_on",))
    if made.tolerance_days > bounds.tolerance_days_max:
        detail = f"At most {bounds.tolerance_days_max} days of tolerance are given."
        return Refusal("tolerance-too-long", detail, ("/tolerance_days",))
    return None


def refuse_repeats(borrower: Borrower, made: PromiseMade, bounds: PromiseBounds) -> Refusal | None:
    """How many may stand at once, and how often they may have failed or been put off lately."""
    replaced = replaced_by(borrower, made)
    standing = [p for p in borrower.promises if p.outcome is None and not is_fulfilled(p) and p not in replaced]
    if len(standing) >= bounds.open_max:
        return Refusal("too-many-open-promises", f"At most {bounds.open_max} promises can be open at one time.")
    lately = [p for p in borrower.promises if is_lately(p, made, bounds)]
    if sum(p.outcome in {"broken", "partly_kept"} for p in lately) > bounds.broken_max:
        return Refusal("too-many-broken-promises", "Too many promises were broken lately; a person must decide.")
    if sum(p.outcome == "superseded" for p in lately) + len(replaced) > bounds.replaced_max:
        return Refusal("too-many-replaced-promises", "Promises were put off too often lately; a person must decide.")
    return None


def is_lately(promise: Promise, made: PromiseMade, bounds: PromiseBounds) -> bool:
    """Whether *promise* was made on one of the `memory_days` days before *made*, or on its day."""
    assert made.made_on is not None, "a promise is dated before it is judged"
    return promise.made_on >= made.made_on - timedelta(days=bounds.memory_days)


def replaced_by(borrower: Borrower, made: PromiseMade) -> Sequence[Promise]:
    """Open promises on any of the same loans, unless they are fulfilled, or over and only waiting to be judged."""
    assert made.made_on is not None, "a promise is dated before it is judged"
    return [p for p in unfulfilled_on(borrower, made.loan_ids) if made.made_on <= p.last_on]


def unfulfilled_on(borrower: Borrower, loan_ids: Sequence[str]) -> Iterator[Promise]:
    """Open promises that touch any of *loan_ids* and are not fulfilled yet."""
    for promise in borrower.promises:
        if promise.outcome is None and not is_fulfilled(promise) and set(loan_ids) & set(promise.loan_ids):
            yield promise


def release_promises_on_closed_loans(borrower: Borrower, event: LoanClosed, context: Context) -> Iterator[Event]:
    """When the last of its loans is closed, an unfulfilled promise has lost its object."""
    for promise in unfulfilled_on(borrower, (event.loan_id,)):
        if is_running(borrower, promise, context) and all(borrower.loans[i].closed for i in promise.loan_ids):
            yield PromiseSuperseded(promise.id, promise.loan_ids, "loan_closed")


def release_promises_on_waived_loans(borrower: Borrower, event: LoanCured, context: Context) -> Iterator[Event]:
    """What is waived need not be paid; a cure by payment is judged by the payments, like anything else."""
    for promise in unfulfilled_on(borrower, (event.loan_id,)):
        alone = promise.loan_ids == (event.loan_id,)
        if event.because == "waiver" and alone and is_running(borrower, promise, context):
            yield PromiseSuperseded(promise.id, promise.loan_ids, "cured")


def release_disputed_promises(borrower: Borrower, raised: DisputeRaised) -> Iterator[Event]:
    """Nobody is held to a promise about a debt that they now dispute."""
    for promise in unfulfilled_on(borrower, raised.loan_ids):
        if raised.raised_on <= promise.last_on:
            yield PromiseSuperseded(promise.id, promise.loan_ids, "dispute")


def is_running(borrower: Borrower, promise: Promise, context: Context) -> bool:
    """Whether the last day of *promise* is not over."""
    return context.policies_of(borrower.jurisdiction).date_of(context.now) <= promise.last_on


def last_day(made: PromiseMade) -> date:
    """The last day on which money counts for the promise."""
    return made.due_on + timedelta(days=made.tolerance_days)


def open_promise(borrower: Borrower, event: PromiseMade) -> Borrower:
    """Remember the promise, and forget what was settled too long ago."""
    last_on = last_day(event)
    promise = Promise(
        id=event.promise_id,
        mark=mark(event),
        loan_ids=event.loan_ids,
        amount=event.amount,
        currency=event.currency,
        made_on=event.made_on or event.due_on,
        last_on=last_on,
        judged_from=event.judged_from or datetime.combine(last_on + timedelta(days=1), time(12), UTC),
    )
    return forget_settled(replace(borrower, promises=(*borrower.promises, promise)), promise.made_on)


def close_superseded(borrower: Borrower, event: PromiseSuperseded) -> Borrower:
    """What was paid on it no longer matters."""
    if not any(p.id == event.promise_id and p.outcome is None for p in borrower.promises):
        return borrower
    promises = tuple(
        p._replace(outcome="superseded", paid=()) if p.id == event.promise_id else p for p in borrower.promises
    )
    tally = borrower.tally._replace(superseded=borrower.tally.superseded + 1)
    return forget_settled(replace(borrower, promises=promises, tally=tally))
