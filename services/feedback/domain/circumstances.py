"""What must be known to treat somebody rightly: who speaks for them, the care they need, what they say they paid."""

from collections.abc import Sequence
from decimal import Decimal

from services.feedback.domain.borrower import Borrower, remember_answered, unknown_loans
from services.feedback.domain.commands import (
    ClaimPayment,
    NameRepresentative,
    NoteVulnerability,
    ReportAddressInvalid,
)
from services.feedback.domain.context import Context
from services.feedback.domain.marks import judge_repeat, mark
from services.feedback.domain.references import written
from shared.events import AddressInvalid, Event, Reading, ReplyReceived, RepresentativeNamed, VulnerabilityNoted
from shared.refusal import Refusal


def name_representative(
    borrower: Borrower, command: NameRepresentative, _context: Context
) -> Sequence[Event] | Refusal:
    """Announce who speaks for the borrower; contact turns to them."""
    named = RepresentativeNamed(
        representative_id=command.representative_id,
        role=command.role,
        since=command.since,
        loan_ids=tuple(sorted(set(command.loan_ids))),
        address_ref=written(command.address_ref),
        until=command.until,
    )
    repeat = judge_repeat(borrower, named.representative_id, named, "/representative_id")
    if repeat is not None:
        return repeat
    if named.until is not None and named.until < named.since:
        return Refusal("bad-end", "The end is before the beginning.", ("/until",))
    return refuse_loans(borrower, named.loan_ids) or (named,)


def note_vulnerability(borrower: Borrower, command: NoteVulnerability, _context: Context) -> Sequence[Event] | Refusal:
    """Announce the care needed, as handling codes alone."""
    noted = VulnerabilityNoted(
        note_id=command.note_id,
        support=tuple(sorted(set(command.support))),
        strength=command.strength,
        review_on=command.review_on,
    )
    repeat = judge_repeat(borrower, noted.note_id, noted, "/note_id")
    if repeat is not None:
        return repeat
    if not noted.support and noted.strength != "ended":
        return Refusal("no-support", "A note says what the borrower needs.", ("/support",))
    return (noted,)


def report_address_invalid(
    _borrower: Borrower, command: ReportAddressInvalid, _context: Context
) -> Sequence[Event] | Refusal:
    """Announce that the address does not reach the borrower; again, if it is said again: it may have been mended."""
    return (AddressInvalid(str(command.address_ref), command.channel, command.reason),)


def claim_payment(borrower: Borrower, command: ClaimPayment, context: Context) -> Sequence[Event] | Refusal:
    """Announce that the borrower says they have paid; contact holds while that is looked into."""
    claimed = ReplyReceived(
        reply_id=command.claim_id,
        channel=command.channel,
        received_at=context.now,
        readings=(Reading("already_paid", Decimal(1), certain=True),),
        contact_id=command.contact_id,
        loan_ids=tuple(sorted(set(command.loan_ids))),
        confirmed_by_person=True,
    )
    repeat = judge_repeat(borrower, claimed.reply_id, claimed, "/claim_id")
    if repeat is not None:
        return repeat
    return refuse_loans(borrower, claimed.loan_ids) or (claimed,)


def refuse_loans(borrower: Borrower, loan_ids: Sequence[str]) -> Refusal | None:
    """Whoever speaks of loans speaks of this borrower's."""
    if unknown_loans(borrower, loan_ids):
        return Refusal("unknown-loan", "Not every loan is known to be this borrower's.", ("/loan_ids",))
    return None


def remember_representative(borrower: Borrower, event: RepresentativeNamed) -> Borrower:
    """The id is known from now on."""
    return remember_answered(borrower, event.representative_id, mark(event))


def remember_note(borrower: Borrower, event: VulnerabilityNoted) -> Borrower:
    """The id is known from now on."""
    return remember_answered(borrower, event.note_id, mark(event))


def remember_reply(borrower: Borrower, event: ReplyReceived) -> Borrower:
    """The id is known from now on."""
    return remember_answered(borrower, event.reply_id, mark(event))
