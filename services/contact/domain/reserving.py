"""Reserving: at its time a step is judged again, by all that is known then, and takes its slot, waits, or is given up.

Source: the delivery guarantee; nobody is contacted about money whose arrival the sources had accepted before.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from services.contact.domain.borrower import Borrower, Step
from services.contact.domain.budgeting import cost_of, deferred_for_budget, first_contacts, is_affordable, renewal
from services.contact.domain.cancelling import Reason, cancelled, still_owed, why_not
from services.contact.domain.casework import Proposed
from services.contact.domain.context import Context
from services.contact.domain.judging import judge
from services.contact.domain.names import attempt_id
from services.contact.domain.planning import plan_next_step, refuse_step, said_by
from services.contact.domain.reaching import address_for, day_of, language_of
from services.contact.domain.standing import hold_on
from services.contact.domain.stepping import home_of
from services.contact.domain.strategy import Rung
from services.contact.domain.treatment import choose_treatment
from shared.events import ContactDeferred, ContactReserved, ContactWithheld, Event, GateDecision, Wake

SEND_WITHIN: Final = timedelta(minutes=10)
"""How long a reservation may wait for its sender; both ends are judged by the gate."""
HEARING_SECONDS_MAX: Final = 900
RETRY_AFTER: Final = timedelta(hours=1)
LATE_AFTER: Final = timedelta(minutes=15)
"""A step woken later than this after its time has missed its window."""

Waiting: TypeAlias = Literal["gate", "not-heard-out", "missed-window", "budget", "kill-switch"]


def reserve_what_is_due(borrower: Borrower, _wake: Wake, context: Context) -> Iterator[Event]:
    """Take the slot of the step whose time has come; say nothing while the borrower is not heard out."""
    step = borrower.step
    if step is None or step.reservation is not None or step.not_before > context.at:
        return
    if is_heard_out(borrower, step, context):
        yield from _decide_step(borrower, step, context)
    elif context.heads is not None and context.heads.waited_seconds >= HEARING_SECONDS_MAX:
        yield from put_off(borrower, step, "not-heard-out", context.at + RETRY_AFTER, context)


def is_heard_out(borrower: Borrower, step: Step, context: Context) -> bool:
    """Whether all that the sources had said is heard, and the ledger is not too far behind the borrower's date."""
    heads = context.heads
    if heads is None or not heads.heard_out or heads.business_date is None:
        return False
    today = day_of(context.at, home_of(borrower, step.loan_ids, context))
    return heads.business_date >= today - timedelta(days=context.strategy.ledger_lag_days)


def _decide_step(borrower: Borrower, step: Step, context: Context) -> Iterator[Event]:
    reason = speaks_against(borrower, step, context)
    if reason is not None:
        yield cancelled(step, reason, None)
    elif _is_switched_off(borrower, step, context):
        yield from put_off(borrower, step, "kill-switch", context.at + RETRY_AFTER, context)
    elif not is_affordable(*_cost(borrower, step, context), context):
        yield from put_off(borrower, step, "budget", _renewal(borrower, step, context), context)
    else:
        yield from _judge_step(borrower, step, context)


def speaks_against(borrower: Borrower, step: Step, context: Context) -> Reason | None:
    """Why the step is given up: it is no longer worth making, the strategy dropped it, or as in `why_not`."""
    if context.at >= step.expires_at:
        return "expired"
    if context.strategy.rung(step.name) is None:
        return "replanned"
    return why_not(borrower, step, context.at)


def _is_switched_off(borrower: Borrower, step: Step, context: Context) -> bool:
    """Whether the kill switch stops it; a switch that cannot be read does."""
    segment = borrower.profile.segment if borrower.profile is not None else None
    switches = context.switches
    return switches is None or switches.stop(borrower.key, step.channel, context.strategy.name, segment)


def _cost(borrower: Borrower, step: Step, context: Context) -> tuple[Decimal | None, str]:
    """What the contact costs by the strategy, and the currency: that of the first loan that is still owed."""
    currency = borrower.loans[still_owed(borrower, step, context.at)[0]].currency
    return cost_of(step.channel, currency, context.strategy), currency


def _renewal(borrower: Borrower, step: Step, context: Context) -> datetime:
    _, currency = _cost(borrower, step, context)
    zone = home_of(borrower, step.loan_ids, context)
    return first_contacts(renewal(currency, zone, context), zone, context)


def _judge_step(borrower: Borrower, step: Step, context: Context) -> Iterator[Event]:
    """The gate's word at this instant, and at the last one at which the attempt may be handed over."""
    rung = context.strategy.rung(step.name)
    assert rung is not None, "a step whose rung is gone was given up"
    proposed = _proposed(borrower, step, context)
    send_by = min(context.at + SEND_WITHIN, step.expires_at)
    decision = refuse_step(borrower, rung, context) or judge(borrower, proposed, context.at, context)
    if decision.decision == "allow":
        last = judge(borrower, proposed, send_by, context)
        decision = decision if last.decision == "allow" else last
    if decision.decision == "allow":
        yield _reserved(borrower, step, rung, proposed, decision, send_by, context)
    else:
        yield from _not_now(step, decision, "missed-window" if _is_late(step, context) else "gate")


def _proposed(borrower: Borrower, step: Step, context: Context) -> Proposed:
    """The step as it would be made: about what is still owed, and free to be spoken about."""
    owed = still_owed(borrower, step, context.at)
    free = tuple(loan_id for loan_id in owed if hold_on(borrower, loan_id) is None)
    address_ref = address_for(borrower, step.channel, context.at)
    rung = context.strategy.rung(step.name)
    assert free, "a step that nothing speaks against has a loan to speak about"
    assert address_ref is not None, "and an address"
    assert rung is not None, "and a rung"
    return Proposed(step.channel, address_ref, free, step.purpose, said_by(borrower, rung, context))


def _is_late(step: Step, context: Context) -> bool:
    return context.at - step.not_before > LATE_AFTER


def _reserved(
    borrower: Borrower,
    step: Step,
    rung: Rung,
    proposed: Proposed,
    decision: GateDecision,
    send_by: datetime,
    context: Context,
) -> ContactReserved:
    language: Any = language_of(borrower)
    info = context.templates[rung.template, language]
    attempt = attempt_id(step.contact_id, step.tries + 1)
    cost, currency = _cost(borrower, step, context)
    channel: Any = proposed.channel
    purpose: Any = proposed.purpose
    return ContactReserved(
        contact_id=step.contact_id,
        attempt_id=attempt,
        channel=channel,
        template=rung.template,
        reference=attempt.replace("-", ""),
        decision=decision,
        loan_ids=proposed.loan_ids,
        step=step.name,
        purpose=purpose,
        template_version=info.version,
        language=language,
        address_ref=proposed.address_ref,
        treatment=step.treatment,
        reserved_at=context.at,
        send_by=send_by,
        cost=cost,
        currency=currency if cost is not None else None,
    )


def put_off(borrower: Borrower, step: Step, reason: Waiting, at: datetime, context: Context) -> Iterator[Event]:
    """Let the step wait for the first legal slot from *at* on, if it is still to be made."""
    reason_against = speaks_against(borrower, step, context)
    if reason_against is not None:
        yield cancelled(step, reason_against, None)
        return
    decision = judge(borrower, _proposed(borrower, step, context), at, context)
    if reason == "budget":
        decision = deferred_for_budget(decision, at)
    if decision.decision == "allow":
        yield from _wait(step, decision, reason, at)
    else:
        yield from _not_now(step, decision, reason)


def _not_now(step: Step, decision: GateDecision, reason: Waiting) -> Iterator[Event]:
    if decision.earliest_permitted is not None:
        yield from _wait(step, decision, reason, decision.earliest_permitted)
    else:
        channel: Any = step.channel
        purpose: Any = step.purpose
        yield ContactWithheld(step.contact_id, step.loan_ids, channel, decision, step.name, purpose)


def _wait(step: Step, decision: GateDecision, reason: Waiting, at: datetime) -> Iterator[Event]:
    """Until *at*, or not at all if the step is not worth making then."""
    if at >= step.expires_at:
        yield cancelled(step, "expired", None)
    else:
        channel: Any = step.channel
        yield ContactDeferred(step.contact_id, step.loan_ids, channel, reason, at, decision, step.name)


def take_up_again(borrower: Borrower, fact: Any, context: Context) -> Iterator[Event]:
    """With no step open, go on planning; one that still waits is left as it is."""
    if borrower.step is None:
        yield from choose_treatment(borrower, fact, context)
        yield from plan_next_step(borrower, fact, context)
