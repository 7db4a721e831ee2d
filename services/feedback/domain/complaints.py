"""Complaints: raised, perhaps given more time, and resolved. Source: CN-COMPLAINT, 15, 30 or 60 days."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final, Literal

from services.feedback.domain.borrower import Borrower, Complaint, remember_answered, unknown_loans
from services.feedback.domain.commands import ExtendComplaint, RaiseComplaint, ResolveComplaint
from services.feedback.domain.context import Context
from services.feedback.domain.marks import judge_repeat, mark
from shared.events import ComplaintRaised, ComplaintResolved, Event
from shared.refusal import Refusal


def raise_complaint(borrower: Borrower, command: RaiseComplaint, context: Context) -> Sequence[Event] | Refusal:
    """Take the complaint; a complex one has more time from the start."""
    policies = context.policies_of(borrower.jurisdiction)
    today = policies.date_of(context.now)
    deadline = policies.deadlines.complaint_complex if command.complex else policies.deadlines.complaint
    raised = ComplaintRaised(
        complaint_id=command.complaint_id,
        category=command.category,
        raised_on=today,
        answer_due_on=deadline.last_day(today),
        complex=command.complex,
        loan_ids=tuple(sorted(set(command.loan_ids))),
        contact_id=command.contact_id,
        agent_id=command.agent_id,
        via=command.via,
    )
    repeat = judge_repeat(borrower, raised.complaint_id, raised, "/complaint_id")
    if repeat is not None:
        return repeat
    if unknown_loans(borrower, raised.loan_ids):
        return Refusal("unknown-loan", "Not every loan is known to be this borrower's.", ("/loan_ids",))
    if not borrower.has_room_for_a_case():
        return Refusal("too-many-open-cases", "Too many cases of this borrower are open.")
    return (raised,)


def extend_complaint(borrower: Borrower, command: ExtendComplaint, context: Context) -> Sequence[Event] | Refusal:
    """Once because it is complex, and once more, after that, because more time was approved; counted from its opening.

    Time cannot be asked for once it has run out.
    """
    complaint = find_complaint(borrower, command.complaint_id)
    if isinstance(complaint, Refusal):
        return complaint
    policies = context.policies_of(borrower.jurisdiction)
    today = policies.date_of(context.now)
    if complaint.stretched != NEEDED_BEFORE[command.reason]:
        return Refusal("cannot-extend", "A complaint is extended as complex first, then as approved.", ("/reason",))
    if today > complaint.due_on:
        return Refusal("deadline-passed", "The answer is overdue; it cannot be given more time.")
    deadlines = policies.deadlines
    deadline = deadlines.complaint_complex if command.reason == "complex" else deadlines.complaint_approved
    return (extended(complaint, command.reason, today, deadline.last_day(complaint.opened_on)),)


NEEDED_BEFORE: Final = {"complex": None, "approved": "complex"}


def extended(
    complaint: Complaint, reason: Literal["complex", "approved"], today: date, due_on: date
) -> ComplaintRaised:
    """The complaint stated anew, whole, with more time."""
    return ComplaintRaised(
        complaint_id=complaint.id,
        category=complaint.category,
        raised_on=complaint.opened_on,
        answer_due_on=due_on,
        complex=True,
        loan_ids=complaint.loan_ids,
        contact_id=complaint.contact_id,
        agent_id=complaint.agent_id,
        via=complaint.via,
        extension=reason,
        extended_on=today,
    )


def resolve_complaint(borrower: Borrower, command: ResolveComplaint, context: Context) -> Sequence[Event] | Refusal:
    """Answer an open complaint, and name its root cause."""
    complaint = find_complaint(borrower, command.complaint_id)
    if isinstance(complaint, Refusal):
        return complaint
    today = context.policies_of(borrower.jurisdiction).date_of(context.now)
    return (ComplaintResolved(complaint.id, command.outcome, command.root_cause, today),)


def find_complaint(borrower: Borrower, complaint_id: str) -> Complaint | Refusal:
    """The complaint, if it is open."""
    for complaint in borrower.complaints:
        if complaint.id == complaint_id:
            return complaint
    if borrower.mark_of(complaint_id) is None:
        return Refusal("unknown-complaint", "No such complaint is known.", ("/complaint_id",))
    return Refusal("already-resolved", "The complaint was resolved before.", ("/complaint_id",))


def open_or_extend_complaint(borrower: Borrower, event: ComplaintRaised) -> Borrower:
    """The complaint awaits its answer; one already known is owed it later."""
    return open_complaint(borrower, event) if event.extension is None else stretch_complaint(borrower, event)


def open_complaint(borrower: Borrower, event: ComplaintRaised) -> Borrower:
    """The complaint awaits its answer."""
    complaint = Complaint(
        id=event.complaint_id,
        mark=mark(event),
        opened_on=event.raised_on,
        due_on=event.answer_due_on,
        stretched="complex" if event.complex else None,
        category=event.category,
        loan_ids=event.loan_ids,
        contact_id=event.contact_id,
        agent_id=event.agent_id,
        via=event.via,
    )
    return replace(borrower, complaints=(*borrower.complaints, complaint))


def stretch_complaint(borrower: Borrower, event: ComplaintRaised) -> Borrower:
    """The answer is owed later."""
    complaints = tuple(
        replace(complaint, due_on=event.answer_due_on, stretched=event.extension)
        if complaint.id == event.complaint_id
        else complaint
        for complaint in borrower.complaints
    )
    return replace(borrower, complaints=complaints)


def close_complaint(borrower: Borrower, event: ComplaintResolved) -> Borrower:
    """The complaint is over."""
    for complaint in borrower.complaints:
        if complaint.id == event.complaint_id:
            rest = tuple(other for other in borrower.complaints if other is not complaint)
            return remember_answered(replace(borrower, complaints=rest), complaint.id, complaint.mark)
    return borrower
