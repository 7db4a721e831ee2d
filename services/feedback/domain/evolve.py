"""How a borrower's state follows from what is heard and said; total: what has no row here changes nothing."""

from collections.abc import Callable
from typing import Any, Final

from services.feedback.domain import (
    circumstances,
    complaints,
    disputes,
    hardship,
    judgement,
    loans,
    payments,
    promises,
    wishes,
)
from services.feedback.domain.borrower import Borrower
from shared.events import (
    ChargebackPosted,
    ComplaintRaised,
    ComplaintResolved,
    ConsentGiven,
    ConsentWithdrawn,
    ContactStopped,
    DisputeRaised,
    DisputeResolved,
    FactVoided,
    HardshipClaimed,
    HardshipConfirmed,
    HardshipDeclined,
    HardshipEnded,
    LoanClosed,
    LoanImported,
    LoanOpened,
    PaymentReceived,
    PaymentReversed,
    PreferenceStated,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromisePartlyKept,
    PromiseRejudged,
    PromiseSuperseded,
    ReplyReceived,
    RepresentativeNamed,
    VulnerabilityNoted,
    Wake,
)


def evolve(borrower: Borrower, fact: Any) -> Borrower:
    """The state after *fact*; commands and unknown types leave it as it is."""
    change = CHANGES.get(type(fact))
    return borrower if change is None else change(borrower, fact)


CHANGES: Final[dict[type, Callable[[Borrower, Any], Borrower]]] = {
    Wake: judgement.note_look,
    LoanOpened: loans.open_loan,
    LoanImported: loans.open_loan,
    LoanClosed: loans.close_loan,
    PaymentReceived: payments.count_payment,
    PaymentReversed: payments.uncount_payment,
    ChargebackPosted: payments.count_chargeback,
    FactVoided: loans.void_fact,
    PromiseMade: promises.open_promise,
    PromiseSuperseded: promises.close_superseded,
    PromiseKept: judgement.settle_kept,
    PromisePartlyKept: judgement.settle_partly_kept,
    PromiseBroken: judgement.settle_broken,
    PromiseRejudged: judgement.settle_again,
    HardshipClaimed: hardship.open_claim,
    HardshipConfirmed: hardship.accept_claim,
    HardshipDeclined: hardship.close_claim,
    HardshipEnded: hardship.close_claim,
    DisputeRaised: disputes.open_dispute,
    DisputeResolved: disputes.close_dispute,
    ComplaintRaised: complaints.open_or_extend_complaint,
    ComplaintResolved: complaints.close_complaint,
    ContactStopped: wishes.remember_stop,
    ConsentGiven: wishes.open_consent,
    ConsentWithdrawn: wishes.close_consent,
    PreferenceStated: wishes.remember_preference,
    RepresentativeNamed: circumstances.remember_representative,
    VulnerabilityNoted: circumstances.remember_note,
    ReplyReceived: circumstances.remember_reply,
}
