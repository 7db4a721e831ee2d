"""Where core banking's own figures differ from ours: the loan is not to be chased over what the books dispute."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.ingest.domain.position import Position
from shared.events.repayments import BalanceStated


@dataclass(frozen=True, slots=True)
class Difference:
    """Stated by core banking minus derived from its facts, both as of one day."""

    loan_id: str
    as_of: date
    currency: str
    outstanding: Decimal
    overdue_amount: Decimal


def difference(stated: BalanceStated, found: Position) -> Difference | None:
    """What separates *stated* from *found*, the position on the same day; None when they agree."""
    assert (stated.loan_id, stated.as_of) == (found.loan_id, found.as_of), "one loan, one day"
    outstanding = stated.outstanding - found.outstanding
    overdue = stated.overdue_amount - found.delinquent_amount
    if not outstanding and not overdue:
        return None
    return Difference(found.loan_id, found.as_of, found.currency, outstanding, overdue)
