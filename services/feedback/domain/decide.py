"""What feedback hears and is asked, and what it does about it; what has no row here is heard and left alone."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from services.feedback.domain import (
    circumstances,
    commands,
    complaints,
    disputes,
    hardship,
    judgement,
    promises,
    wishes,
)
from services.feedback.domain.borrower import Borrower
from services.feedback.domain.context import Context
from shared.events import (
    ChargebackPosted,
    Event,
    FactVoided,
    LoanClosed,
    LoanCured,
    PaymentReceived,
    PaymentReversed,
    Wake,
)
from shared.refusal import Refusal

Answer: TypeAlias = Callable[[Borrower, Any, Context], Sequence[Event] | Refusal]
Handler: TypeAlias = Callable[[Borrower, Any, Context], Iterator[Event]]


def decide(borrower: Borrower, fact: Any, context: Context) -> Sequence[Event] | Refusal:
    """What follows from *fact*, for a state that has already evolved by it; only commands can be refused."""
    answer = ANSWERS.get(type(fact))
    if answer is not None:
        return answer(borrower, fact, context)
    handlers = HANDLERS.get(type(fact), ())
    return [event for handler in handlers for event in handler(borrower, fact, context)]


ANSWERS: Final[dict[type, Answer]] = {
    commands.MakePromise: promises.decide_promise,
    commands.ClaimHardship: hardship.claim_hardship,
    commands.ConfirmHardship: hardship.confirm_hardship,
    commands.DeclineHardship: hardship.decline_hardship,
    commands.EndHardship: hardship.end_hardship,
    commands.RaiseDispute: disputes.raise_dispute,
    commands.ResolveDispute: disputes.resolve_dispute,
    commands.RaiseComplaint: complaints.raise_complaint,
    commands.ExtendComplaint: complaints.extend_complaint,
    commands.ResolveComplaint: complaints.resolve_complaint,
    commands.StopContact: wishes.stop_contact,
    commands.GiveConsent: wishes.give_consent,
    commands.WithdrawConsent: wishes.withdraw_consent,
    commands.StatePreference: wishes.state_preference,
    commands.NameRepresentative: circumstances.name_representative,
    commands.NoteVulnerability: circumstances.note_vulnerability,
    commands.ReportAddressInvalid: circumstances.report_address_invalid,
    commands.ClaimPayment: circumstances.claim_payment,
}

HANDLERS: Final[dict[type, tuple[Handler, ...]]] = {
    Wake: (judgement.judge_promises, hardship.expire_hardships),
    PaymentReceived: (judgement.judge_again,),
    PaymentReversed: (judgement.judge_again,),
    ChargebackPosted: (judgement.judge_again,),
    FactVoided: (judgement.judge_again,),
    LoanCured: (promises.release_promises_on_waived_loans,),
    LoanClosed: (promises.release_promises_on_closed_loans, hardship.end_hardships_of_closed_loans),
}
