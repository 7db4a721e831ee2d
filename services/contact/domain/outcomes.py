"""What became of an attempt: told once, whoever tells it first; what nobody knows counts as connected for good."""

from collections.abc import Sequence
from typing import Any, Final

from services.contact.domain.borrower import Borrower, Contact, Step
from services.contact.domain.commands import (
    ApproveContact,
    NoteAccepted,
    NoteMissedWindow,
    NoteReceipt,
    NoteRefusedBySwitch,
    NoteRejected,
    NoteSettled,
    NoteUnclear,
    Rejection,
)
from services.contact.domain.contacting import IN_DOUBT, attempt_of
from services.contact.domain.context import Context
from services.contact.domain.reserving import RETRY_AFTER, SEND_WITHIN, put_off
from shared.events import ContactDelivered, ContactFailed, ContactSent, ContactUncertain, Event
from shared.refusal import Refusal

ARRIVALS: Final = ("delivered", "opened", "followed")
"""Signals of arrival, each of which says more than the one before."""
UNKNOWN: Final = Refusal("unknown-attempt", "No such attempt is remembered.", ("/attempt_id",))


def note_accepted(borrower: Borrower, command: NoteAccepted, context: Context) -> Sequence[Event] | Refusal:
    """The provider took it over; a receipt may have told so before."""
    contact = attempt_of(borrower, command.attempt_id)
    if contact is None:
        return UNKNOWN
    return (_sent(contact, context, command),) if contact.outcome in IN_DOUBT else ()


def note_rejected(borrower: Borrower, command: NoteRejected, _context: Context) -> Sequence[Event] | Refusal:
    """It certainly did not go out; the step is still to be made."""
    contact = attempt_of(borrower, command.attempt_id)
    if contact is None:
        return UNKNOWN
    return (_failed(contact, command.reason),) if contact.outcome in IN_DOUBT else ()


def note_unclear(borrower: Borrower, command: NoteUnclear, _context: Context) -> Sequence[Event] | Refusal:
    """It is shown rather than guessed."""
    contact = attempt_of(borrower, command.attempt_id)
    if contact is None:
        return UNKNOWN
    if contact.outcome not in IN_DOUBT or contact.outcome == "uncertain":
        return ()
    channel: Any = contact.channel
    return (ContactUncertain(contact.contact_id or "", command.attempt_id, channel, command.reason),)


def note_settled(borrower: Borrower, command: NoteSettled, context: Context) -> Sequence[Event] | Refusal:
    """Somebody found out; what is written off stays as it was told: uncertain, and counted."""
    contact = attempt_of(borrower, command.attempt_id)
    if contact is None:
        return UNKNOWN
    if contact.outcome not in IN_DOUBT or command.outcome == "written_off":
        return ()
    return (_sent(contact, context) if command.outcome == "accepted" else _failed(contact, "rejected"),)


def note_receipt(borrower: Borrower, command: NoteReceipt, context: Context) -> Sequence[Event] | Refusal:
    """A receipt settles what was unclear, and tells how far the message came; the same or less is not told again."""
    contact = attempt_of(borrower, command.attempt_id)
    if contact is None:
        return UNKNOWN
    if command.signal in ARRIVALS:
        return _arrived(contact, command, context)
    if contact.outcome == "failed" or contact.outcome in ARRIVALS:
        return ()
    reason: Any = command.signal
    return (_failed(contact, reason),)


def _arrived(contact: Contact, command: NoteReceipt, context: Context) -> Sequence[Event]:
    if contact.outcome in ARRIVALS and ARRIVALS.index(command.signal) <= ARRIVALS.index(contact.outcome):
        return ()
    channel: Any = contact.channel
    signal: Any = command.signal
    arrived = ContactDelivered(contact.contact_id or "", command.attempt_id, channel, signal, command.at)
    return (_sent(contact, context), arrived) if contact.outcome in IN_DOUBT else (arrived,)


def note_refused_by_switch(borrower: Borrower, command: NoteRefusedBySwitch, context: Context) -> Sequence[Event]:
    """Nothing went out: a step still wanted is tried again later, in a legal slot, by another attempt."""
    step = _reserved_for(borrower, command.attempt_id)
    return list(put_off(borrower, step, "kill-switch", context.at + RETRY_AFTER, context)) if step else ()


def note_missed_window(borrower: Borrower, command: NoteMissedWindow, context: Context) -> Sequence[Event]:
    """Nothing went out: a step still wanted waits for the next legal slot, behind the window that was missed."""
    step = _reserved_for(borrower, command.attempt_id)
    if step is None or step.reservation is None:
        return ()
    over = step.reservation.reserved_at + SEND_WITHIN
    return list(put_off(borrower, step, "missed-window", max(context.at, over), context))


def _reserved_for(borrower: Borrower, attempt_id: str) -> Step | None:
    """The open step, if this attempt is the one that was reserved for it."""
    step = borrower.step
    if step is None or step.reservation is None or step.reservation.attempt_id != attempt_id:
        return None
    return step


def approve_contact(borrower: Borrower, command: ApproveContact, _context: Context) -> Sequence[Event] | Refusal:
    """The step is planned next, if it is still to be made; the approval was remembered as it was heard."""
    if borrower.spell is None or command.contact_id not in borrower.spell.approved:
        return Refusal("not-for-approval", "This contact does not wait for approval (any more).")
    return ()


def _sent(contact: Contact, context: Context, told: NoteAccepted | None = None) -> ContactSent:
    rung = context.strategy.rung(contact.step) if contact.step is not None else None
    channel: Any = contact.channel
    return ContactSent(
        contact_id=contact.contact_id or "",
        attempt_id=contact.attempt_id or "",
        channel=channel,
        loan_ids=contact.loan_ids,
        step=contact.step,
        treatment=contact.treatment,
        template=rung.template if rung is not None else None,
        cost=told.cost if told is not None else None,
        currency=told.currency if told is not None else None,
    )


def _failed(contact: Contact, reason: Rejection) -> ContactFailed:
    channel: Any = contact.channel
    return ContactFailed(contact.contact_id or "", contact.attempt_id or "", channel, reason)
