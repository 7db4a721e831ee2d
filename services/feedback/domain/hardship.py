"""Hardship: claimed, then confirmed or declined by a person, and ended by its date or by an event."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias

from services.feedback.domain.borrower import Borrower, Hardship, remember_answered, unknown_loans
from services.feedback.domain.commands import ClaimHardship, ConfirmHardship, DeclineHardship, EndHardship
from services.feedback.domain.context import Context
from services.feedback.domain.marks import judge_repeat, mark
from services.feedback.domain.policy import Policies
from shared.events import (
    Event,
    Handling,
    HardshipClaimed,
    HardshipConfirmed,
    HardshipDeclined,
    HardshipEnded,
    LoanClosed,
    Wake,
)
from shared.refusal import Refusal

Cause: TypeAlias = Literal["job_loss", "illness", "bereavement", "disaster", "income_delay", "over_indebted", "other"]

HANDLING: Final[dict[Cause, Handling]] = {
    "job_loss": "short_relief",
    "illness": "care",
    "bereavement": "care",
    "disaster": "short_relief",
    "income_delay": "pay_date",
    "over_indebted": "affordability",
    "other": "verify",
}
"""How each cause is handled; the door translates, keeps the cause in the vault, and commands carry the handling."""


def claim_hardship(borrower: Borrower, command: ClaimHardship, context: Context) -> Sequence[Event] | Refusal:
    """Take the claim; a decision is owed by the policy's deadline."""
    policies = context.policies_of(borrower.jurisdiction)
    today = policies.date_of(context.now)
    claimed = HardshipClaimed(
        claim_id=command.claim_id,
        loan_ids=tuple(sorted(set(command.loan_ids))),
        handling=command.handling,
        horizon=command.horizon,
        claimed_on=today,
        decision_due_on=policies.deadlines.hardship.last_day(today),
        via=command.via,
    )
    repeat = judge_repeat(borrower, claimed.claim_id, claimed, "/claim_id")
    if repeat is not None:
        return repeat
    if unknown_loans(borrower, claimed.loan_ids):
        return Refusal("unknown-loan", "Not every loan is known to be this borrower's.", ("/loan_ids",))
    if not borrower.has_room_for_a_case():
        return Refusal("too-many-open-cases", "Too many cases of this borrower are open.")
    return (claimed,)


def confirm_hardship(borrower: Borrower, command: ConfirmHardship, context: Context) -> Sequence[Event] | Refusal:
    """Accept a claim that awaits its decision."""
    policies = context.policies_of(borrower.jurisdiction)
    today = policies.date_of(context.now)
    claim = find_claim(borrower, command.claim_id, confirmed=False)
    if isinstance(claim, Refusal):
        return claim
    refusal = refuse_end(command.until, today, policies)
    if refusal is not None:
        return refusal
    confirmed = HardshipConfirmed(
        claim_id=claim.id,
        loan_ids=claim.loan_ids,
        handling=command.handling or claim.handling,
        horizon=command.horizon,
        decided_on=today,
        until=command.until,
        ends_at=policies.end_of(command.until) if command.until else None,
    )
    return (confirmed,)


def refuse_end(until: date | None, today: date, policies: Policies) -> Refusal | None:
    """An end, where there is one, is today at the earliest and not further away than the policy lets it be."""
    if until is None or today <= until <= today + timedelta(days=policies.hardship_days_max):
        return None
    return Refusal("bad-end", f"A hardship ends from 0 to {policies.hardship_days_max} days from today.", ("/until",))


def decline_hardship(borrower: Borrower, command: DeclineHardship, context: Context) -> Sequence[Event] | Refusal:
    """Turn down a claim that awaits its decision."""
    claim = find_claim(borrower, command.claim_id, confirmed=False)
    if isinstance(claim, Refusal):
        return claim
    today = context.policies_of(borrower.jurisdiction).date_of(context.now)
    return (HardshipDeclined(claim.id, claim.loan_ids, command.reason, today),)


def end_hardship(borrower: Borrower, command: EndHardship, context: Context) -> Sequence[Event] | Refusal:
    """End a confirmed hardship before its date."""
    claim = find_claim(borrower, command.claim_id, confirmed=True)
    if isinstance(claim, Refusal):
        return claim
    today = context.policies_of(borrower.jurisdiction).date_of(context.now)
    return (HardshipEnded(claim.id, claim.loan_ids, command.reason, today),)


def find_claim(borrower: Borrower, claim_id: str, *, confirmed: bool) -> Hardship | Refusal:
    """The claim in the step that is asked for."""
    claim = next((claim for claim in borrower.hardships if claim.id == claim_id), None)
    if claim is not None and claim.confirmed == confirmed:
        return claim
    if claim is None and borrower.mark_of(claim_id) is None:
        return Refusal("unknown-claim", "No such claim of hardship is known.", ("/claim_id",))
    if claim is not None and confirmed:
        return Refusal("not-confirmed", "The claim still awaits its decision.", ("/claim_id",))
    return Refusal("already-decided", "The claim was decided before.", ("/claim_id",))


def expire_hardships(borrower: Borrower, wake: Wake, context: Context) -> Iterator[Event]:
    """End what was confirmed until a day that is over."""
    today = context.policies_of(borrower.jurisdiction).date_of(wake.at)
    for claim in borrower.hardships:
        if claim.ends_at is not None and claim.ends_at <= wake.at:
            yield HardshipEnded(claim.id, claim.loan_ids, "expired", today)


def end_hardships_of_closed_loans(borrower: Borrower, event: LoanClosed, context: Context) -> Iterator[Event]:
    """When the last of its loans is closed, a confirmed hardship is over."""
    today = context.policies_of(borrower.jurisdiction).date_of(context.now)
    for claim in borrower.hardships:
        loans = claim.loan_ids or tuple(borrower.loans)
        if claim.confirmed and event.loan_id in loans and all(is_closed(borrower, loan_id) for loan_id in loans):
            yield HardshipEnded(claim.id, claim.loan_ids, "cured", today)


def is_closed(borrower: Borrower, loan_id: str) -> bool:
    """Whether the loan is known to be closed."""
    loan = borrower.loans.get(loan_id)
    return loan is not None and loan.closed


def open_claim(borrower: Borrower, event: HardshipClaimed) -> Borrower:
    """The claim awaits its decision."""
    claim = Hardship(
        id=event.claim_id,
        mark=mark(event),
        loan_ids=event.loan_ids,
        handling=event.handling,
        opened_on=event.claimed_on,
        due_on=event.decision_due_on,
    )
    return replace(borrower, hardships=(*borrower.hardships, claim))


def accept_claim(borrower: Borrower, event: HardshipConfirmed) -> Borrower:
    """The claim is confirmed, and ends by itself if it has an end."""
    ends_at = event.ends_at
    if ends_at is None and event.until is not None:
        ends_at = datetime.combine(event.until + timedelta(days=1), time(12), UTC)
    return replace(
        borrower,
        hardships=tuple(
            replace(claim, confirmed=True, handling=event.handling, ends_at=ends_at)
            if claim.id == event.claim_id
            else claim
            for claim in borrower.hardships
        ),
    )


def close_claim(borrower: Borrower, event: HardshipDeclined | HardshipEnded) -> Borrower:
    """The claim is over."""
    for claim in borrower.hardships:
        if claim.id == event.claim_id:
            rest = tuple(other for other in borrower.hardships if other is not claim)
            return remember_answered(replace(borrower, hardships=rest), claim.id, claim.mark)
    return borrower
