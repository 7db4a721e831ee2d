"""When something about a borrower changes by itself: a step comes due, a hold runs out."""

from datetime import datetime

from services.contact.domain.borrower import Borrower


def wake_at(borrower: Borrower) -> datetime | None:
    """The next such instant; a step that was handed to the sender waits for its outcome, not for time."""
    step = borrower.step
    due = [step.not_before] if step is not None and step.reservation is None else []
    ends = [hold.until for hold in borrower.holds if hold.until is not None]
    return min((*due, *ends), default=None)
