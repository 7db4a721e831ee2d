"""The fold of scoring: what it remembers of a borrower, when it assesses, and when it looks again by itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, TypeAlias

from services.scoring.domain.assessment import digest_of, find, told
from services.scoring.domain.conduct import CONDUCT_CHANGES
from services.scoring.domain.context import Context
from services.scoring.domain.dates import HEARD_ON, TOLD_ON
from services.scoring.domain.features import features_of
from services.scoring.domain.history import Assessed, Borrower
from services.scoring.domain.inputs import fingerprint_of, model_inputs
from services.scoring.domain.loans import LOAN_CHANGES, change_loan, import_loan, open_loan
from shared.events import (
    ArrangementAgreed,
    ArrangementBroken,
    ArrangementCompleted,
    ChargebackPosted,
    Command,
    ContactReported,
    ConversationHeld,
    DelinquencyChanged,
    Event,
    FactVoided,
    LoanChargedOff,
    LoanClosed,
    LoanCured,
    LoanImported,
    LoanOpened,
    LoanRescheduled,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    PromiseBroken,
    PromiseKept,
    PromisePartlyKept,
    PromiseRejudged,
    ReplyReceived,
    RiskAssessed,
    ScheduleRestored,
    StatementIssued,
    Wake,
)
from shared.refusal import Refusal

Change: TypeAlias = Callable[[Borrower, Any], Borrower]
NO_LOAN: Final = Refusal("no-open-loan", "There is no open loan to assess.")
NOT_A_COMMAND: Final = Refusal("unknown-command", "Scoring takes no commands about a borrower.")


def blank(_: str) -> Borrower:
    """A borrower never heard of; nothing depends on who it is."""
    return Borrower()


def evolve(borrower: Borrower, event: Event | Command | Wake) -> Borrower:
    """What is remembered once *event* is known; an event that shows no behaviour leaves all as it is."""
    change = CHANGES.get(type(event))
    return change(borrower, event) if change else borrower


def decide(borrower: Borrower, fact: Event | Command | Wake, context: Context) -> Sequence[Event] | Refusal:
    """An assessment, when *fact* (already evolved) may have changed what can be said, and did."""
    if isinstance(fact, Command):
        return NOT_A_COMMAND
    if not _is_news(borrower, fact) or not _has_loan(borrower):
        return ()
    finding = find(features_of(borrower, day_of(borrower, fact, context.now)), context)
    if _was_said(borrower, finding.features.as_of, digest_of(finding)):
        return ()
    return (told(finding, context),)


def wake_at(borrower: Borrower) -> datetime | None:
    """The start of the UTC day after the last assessment ends to hold, at most once a month; never without a loan."""
    if borrower.assessed is None or not _has_loan(borrower):
        return None
    return datetime.combine(borrower.assessed.valid_until + timedelta(days=1), time(), UTC)


def day_of(borrower: Borrower, fact: Event | Command | Wake, now: datetime) -> date:
    """The day an assessment is for: the latest day that any event named, and for a wake at least its own.

    A date beyond tomorrow is a slip of the pen and counts as tomorrow (calendars run ahead of UTC by a day at most).
    """
    heard = max(borrower.heard_to, fact.at.date()) if isinstance(fact, Wake) else borrower.heard_to
    return min(heard, now.date() + timedelta(days=1))


def model_questions(
    borrower: Borrower, facts: Iterable[Event | Command | Wake], now: datetime
) -> Mapping[str, tuple[float, ...]]:
    """Every vector that `decide` may ask a model about while *facts* are applied in this order, by its fingerprint."""
    questions: dict[str, tuple[float, ...]] = {}
    for fact in facts:
        borrower = evolve(borrower, fact)
        if _is_news(borrower, fact) and _has_loan(borrower):
            at = fact.at if isinstance(fact, Wake) else now
            vector = model_inputs(borrower, day_of(borrower, fact, at))
            questions[fingerprint_of(vector)] = vector
    return questions


def _remember(borrower: Borrower, event: RiskAssessed) -> Borrower:
    return replace(borrower, assessed=Assessed(event.digest or "", event.valid_until))


def _dated(event_type: type[Event], change: Change) -> Change:
    """*change*, after which the days up to which repayments, and all sources, were heard are kept."""
    heard_on, tells = HEARD_ON.get(event_type), event_type in TOLD_ON
    if heard_on is None:
        return change

    def apply(borrower: Borrower, event: Any) -> Borrower:
        day, changed = heard_on(event), change(borrower, event)
        told_to = max(changed.told_to, day) if tells else changed.told_to
        if told_to == changed.told_to and day <= changed.heard_to:
            return changed
        return replace(changed, told_to=told_to, heard_to=max(changed.heard_to, day))

    return apply


_UNDATED_CHANGES: Final[Mapping[type[Event], Change]] = {
    LoanOpened: open_loan,
    LoanImported: import_loan,
    **dict.fromkeys(LOAN_CHANGES, change_loan),
    **CONDUCT_CHANGES,
    RiskAssessed: _remember,
}
CHANGES: Final[Mapping[type, Change]] = {kind: _dated(kind, change) for kind, change in _UNDATED_CHANGES.items()}

NEWS: Final[frozenset[type]] = frozenset(
    {
        LoanOpened,
        LoanImported,
        LoanRescheduled,
        ScheduleRestored,
        LoanClosed,
        LoanChargedOff,
        FactVoided,
        StatementIssued,
        PaymentReceived,
        PaymentReversed,
        PaymentFailed,
        ChargebackPosted,
        DelinquencyChanged,
        LoanCured,
        PromiseKept,
        PromisePartlyKept,
        PromiseBroken,
        PromiseRejudged,
        ArrangementAgreed,
        ArrangementBroken,
        ArrangementCompleted,
        ReplyReceived,
        ConversationHeld,
        ContactReported,
        Wake,
    }
)
"""What may call for an assessment. Left out: an instalment missed, because the change of delinquency that it causes is
told beside it and says more; a contact sent, because silence is only silence after a while, and the monthly wake sees
it; what is planned, deferred or withheld, because it is our doing and not the borrower's; a promise made, because it
is worth what becomes of it; hardships, causes, disputes and complaints, because they route by themselves."""


def _is_news(borrower: Borrower, fact: Event | Command | Wake) -> bool:
    """Money on a loan that is past due changes what is past due: that is told next, and assessed once, then."""
    if type(fact) not in NEWS:
        return False
    if not isinstance(fact, PaymentReceived | PaymentReversed | ChargebackPosted):
        return True
    return not any(loan.id == fact.loan_id and loan.overdue and loan.ended == "no" for loan in borrower.loans)


def _has_loan(borrower: Borrower) -> bool:
    return any(loan.ended != "closed" for loan in borrower.loans)


def _was_said(borrower: Borrower, as_of: date, digest: str) -> bool:
    """Whether the last assessment says the same and still holds."""
    last = borrower.assessed
    return last is not None and last.digest == digest and as_of <= last.valid_until
