"""Which loans the borrower has, as far as promises and cases need to know."""

from dataclasses import replace

from services.feedback.domain.borrower import Borrower, Loan
from services.feedback.domain.payments import void_money
from shared.events import FactVoided, LoanClosed, LoanOpened


def open_loan(borrower: Borrower, event: LoanOpened) -> Borrower:
    """The loan is this borrower's, in its own currency; the law of the latest loan is the borrower's."""
    loans = {**borrower.loans, event.loan_id: Loan(event.currency)}
    return replace(borrower, loans=loans, jurisdiction=event.jurisdiction or borrower.jurisdiction)


def close_loan(borrower: Borrower, event: LoanClosed) -> Borrower:
    """Nothing more can be promised on it; it can still be disputed."""
    return set_closed(borrower, event.loan_id, closed=True)


def void_fact(borrower: Borrower, event: FactVoided) -> Borrower:
    """A loan whose opening or closing never was, or money that never came or went."""
    match event.voided:
        case "LoanOpened" | "LoanImported":
            return set_closed(borrower, event.loan_id, closed=True)
        case "LoanClosed":
            return set_closed(borrower, event.loan_id, closed=False)
        case _:
            return void_money(borrower, event)


def set_closed(borrower: Borrower, loan_id: str | None, *, closed: bool) -> Borrower:
    """The same borrower when the loan is not known."""
    loan = borrower.loans.get(loan_id) if loan_id else None
    if loan is None or loan_id is None:
        return borrower
    return replace(borrower, loans={**borrower.loans, loan_id: loan._replace(closed=closed)})
