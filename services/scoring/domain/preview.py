"""The assessment of facts that are only stated: the same fold, the same decision, and nothing kept."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import reduce

from services.scoring.domain.context import Context
from services.scoring.domain.dates import own_day
from services.scoring.domain.history import Borrower
from services.scoring.domain.scoring import NO_LOAN, blank, decide, evolve
from shared.events import Event, RiskAssessed, Wake
from shared.refusal import Refusal


def preview(stated: Iterable[Event], now: datetime, context: Context) -> RiskAssessed | Refusal:
    """What would be said at *now* of a borrower of whom exactly *stated* is known, in this order."""
    decided = decide(record_of(stated), Wake(now), context)
    if isinstance(decided, Refusal):
        return decided
    return next((event for event in decided if isinstance(event, RiskAssessed)), NO_LOAN)


def record_of(stated: Iterable[Event]) -> Borrower:
    """The record when exactly *stated* is known, in this order."""
    return reduce(evolve, stated, blank(""))


def borrower_as_of(announced: Iterable[tuple[Event, date]], as_of: date) -> Borrower:
    """The record with nothing later than *as_of* (inclusive): neither announced later, nor about a later day."""
    known = (event for event, on in announced if max(on, own_day(event) or on) <= as_of)
    return record_of(known)
