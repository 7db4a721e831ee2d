"""What a dispute showed to be wrong is asked of nobody until core banking puts it right, or a person says go on."""

from collections.abc import Iterator
from typing import Any, Final

from services.contact.domain.borrower import Borrower, Hold
from services.contact.domain.context import Context
from services.contact.domain.holding import EVERYTHING, ended
from services.contact.domain.names import hold_id
from shared.events import BalanceAdjusted, DisputeResolved, FactVoided, HoldEnded, HoldPlaced, LoanClosed, Scope
from shared.events.contacts import HoldKind

FOUND_RIGHT: Final = frozenset({"partly_upheld", "upheld"})
LOAN_VOIDED: Final = frozenset({"LoanImported", "LoanOpened"})
CHARGE_VOIDED: Final = frozenset({"ChargebackPosted", "FeeCharged", "LoanAccelerated", "PaymentReversed"})
"""Facts that made the borrower owe more, and never were."""
OURS: Final = "rule"
"""Whence the hold comes: the house's own rule, so that no answer of feedback ends it."""


def hold_what_was_wrong(
    borrower: Borrower, event: DisputeResolved, _context: Context
) -> Iterator[HoldEnded | HoldPlaced]:
    """End the hold of a dispute; one found right leaves another for each of its loans."""
    dispute = hold_id(borrower.key, "dispute", event.dispute_id)
    standing = next((hold for hold in borrower.holds if hold.id == dispute), None)
    if standing is not None:
        yield ended(standing, "resolved", event.dispute_id)
    if event.outcome in FOUND_RIGHT:
        is_theft = standing is not None and standing.kind == "identity_theft"
        yield from _wrong_until_corrected(borrower, event, "identity_theft" if is_theft else "dispute")


def _wrong_until_corrected(borrower: Borrower, event: DisputeResolved, kind: HoldKind) -> Iterator[HoldPlaced]:
    """Loan by loan, because they are put right one by one; where none is named only a person can tell."""
    for loan_id in event.loan_ids or ("",):
        yield HoldPlaced(
            hold_id=hold_id(borrower.key, "correction", event.dispute_id, loan_id),
            kind=kind,
            scope=Scope("loans", (loan_id,)) if loan_id else EVERYTHING,
            source=OURS,
            because=event.dispute_id,
            person_releases=True,
        )


def end_what_is_put_right(
    borrower: Borrower, event: BalanceAdjusted | FactVoided | LoanClosed, _context: Context
) -> Iterator[HoldEnded]:
    """Core banking's correction of a loan ends what waited for it."""
    for hold in borrower.holds:
        if hold.source == OURS and hold.names == (event.loan_id,) and _corrects(hold, event):
            yield ended(hold, "resolved", getattr(event, "adjustment_id", None))


def _corrects(hold: Hold, event: Any) -> bool:
    """Whether the borrower owes less by it; a loan that somebody else took out is put right only as a whole."""
    whole = isinstance(event, LoanClosed) or (isinstance(event, FactVoided) and event.voided in LOAN_VOIDED)
    if whole or hold.kind != "dispute":
        return whole
    if isinstance(event, FactVoided):
        return event.voided in CHARGE_VOIDED
    return event.kind in ("correction", "waiver") and event.amount < 0
