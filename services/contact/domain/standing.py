"""What stands in the way: the hold, if any, that stops all contact about a loan."""

from services.contact.domain.borrower import Borrower, Hold
from services.contact.domain.gate.words import PLACES


def hold_on(borrower: Borrower, loan_id: str) -> Hold | None:
    """The first hold about this loan; one that is over still counts until its end was announced."""
    return next((hold for hold in borrower.holds if is_about(borrower, hold, loan_id)), None)


def is_about(borrower: Borrower, hold: Hold, loan_id: str) -> bool:
    """Whether the hold reaches the loan, through it, its borrower or their segment.

    Holds on a channel, address or place leave other ways open; a place that nobody can tell is everywhere.
    """
    if hold.reach == "place":
        return not PLACES.issuperset(hold.names)
    if hold.reach == "segment":
        return borrower.profile is not None and borrower.profile.segment in hold.names
    return hold.reach == "everything" or (hold.reach == "loans" and loan_id in hold.names)
