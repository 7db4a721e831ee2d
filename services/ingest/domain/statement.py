"""Why do I owe this: every fact about a loan, line by line, with a running balance that ends at the amount owed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from services.ingest.domain.borrower import Loan
from services.ingest.domain.dues import ZERO
from services.ingest.domain.facts import Posted, Recorded
from services.ingest.domain.figures import figures_on
from services.ingest.domain.position import loan_from
from shared.events.repayments import FactVoided, FeeCharged, LoanOpened, PaymentReversed

Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One fact: what it changed (`amount`, signed) and what was owed after it, or how much too much was paid."""

    on: date
    type: str
    source: str
    id: str
    amount: Decimal
    balance: Decimal
    credit: Decimal
    recorded_at: datetime


def statement(facts: Sequence[Recorded], as_of: date) -> list[Line]:
    """The lines up to *as_of* (inclusive), by effective date; the last balance is what is owed on *as_of*.

    Each balance is that of the facts so far: a reversal or a void follows what it undoes, on that one's date.
    """
    once = {(one.posted.source, one.posted.id): one for one in facts}
    dates = _dates_of(once)
    places = sorted(once, key=lambda key: _place(once[key].posted, dates[key]))
    shown = [key for key in places if dates[key] <= as_of]
    lines: list[Line] = []
    owed = ZERO
    for count, key in enumerate(shown, start=1):
        after = _balance(loan_from([once[one] for one in shown[:count]]), as_of)
        lines.append(_line(once[key], dates[key], after - owed, after))
        owed = after
    return lines


def _dates_of(once: Mapping[Key, Recorded]) -> dict[Key, date]:
    """The date from which each fact has effect."""
    own = {key: _own_date(one.posted) for key, one in once.items()}
    facts = {key: one.posted.fact for key, one in once.items()}
    dated = {one.posted.identity: own[key] for key, one in once.items()}
    for key, one in once.items():
        if isinstance(one.posted.fact, PaymentReversed):
            own[key] = dated.get(one.posted.about_identity or "", own[key])
    voids = {key: (fact.source, fact.id) for key, fact in facts.items() if isinstance(fact, FactVoided)}
    return own | {key: own.get(voided, own[key]) for key, voided in voids.items()}


def _own_date(posted: Posted) -> date:
    """The date that the fact states; the day it was recorded where it states none, and for a fee due later."""
    if isinstance(posted.fact, FeeCharged):
        return min(posted.fact.due_on, posted.recorded_on)
    dates = (getattr(posted.fact, name, None) for name in _DATES)
    found: date = next((on for on in dates if on is not None), posted.recorded_on)
    return found


_DATES = ("value_on", "effective_on", "opened_on", "issued_on", "failed_on", "from_on", "on", "as_of")


def _place(posted: Posted, on: date) -> tuple[bool, date, bool, int, str, str]:
    undoes = isinstance(posted.fact, PaymentReversed | FactVoided)
    return (not isinstance(posted.fact, LoanOpened), on, undoes, posted.at, posted.source, posted.id)


def _balance(loan: Loan | None, as_of: date) -> Decimal:
    if loan is None:
        return ZERO
    figures = figures_on(loan, as_of)
    return figures.outstanding - figures.credit


def _line(one: Recorded, on: date, amount: Decimal, after: Decimal) -> Line:
    posted = one.posted
    return Line(
        on=on,
        type=posted.type,
        source=posted.source,
        id=posted.id,
        amount=amount,
        balance=max(after, ZERO),
        credit=max(-after, ZERO),
        recorded_at=one.recorded_at,
    )
