"""Planning: a step once per borrower and date, into the gate's next legal slot; or withheld, with the whole reason."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from services.contact.domain.borrower import Borrower
from services.contact.domain.budgeting import BUDGET_RULE, deferred_for_budget, first_contacts, is_affordable, renewal
from services.contact.domain.casework import Proposed
from services.contact.domain.contacting import APPROVAL_RULE
from services.contact.domain.context import Context
from services.contact.domain.judging import judge, refused_by_house
from services.contact.domain.names import contact_id
from services.contact.domain.reaching import day_of, language_of, ways_to
from services.contact.domain.stepping import Next, due_on, next_step
from services.contact.domain.strategy import Rung
from shared.events import ContactPlanned, ContactWithheld, GateDecision

NO_WAY_RULE: Final = "HOUSE-no-way"
"""No address that is valid, agreed to and open."""
TEMPLATE_RULE: Final = "HOUSE-template"
"""No approved text in the borrower's language."""
TRIES_RULE: Final = "HOUSE-tries"
"""The step failed too often for a machine to try it again."""
PERMITTED: Final = frozenset({"allow", "defer"})


class Slot(NamedTuple):
    """A contact as it could be made: by which channel, from when on, and what was decided about it."""

    channel: str
    at: datetime
    decision: GateDecision


def plan_next_step(borrower: Borrower, _fact: Any, context: Context) -> Iterator[ContactPlanned | ContactWithheld]:
    """Plan the next step, unless one is open or there is none to make."""
    if borrower.step is not None or is_restricted(borrower):
        return
    following = next_step(borrower, context)
    if following is None:
        return
    slot = find_slot(borrower, following, context)
    if slot.decision.decision in PERMITTED:
        yield from _plan(borrower, following, slot)
    else:
        yield from _withhold(borrower, following, slot)


def is_restricted(borrower: Borrower) -> bool:
    """Whether nothing but storage is allowed."""
    return borrower.profile is not None and borrower.profile.restricted


def find_slot(borrower: Borrower, following: Next, context: Context) -> Slot:
    """The first channel, the cheapest that works first, by which the step can be made while it is worth making.

    Where all have to wait longer, the one that waits least; where all are refused, the first refusal.
    """
    refusal = refuse_step(borrower, following.rung, context)
    if refusal is not None:
        return _nowhere(following, refusal, context)
    slots: list[Slot] = []
    patience = following.at + timedelta(days=following.rung.valid_days)
    for slot in _slots(borrower, following, context):
        if slot.decision.decision in PERMITTED and slot.at <= patience and slot.decision.rule != BUDGET_RULE:
            return slot
        slots.append(slot)
    late = [slot for slot in slots if slot.decision.decision in PERMITTED]
    if late or slots:
        return min(late, key=lambda slot: slot.at) if late else slots[0]
    return _nowhere(following, refused_by_house(NO_WAY_RULE, context, review=False), context)


def _nowhere(following: Next, decision: GateDecision, context: Context) -> Slot:
    first = next(way.channel for way in context.strategy.ways if way.channel in following.rung.channels)
    return Slot(first, following.at, decision)


def refuse_step(borrower: Borrower, rung: Rung, context: Context) -> GateDecision | None:
    """What a person has to look at before the gate is even asked."""
    spell = borrower.spell
    if spell is not None and spell.failed.count(rung.name) >= rung.tries_max:
        return refused_by_house(TRIES_RULE, context, review=True)
    if rung.needs_approval and approver_of(borrower, rung) is None:
        return refused_by_house(APPROVAL_RULE, context, review=True)
    return refuse_template(borrower, rung, context)


def approver_of(borrower: Borrower, rung: Rung) -> str | None:
    """Who let this step go ahead, in this lateness."""
    approved = borrower.spell.approved.values() if borrower.spell is not None else ()
    return next((approval.by for approval in approved if approval.step == rung.name), None)


def refuse_template(borrower: Borrower, rung: Rung, context: Context) -> GateDecision | None:
    """An approved text in the borrower's own language, or a person decides; without a profile no language is known."""
    language = language_of(borrower)
    info = context.templates.get((rung.template, language)) if language is not None else None
    if language is None or (info is not None and info.approved):
        return None
    return refused_by_house(TEMPLATE_RULE, context, review=True)


def said_by(borrower: Borrower, rung: Rung, context: Context) -> frozenset[str] | None:
    """What the step's text says, in the language it would be written in; None while no text is known."""
    info = context.templates.get((rung.template, language_of(borrower) or ""))
    return None if info is None else info.says


def _slots(borrower: Borrower, following: Next, context: Context) -> Iterator[Slot]:
    currency = borrower.loans[following.loan_ids[0]].currency
    says = said_by(borrower, following.rung, context)
    for way, address_ref in ways_to(borrower, following.rung, currency, context.strategy, context.at):
        proposed = Proposed(way.channel, address_ref, following.loan_ids, following.rung.purpose, says)
        decision = judge(borrower, proposed, following.at, context)
        slot = Slot(way.channel, decision.earliest_permitted or following.at, decision)
        renewed_at = renewal(currency, following.zone, context)
        if is_affordable(way.cost.get(currency), currency, context) or slot.at >= renewed_at:
            yield slot
        else:
            begins = first_contacts(renewed_at, following.zone, context)
            yield slot if decision.decision not in PERMITTED else _slot_from(begins, borrower, proposed, context)


def _slot_from(begins: datetime, borrower: Borrower, proposed: Proposed, context: Context) -> Slot:
    """The first slot behind the renewal of a budget that has nothing left for the contact."""
    decision = deferred_for_budget(judge(borrower, proposed, begins, context), begins)
    return Slot(proposed.channel, decision.earliest_permitted or begins, decision)


def _plan(borrower: Borrower, following: Next, slot: Slot) -> Iterator[ContactPlanned]:
    business_date = day_of(slot.at, following.zone)
    expires_at = _expiry(borrower, following, business_date)
    if slot.at >= expires_at:
        return
    channel: Any = slot.channel
    purpose: Any = following.rung.purpose
    yield ContactPlanned(
        contact_id=contact_id(borrower.key, following.rung.name, business_date),
        loan_ids=following.loan_ids,
        step=following.rung.name,
        channel=channel,
        not_before=slot.at,
        expires_at=expires_at,
        decision=slot.decision,
        purpose=purpose,
        business_date=business_date,
        treatment=following.treatment,
        template=following.rung.template,
        approved_by=approver_of(borrower, following.rung) if following.rung.needs_approval else None,
    )


def _expiry(borrower: Borrower, following: Next, business_date: date) -> datetime:
    """The end of the days for which the step is worth making; of what comes due, the end of the last due date."""
    last = business_date + timedelta(days=following.rung.valid_days - 1)
    if following.rung.before_due:
        last = min(last, max(due_on(borrower, loan_id) for loan_id in following.loan_ids))
    return _end_of(last, following.zone)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def _withhold(borrower: Borrower, following: Next, slot: Slot) -> Iterator[ContactWithheld]:
    """Say why the step is not made, once: not again while step, rule and verdict stay the same."""
    rule, verdict = slot.decision.rule or "", slot.decision.decision
    before = borrower.withheld
    if before is not None and (before.step, before.rule, before.verdict) == (following.rung.name, rule, verdict):
        return
    channel: Any = slot.channel
    purpose: Any = following.rung.purpose
    yield ContactWithheld(
        contact_id=contact_id(borrower.key, following.rung.name, following.on),
        loan_ids=following.loan_ids,
        channel=channel,
        decision=slot.decision,
        step=following.rung.name,
        purpose=purpose,
    )
