"""Where core banking's own figures differ from ours: the loan is not to be chased over what the books dispute."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.ingest.domain.context import Context
from services.ingest.domain.facts import Recorded, voided_by
from services.ingest.domain.position import Position, position
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


def stated_difference(facts: Sequence[Recorded], context: Context) -> Difference | None:
    """Where the balance that core banking stated last differs from what *facts*, all of one loan, amount to."""
    voided = {voided_by(one.posted) for one in facts}
    stated = [
        (one.posted.fact.as_of, one.posted.at, one.posted.fact)
        for one in facts
        if isinstance(one.posted.fact, BalanceStated) and one.posted.identity not in voided
    ]
    if not stated:
        return None
    _, _, last = max(stated, key=lambda one: one[:2])
    found = position(facts, last.as_of, context)
    return None if found is None else difference(last, found)
