"""What contact hears and is asked, and what it does about it; what has no row here is heard and left alone."""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Any, Final, TypeAlias

from services.contact.domain import commands, outcomes, replies, requests
from services.contact.domain.borrower import Borrower
from services.contact.domain.cancelling import cancel_outdated_plan, cancel_what_no_longer_stands
from services.contact.domain.context import Context
from services.contact.domain.corrections import end_what_is_put_right, hold_what_was_wrong
from services.contact.domain.evolve import evolve
from services.contact.domain.holding import (
    end_case_hold,
    end_holds_that_ran_out,
    hold_for_case,
    hold_when_overwhelmed,
    reconcile,
    reopen_channel,
    settle_claimed_payment,
)
from services.contact.domain.planning import plan_next_step
from services.contact.domain.profile import refusal_of
from services.contact.domain.readings import hold_for_reply
from services.contact.domain.reserving import reserve_what_is_due, take_up_again
from services.contact.domain.treatment import choose_treatment
from shared.events import (
    AddressInvalid,
    ArrangementAgreed,
    ArrangementBroken,
    ArrangementCompleted,
    BalanceAdjusted,
    BalanceStated,
    CauseStated,
    ComplaintRaised,
    ComplaintResolved,
    ConsentGiven,
    ConsentWithdrawn,
    ContactStopped,
    DelinquencyChanged,
    DisputeRaised,
    DisputeResolved,
    Event,
    FactVoided,
    HardshipClaimed,
    HardshipConfirmed,
    HardshipDeclined,
    HardshipEnded,
    InstalmentComingDue,
    LoanAccelerated,
    LoanChargedOff,
    LoanClosed,
    LoanCured,
    LoanRescheduled,
    PaymentReceived,
    PaymentReversed,
    PreferenceStated,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromisePartlyKept,
    PromiseSuperseded,
    ReplyReceived,
    RepresentativeNamed,
    RiskAssessed,
    ScheduleRestored,
    VulnerabilityNoted,
    Wake,
)
from shared.refusal import Refusal

Answer: TypeAlias = Callable[[Borrower, Any, Context], Sequence[Event] | Refusal]
Handler: TypeAlias = Callable[[Borrower, Any, Context], Iterable[Event]]


def decide(borrower: Borrower, fact: Any, context: Context) -> Sequence[Event] | Refusal:
    """What follows from *fact*, for a state that has already evolved by it; only commands can be refused."""
    answer = ANSWERS.get(type(fact))
    answered = answer(borrower, fact, context) if answer is not None else ()
    if isinstance(answered, Refusal):
        return answered
    said = [*answered]
    borrower = reduce(evolve, said, borrower)
    for handler in HANDLERS.get(type(fact), ()):
        follows = list(handler(borrower, fact, context))
        said += follows
        borrower = reduce(evolve, follows, borrower)
    return said


def take_profile(_borrower: Borrower, command: commands.StateProfile, _context: Context) -> Sequence[Event] | Refusal:
    """A profile changes what is known, and says nothing: who can be reached where is nobody else's business."""
    return refusal_of(command.profile) or ()


def take_withdrawal(
    _borrower: Borrower, _command: commands.NoteWithdrawn, _context: Context
) -> Sequence[Event] | Refusal:
    """What is no longer wanted and never began frees its slot, and says nothing: its cancelling was told."""
    return ()


ANSWERS: Final[dict[type, Answer]] = {
    commands.StateProfile: take_profile,
    commands.PlaceHold: requests.decide_hold,
    commands.EndHold: requests.decide_end,
    commands.HearReply: replies.hear_reply,
    commands.ApproveContact: outcomes.approve_contact,
    commands.NoteAccepted: outcomes.note_accepted,
    commands.NoteRejected: outcomes.note_rejected,
    commands.NoteUnclear: outcomes.note_unclear,
    commands.NoteSettled: outcomes.note_settled,
    commands.NoteReceipt: outcomes.note_receipt,
    commands.NoteRefusedBySwitch: outcomes.note_refused_by_switch,
    commands.NoteMissedWindow: outcomes.note_missed_window,
    commands.NoteWithdrawn: take_withdrawal,
}

RECONSIDER: Final[tuple[Handler, ...]] = (
    cancel_what_no_longer_stands,
    choose_treatment,
    cancel_outdated_plan,
    plan_next_step,
)

HANDLERS: Final[dict[type, tuple[Handler, ...]]] = {
    Wake: (end_holds_that_ran_out, reserve_what_is_due, take_up_again),
    # ingest
    DelinquencyChanged: RECONSIDER,
    InstalmentComingDue: RECONSIDER,
    PaymentReceived: (settle_claimed_payment, cancel_what_no_longer_stands),
    PaymentReversed: RECONSIDER,
    FactVoided: (end_what_is_put_right, *RECONSIDER),
    LoanCured: (settle_claimed_payment, *RECONSIDER),
    LoanClosed: (end_what_is_put_right, *RECONSIDER),
    BalanceAdjusted: (end_what_is_put_right, *RECONSIDER),
    LoanRescheduled: RECONSIDER,
    ScheduleRestored: RECONSIDER,
    LoanAccelerated: RECONSIDER,
    LoanChargedOff: RECONSIDER,
    BalanceStated: (reconcile, *RECONSIDER),
    # scoring
    RiskAssessed: RECONSIDER,
    # feedback
    ReplyReceived: (hold_for_reply, *RECONSIDER),
    CauseStated: RECONSIDER,
    PromiseMade: (hold_for_case, *RECONSIDER),
    PromiseKept: (end_case_hold, *RECONSIDER),
    PromisePartlyKept: (end_case_hold, *RECONSIDER),
    PromiseBroken: (end_case_hold, *RECONSIDER),
    PromiseSuperseded: (end_case_hold, *RECONSIDER),
    ArrangementAgreed: (hold_for_case, *RECONSIDER),
    ArrangementBroken: (end_case_hold, *RECONSIDER),
    ArrangementCompleted: (end_case_hold, *RECONSIDER),
    HardshipClaimed: (hold_for_case, *RECONSIDER),
    HardshipConfirmed: (hold_for_case, *RECONSIDER),
    HardshipDeclined: (end_case_hold, *RECONSIDER),
    HardshipEnded: (end_case_hold, *RECONSIDER),
    DisputeRaised: (hold_for_case, *RECONSIDER),
    DisputeResolved: (hold_what_was_wrong, *RECONSIDER),
    ComplaintRaised: (hold_for_case, *RECONSIDER),
    ComplaintResolved: (end_case_hold, *RECONSIDER),
    RepresentativeNamed: (hold_for_case, *RECONSIDER),
    VulnerabilityNoted: (hold_for_case, *RECONSIDER),
    ContactStopped: (hold_for_case, *RECONSIDER),
    ConsentGiven: (reopen_channel, *RECONSIDER),
    ConsentWithdrawn: RECONSIDER,
    PreferenceStated: (hold_when_overwhelmed, *RECONSIDER),
    AddressInvalid: RECONSIDER,
    # its own doors
    commands.StateProfile: RECONSIDER,
    commands.PlaceHold: RECONSIDER,
    commands.EndHold: RECONSIDER,
    commands.HearReply: RECONSIDER,
    commands.ApproveContact: RECONSIDER,
    commands.NoteAccepted: RECONSIDER,
    commands.NoteRejected: RECONSIDER,
    commands.NoteUnclear: RECONSIDER,
    commands.NoteSettled: RECONSIDER,
    commands.NoteReceipt: RECONSIDER,
    commands.NoteRefusedBySwitch: (take_up_again,),
    commands.NoteMissedWindow: (take_up_again,),
}
