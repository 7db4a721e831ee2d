"""How what was heard and said changes what ingest knows of a borrower. Total: anything else leaves it as it is.

The ledger follows the fact as posted, not its announcement: the second at which core banking recorded it, and the fact
it refers to, travel with the former alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from services.ingest.domain.admission import loan_id_of, refusal_of
from services.ingest.domain.borrower import Borrower, Loan, Standing, Withdrawn
from services.ingest.domain.facts import Posted, second_of
from services.ingest.domain.ledger import enter, open_loan, strike, withdrawn
from shared.events import Wake
from shared.events.lateness import DelinquencyChanged, InstalmentComingDue, InstalmentMissed
from shared.events.repayments import FactVoided, LoanOpened


def evolve(state: Borrower, fact: Any) -> Borrower:
    """*state* after *fact*: a posted fact, a wake, or an event that was said."""
    change = _CHANGES.get(type(fact))
    return change(state, fact) if change else state


def hear(state: Borrower, posted: Posted) -> Borrower:
    """Enter the fact into its loan, or remember why it cannot be."""
    aged_on = _later(state.aged_on, posted.business_date)
    refused = refusal_of(state.loans, posted)
    loans = state.loans if refused else _entered(state.loans, posted)
    return Borrower(loans, aged_on, refused, _withdrawn(state.loans, loans, posted))


def age(state: Borrower, wake: Wake) -> Borrower:
    """A new day has come."""
    return replace(state, aged_on=_later(state.aged_on, wake.at.date()))


def note_voided(state: Borrower, _: FactVoided) -> Borrower:
    """What the void did to the money is said, and need not be remembered."""
    return replace(state, withdrawn=None)


def note_standing(state: Borrower, said: DelinquencyChanged) -> Borrower:
    """Remember what was announced, so that only a change is announced again."""
    standing = Standing(
        said.bucket_to,
        said.stage,
        said.overdue_since,
        said.delinquent_amount,
        said.next_past_due_days,
        said.next_delinquent_days,
    )
    return _with_loan(state, said.loan_id, standing=standing)


def note_missed(state: Borrower, said: InstalmentMissed) -> Borrower:
    """Each instalment is missed once."""
    loan = state.loans[said.loan_id]
    return _with_loan(state, said.loan_id, missed_on=_later(loan.missed_on, said.due_on))


def note_coming(state: Borrower, said: InstalmentComingDue) -> Borrower:
    """Each instalment comes due once."""
    loan = state.loans[said.loan_id]
    return _with_loan(state, said.loan_id, coming_on=_later(loan.coming_on, said.due_on))


def _entered(loans: dict[str, Loan], posted: Posted) -> dict[str, Loan]:
    fact, loan_id = posted.fact, loan_id_of(posted)
    assert loan_id is not None, "admitted facts have a loan"
    if isinstance(fact, LoanOpened):
        return {**loans, loan_id: open_loan(fact, posted.at)}
    if not isinstance(fact, FactVoided):
        return {**loans, loan_id: enter(loans[loan_id], posted)}
    if posted.about_gone:
        return loans
    if isinstance(posted.about, LoanOpened):
        return {known: loan for known, loan in loans.items() if known != loan_id}
    assert posted.about is not None, "a void travels with what it voids"
    assert posted.about_time is not None, "and with the time of it"
    return {**loans, loan_id: strike(loans[loan_id], posted.about, second_of(posted.about_time))}


def _withdrawn(before: Mapping[str, Loan], after: Mapping[str, Loan], posted: Posted) -> Withdrawn | None:
    loan_id = loan_id_of(posted) or ""
    if posted.about is None or not isinstance(posted.fact, FactVoided) or loan_id not in after:
        return None
    return withdrawn(before[loan_id], after[loan_id], posted.about)


def _with_loan(state: Borrower, loan_id: str, **changed: Any) -> Borrower:
    loans = {**state.loans, loan_id: replace(state.loans[loan_id], **changed)}
    return Borrower(loans, state.aged_on)


def _later(one: date | None, other: date | None) -> date | None:
    return max((day for day in (one, other) if day is not None), default=None)


_CHANGES: Final[Mapping[type, Callable[[Borrower, Any], Borrower]]] = MappingProxyType(
    {
        Posted: hear,
        Wake: age,
        FactVoided: note_voided,
        DelinquencyChanged: note_standing,
        InstalmentMissed: note_missed,
        InstalmentComingDue: note_coming,
    }
)
