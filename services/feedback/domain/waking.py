"""When a borrower's state changes by itself: a promise to be judged, a hardship that ends."""

from datetime import datetime

from services.feedback.domain.borrower import Borrower
from services.feedback.domain.judgement import look_at


def wake_at(borrower: Borrower) -> datetime | None:
    """The next instant to look again; None while nothing waits."""
    looks = [look_at(promise) for promise in borrower.promises if promise.outcome is None]
    ends = [claim.ends_at for claim in borrower.hardships if claim.ends_at is not None]
    return min((*looks, *ends), default=None)
