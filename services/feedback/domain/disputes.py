"""Disputes: raised, with an answer owed by a deadline, and resolved."""

from collections.abc import Sequence
from dataclasses import replace

from services.feedback.domain.borrower import Borrower, Dispute, remember_answered, unknown_loans
from services.feedback.domain.commands import RaiseDispute, ResolveDispute
from services.feedback.domain.context import Context
from services.feedback.domain.marks import judge_repeat, mark
from services.feedback.domain.promises import release_disputed_promises
from shared.events import DisputeRaised, DisputeResolved, Event
from shared.refusal import Refusal


def raise_dispute(borrower: Borrower, command: RaiseDispute, context: Context) -> Sequence[Event] | Refusal:
    """Take the dispute, and let go of promises about what is disputed."""
    policies = context.policies_of(borrower.jurisdiction)
    today = policies.date_of(context.now)
    raised = DisputeRaised(
        dispute_id=command.dispute_id,
        loan_ids=tuple(sorted(set(command.loan_ids))),
        kind=command.kind,
        raised_on=today,
        answer_due_on=policies.deadlines.dispute.last_day(today),
        in_writing=command.in_writing,
        via=command.via,
    )
    repeat = judge_repeat(borrower, raised.dispute_id, raised, "/dispute_id")
    if repeat is not None:
        return repeat
    return refuse_dispute(borrower, raised) or (raised, *release_disputed_promises(borrower, raised))


def refuse_dispute(borrower: Borrower, raised: DisputeRaised) -> Refusal | None:
    """A dispute is about loans of this borrower, closed ones too."""
    if not raised.loan_ids:
        return Refusal("no-loans", "A dispute names at least one loan.", ("/loan_ids",))
    if unknown_loans(borrower, raised.loan_ids):
        return Refusal("unknown-loan", "Not every loan is known to be this borrower's.", ("/loan_ids",))
    if not borrower.has_room_for_a_case():
        return Refusal("too-many-open-cases", "Too many cases of this borrower are open.")
    return None


def resolve_dispute(borrower: Borrower, command: ResolveDispute, context: Context) -> Sequence[Event] | Refusal:
    """Answer an open dispute."""
    dispute = next((dispute for dispute in borrower.disputes if dispute.id == command.dispute_id), None)
    if dispute is not None:
        today = context.policies_of(borrower.jurisdiction).date_of(context.now)
        return (DisputeResolved(dispute.id, dispute.loan_ids, command.outcome, today),)
    if borrower.mark_of(command.dispute_id) is None:
        return Refusal("unknown-dispute", "No such dispute is known.", ("/dispute_id",))
    return Refusal("already-resolved", "The dispute was resolved before.", ("/dispute_id",))


def open_dispute(borrower: Borrower, event: DisputeRaised) -> Borrower:
    """The dispute awaits its answer."""
    dispute = Dispute(event.dispute_id, mark(event), event.loan_ids, event.raised_on, event.answer_due_on)
    return replace(borrower, disputes=(*borrower.disputes, dispute))


def close_dispute(borrower: Borrower, event: DisputeResolved) -> Borrower:
    """The dispute is over."""
    for dispute in borrower.disputes:
        if dispute.id == event.dispute_id:
            rest = tuple(other for other in borrower.disputes if other is not dispute)
            return remember_answered(replace(borrower, disputes=rest), dispute.id, dispute.mark)
    return borrower
