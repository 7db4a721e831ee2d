"""What was said about a step and its attempts, and what is remembered of it: the slots that the caps count.

A slot counts from its reservation on. One that was withdrawn goes on counting until the sender confirms that nothing
went out; one whose outcome nobody knows counts for good.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from services.contact.domain.borrower import (
    CONTACT_DAYS_KEPT,
    CONTACTS_MAX,
    Approval,
    Borrower,
    Chosen,
    Contact,
    Reservation,
    Spell,
    Step,
    Withheld,
)
from services.contact.domain.commands import ApproveContact, NoteMissedWindow, NoteRefusedBySwitch, NoteWithdrawn
from shared.events import (
    ContactCancelled,
    ContactDeferred,
    ContactDelivered,
    ContactFailed,
    ContactPlanned,
    ContactReserved,
    ContactSent,
    ContactUncertain,
    ContactWithheld,
    TreatmentChosen,
)

APPROVAL_RULE: Final = "HOUSE-approval"
BEFORE_DUE: Final = "reminder_before_due"
"""The purpose of a step about what is not due yet."""
IN_DOUBT: Final = frozenset({"reserved", "withdrawn", "uncertain"})
"""Outcomes of our attempts that a provider or a person may still settle."""


def with_contact(borrower: Borrower, contact: Contact) -> Borrower:
    """The borrower with one more contact, in the order of time; what no rule looks back to is let go."""
    contacts = sorted((*borrower.contacts, contact), key=lambda one: one.at)
    since = contacts[-1].at - timedelta(days=CONTACT_DAYS_KEPT)
    kept = [one for one in contacts if one.at >= since or one.outcome == "reserved"]
    return replace(borrower, contacts=tuple(kept[-CONTACTS_MAX:]))


def attempt_of(borrower: Borrower, attempt_id: str) -> Contact | None:
    """The contact made by an attempt, while it is remembered."""
    return next((one for one in borrower.contacts if one.attempt_id == attempt_id), None)


def note_choice(borrower: Borrower, event: TreatmentChosen) -> Borrower:
    """What was chosen, so that only a change is told."""
    version = f"{event.strategy}@{event.strategy_version}"
    chosen = Chosen(event.treatment, event.situation, event.stage, version)
    return replace(borrower, chosen=chosen)


def note_plan(borrower: Borrower, event: ContactPlanned) -> Borrower:
    """The step has its time; the same step is never planned for that date again."""
    assert event.business_date is not None, "this house plans for a date"
    step = Step(
        contact_id=event.contact_id,
        name=event.step,
        channel=event.channel,
        loan_ids=event.loan_ids,
        not_before=event.not_before,
        expires_at=event.expires_at,
        purpose=event.purpose,
        treatment=event.treatment or "",
    )
    planned_on = {**borrower.planned_on, event.step: event.business_date}
    return replace(borrower, step=step, planned_on=planned_on, withheld=None)


def note_reservation(borrower: Borrower, event: ContactReserved) -> Borrower:
    """The slot is taken, and counts."""
    step = borrower.step
    assert step is not None, "only what was planned is reserved"
    assert event.reserved_at is not None, "this house says when"
    assert event.address_ref is not None, "and where to"
    reservation = Reservation(event.attempt_id, event.address_ref, event.reserved_at)
    contact = Contact(
        at=event.reserved_at,
        channel=event.channel,
        outcome="reserved",
        loan_ids=event.loan_ids,
        to=event.address_ref,
        contact_id=event.contact_id,
        attempt_id=event.attempt_id,
        step=event.step,
        treatment=step.treatment,
    )
    step = replace(step, loan_ids=event.loan_ids, tries=step.tries + 1, reservation=reservation)
    return with_contact(replace(borrower, step=step), contact)


def note_deferral(borrower: Borrower, event: ContactDeferred) -> Borrower:
    """The step waits; a slot it had taken is free again, because nothing went out."""
    step = borrower.step
    if step is None or step.contact_id != event.contact_id:
        return borrower
    if step.reservation is not None:
        borrower = _without_attempt(borrower, step.reservation.attempt_id)
    return replace(borrower, step=replace(step, not_before=event.not_before, reservation=None))


def note_not_begun(borrower: Borrower, command: NoteRefusedBySwitch | NoteMissedWindow | NoteWithdrawn) -> Borrower:
    """A withdrawn attempt never went out: its slot is free again. (One still wanted is deferred, and freed by that.)"""
    contact = attempt_of(borrower, command.attempt_id)
    if contact is None or contact.outcome != "withdrawn":
        return borrower
    return _without_attempt(borrower, command.attempt_id)


def note_withheld(borrower: Borrower, event: ContactWithheld) -> Borrower:
    """The step is not made; why is not told again while it stays so."""
    assert event.step is not None, "this house names its steps"
    withheld = Withheld(event.contact_id, event.step, event.decision.rule or "", event.decision.decision)
    return replace(_without_step(borrower, event.contact_id), withheld=withheld)


def note_approval(borrower: Borrower, command: ApproveContact) -> Borrower:
    """A person let the withheld step go ahead, in this lateness."""
    withheld, spell = borrower.withheld, borrower.spell
    if withheld is None or spell is None or not is_for_approval(withheld, command.contact_id):
        return borrower
    approved = {**spell.approved, withheld.contact_id: Approval(withheld.step, command.by)}
    return replace(borrower, spell=replace(spell, approved=approved), withheld=None)


def is_for_approval(withheld: Withheld | None, contact_id: str) -> bool:
    """Whether that is the contact a person is asked to approve."""
    return withheld is not None and withheld.contact_id == contact_id and withheld.rule == APPROVAL_RULE


def note_cancellation(borrower: Borrower, event: ContactCancelled) -> Borrower:
    """The step is over; a slot it had taken counts on until it is certain that nothing went out."""
    if event.attempt_id is not None:
        borrower = _with_outcome(borrower, event.attempt_id, "withdrawn")
    return _without_step(borrower, event.contact_id)


def note_sent(borrower: Borrower, event: ContactSent) -> Borrower:
    """The step has run."""
    return _has_run(_with_outcome(borrower, event.attempt_id, "sent"), event)


def note_uncertain(borrower: Borrower, event: ContactUncertain) -> Borrower:
    """It may have run, so it has: it counts as connected and is never sent again."""
    return _has_run(_with_outcome(borrower, event.attempt_id, "uncertain"), event)


def _has_run(borrower: Borrower, event: ContactSent | ContactUncertain) -> Borrower:
    step = borrower.step
    if step is not None and step.contact_id == event.contact_id and step.purpose == BEFORE_DUE:
        borrower = _reminded(borrower, step.loan_ids)
    return _climbed(_without_step(borrower, event.contact_id), event.attempt_id)


def _reminded(borrower: Borrower, loan_ids: tuple[str, ...]) -> Borrower:
    """One reminder for each instalment."""
    loans = dict(borrower.loans)
    for loan_id in loan_ids:
        loan = loans.get(loan_id)
        if loan is not None and loan.coming is not None:
            loans[loan_id] = replace(loan, coming=loan.coming._replace(reminded=True))
    return replace(borrower, loans=loans)


def note_delivery(borrower: Borrower, event: ContactDelivered) -> Borrower:
    """It arrived."""
    return _with_outcome(borrower, event.attempt_id, event.signal)


def note_failure(borrower: Borrower, event: ContactFailed) -> Borrower:
    """It did not arrive: the step is still to be made; an address that reaches nobody is not tried again."""
    contact = attempt_of(borrower, event.attempt_id)
    borrower = _without_step(_with_outcome(borrower, event.attempt_id, "failed"), event.contact_id)
    if contact is None:
        return borrower
    spell = borrower.spell
    if spell is not None and contact.step is not None:
        done = tuple(step for step in spell.done if step != contact.step)
        borrower = replace(borrower, spell=replace(spell, done=done, failed=(*spell.failed, contact.step)))
    if event.reason == "address-invalid" and contact.to is not None and contact.to not in borrower.invalid:
        return replace(borrower, invalid=(*borrower.invalid, contact.to))
    return borrower


def _climbed(borrower: Borrower, attempt_id: str) -> Borrower:
    contact, spell = attempt_of(borrower, attempt_id), borrower.spell
    if contact is None or contact.step is None or spell is None or contact.step in spell.done:
        return borrower
    climbed: Spell = replace(spell, done=(*spell.done, contact.step))
    return replace(borrower, spell=climbed)


def _without_step(borrower: Borrower, contact_id: str) -> Borrower:
    step = borrower.step
    return replace(borrower, step=None) if step is not None and step.contact_id == contact_id else borrower


def _without_attempt(borrower: Borrower, attempt_id: str) -> Borrower:
    return replace(borrower, contacts=tuple(one for one in borrower.contacts if one.attempt_id != attempt_id))


def _with_outcome(borrower: Borrower, attempt_id: str, outcome: str) -> Borrower:
    contacts = tuple(
        one._replace(outcome=outcome) if one.attempt_id == attempt_id else one for one in borrower.contacts
    )
    return replace(borrower, contacts=contacts)


STEP_CHANGES: Final[Mapping[type, Callable[[Borrower, Any], Borrower]]] = MappingProxyType(
    {
        TreatmentChosen: note_choice,
        ContactPlanned: note_plan,
        ContactReserved: note_reservation,
        ContactDeferred: note_deferral,
        ContactWithheld: note_withheld,
        ContactCancelled: note_cancellation,
        ContactSent: note_sent,
        ContactDelivered: note_delivery,
        ContactFailed: note_failure,
        ContactUncertain: note_uncertain,
        NoteRefusedBySwitch: note_not_begun,
        NoteMissedWindow: note_not_begun,
        NoteWithdrawn: note_not_begun,
        ApproveContact: note_approval,
    }
)
