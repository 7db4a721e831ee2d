"""Cancelling: what is planned or reserved is given up the moment that something speaks against it."""

from collections.abc import Iterator
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from services.contact.domain.borrower import Borrower, Hold, Step
from services.contact.domain.contacting import BEFORE_DUE
from services.contact.domain.context import Context
from services.contact.domain.owing import coming_due, owing
from services.contact.domain.planning import is_restricted
from services.contact.domain.reaching import address_for, day_of, is_open, zone_of
from services.contact.domain.standing import hold_on
from services.contact.domain.stepping import next_rung
from services.contact.domain.treatment import look_at
from shared.events import (
    BalanceAdjusted,
    ContactCancelled,
    Event,
    FactVoided,
    LoanAccelerated,
    LoanChargedOff,
    LoanClosed,
    LoanCured,
    LoanRescheduled,
    PaymentReceived,
    ScheduleRestored,
)

Reason: TypeAlias = Literal[
    "arrangement", "complaint", "cured", "dispute", "expired", "hold", "loan-closed", "paid", "promise", "replanned",
    "stopped", "treatment-changed",
]  # fmt: skip
BY_HOLD: Final = MappingProxyType[str, Reason](
    {
        "arrangement": "arrangement",
        "complaint": "complaint",
        "dispute": "dispute",
        "promise": "promise",
        "stop": "stopped",
    }
)
BY_FACT: Final = MappingProxyType[type[Event], Reason](
    {
        BalanceAdjusted: "replanned",
        FactVoided: "replanned",
        LoanAccelerated: "replanned",
        LoanChargedOff: "replanned",
        LoanClosed: "loan-closed",
        LoanCured: "cured",
        LoanRescheduled: "replanned",
        ScheduleRestored: "replanned",
    }
)
IDS: Final = (
    "payment_id", "promise_id", "dispute_id", "complaint_id", "stop_id", "arrangement_id", "claim_id", "reply_id",
    "representative_id", "note_id", "hold_id", "consent_id", "preference_id",
)  # fmt: skip
"""By which field a fact is known, so that a cancellation can name its cause."""


def cancel_what_no_longer_stands(borrower: Borrower, fact: Any, context: Context) -> Iterator[ContactCancelled]:
    """Nobody is asked for money that has come, or about what a hold, stop or lost address speaks against."""
    step = borrower.step
    reason = why_not(borrower, step, context.at) if step is not None else None
    if step is not None and reason is None and _changes_the_figure(step, fact):
        reason = "paid"
    if step is not None and reason is not None:
        yield cancelled(step, BY_FACT.get(type(fact), reason) if reason == "paid" else reason, cause_of(fact))


def why_not(borrower: Borrower, step: Step, at: datetime) -> Reason | None:
    """What speaks against a step; once reserved its text is fixed, so it falls with any of its loans."""
    if is_restricted(borrower):
        return "hold"
    owed = still_owed(borrower, step, at)
    if not owed or (step.reservation is not None and owed != step.loan_ids):
        return "paid"
    holds = [hold_on(borrower, loan_id) for loan_id in owed]
    if None not in holds or (step.reservation is not None and any(holds)):
        return _by_hold(next(hold for hold in holds if hold is not None))
    return None if _is_reachable(borrower, step, at) else "stopped"


def still_owed(borrower: Borrower, step: Step, at: datetime) -> tuple[str, ...]:
    """The loans of a step on which there is still something to ask for."""
    if step.purpose == BEFORE_DUE:
        wanted = set(coming_due(borrower, day_of(at, zone_of(borrower)))) if not owing(borrower) else set()
    else:
        wanted = set(owing(borrower))
    return tuple(loan_id for loan_id in step.loan_ids if loan_id in wanted)


def _by_hold(hold: Hold) -> Reason:
    return BY_HOLD.get(hold.kind, "hold")


def _is_reachable(borrower: Borrower, step: Step, at: datetime) -> bool:
    """Whether the channel still reaches the borrower; once reserved, that very address."""
    if step.reservation is None:
        return address_for(borrower, step.channel, at) is not None
    entries = borrower.profile.channels if borrower.profile is not None else ()
    taken = step.reservation.address_ref
    return any(entry.address_ref == taken and is_open(borrower, entry, at) for entry in entries)


def _changes_the_figure(step: Step, fact: Any) -> bool:
    """Whether money came for a loan whose amount already stands in the text."""
    return step.reservation is not None and isinstance(fact, PaymentReceived) and fact.loan_id in step.loan_ids


def cancel_outdated_plan(borrower: Borrower, fact: Any, context: Context) -> Iterator[ContactCancelled]:
    """A planned step that is not the one to make now makes room for the one that is."""
    step = borrower.step
    if step is None or step.reservation is not None:
        return
    look = look_at(borrower, context)
    rung = next_rung(borrower, look, context) if look is not None else None
    if rung is None or rung.name != step.name:
        yield cancelled(step, "treatment-changed", cause_of(fact))


def cancelled(step: Step, reason: Reason, because: str | None) -> ContactCancelled:
    """The end of a step before it was made."""
    attempt = step.reservation.attempt_id if step.reservation is not None else None
    return ContactCancelled(step.contact_id, reason, because, attempt)


def cause_of(fact: Any) -> str | None:
    """The id by which the cause is known."""
    return next((value for name in IDS if isinstance(value := getattr(fact, name, None), str)), None)
