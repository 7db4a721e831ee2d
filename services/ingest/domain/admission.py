"""Which facts a borrower's loans can take: what contradicts what is known is refused, in words that repeat nothing.

A fact is judged against its own day, and against the facts known before it.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from services.ingest.domain.borrower import NOTHING_UNUSUAL, Credit, Loan, Resume
from services.ingest.domain.dates import refuse_dates
from services.ingest.domain.facts import Posted, loan_of, second_of
from services.ingest.domain.figures import figures_on
from services.ingest.domain.ledger import is_untouched
from services.ingest.domain.openings import refuse_opening, refuse_revision
from services.ingest.domain.pauses import meant_by, overlaps, windows_of
from services.ingest.domain.schedule import unpack
from shared.events import Event
from shared.events.repayments import (
    BalanceAdjusted,
    ChargebackPosted,
    DelinquencyPaused,
    DelinquencyResumed,
    FactVoided,
    FeeCharged,
    LoanChargedOff,
    LoanClosed,
    LoanOpened,
    LoanRescheduled,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    ScheduleRestored,
    StatementIssued,
)
from shared.money import fits_currency
from shared.refusal import Refusal

Rule: TypeAlias = Callable[[Any, Loan, Posted], Refusal | None]

UNKNOWN_LOAN: Final = Refusal("unknown-loan", "this loan is not known yet", ("/loan_id",))
_FOR_GOOD: Final = ("unknown-bucket-set", "unknown-instalment")
_ANOTHER_LOAN: Final = Refusal("another-loan", "the payment was made on another loan", ("/loan_id",))
NOT_ACTIVE: Final = Refusal("loan-not-active", "the loan was not active on the day of this fact")


def refusal_of(loans: Mapping[str, Loan], posted: Posted) -> Refusal | None:
    """Why *posted* cannot be taken; None when it can."""
    return refuse_dates(posted.fact) or _refuse_here(loans, posted)


def _refuse_here(loans: Mapping[str, Loan], posted: Posted) -> Refusal | None:
    fact = posted.fact
    if isinstance(fact, LoanOpened):
        return refuse_opening(fact, already_open=fact.loan_id in loans)
    loan = loans.get(loan_id_of(posted) or "")
    if loan is None:
        return _ANOTHER_LOAN if _is_elsewhere(posted) else UNKNOWN_LOAN
    rule = _RULES.get(type(fact))
    return _refuse_amounts(fact, loan) or (rule(fact, loan, posted) if rule else None)


def is_early(refusal: Refusal) -> bool:
    """Whether what *refusal* misses may still arrive as a fact."""
    return refusal.code.startswith("unknown-") and refusal.code not in _FOR_GOOD


def loan_id_of(posted: Posted) -> str | None:
    """The loan that *posted* touches, if need be through the fact it is about."""
    loan_id = loan_of(posted.fact)
    return loan_of(posted.about) if loan_id is None and posted.about is not None else loan_id


def _refuse_amounts(fact: Event, loan: Loan) -> Refusal | None:
    """Every amount fits the loan's currency; what moves money is above zero."""
    for field in fields(fact):  # type: ignore[arg-type]  # every event is a dataclass
        amount = getattr(fact, field.name)
        if not isinstance(amount, Decimal):
            continue
        if not fits_currency(amount, loan.currency):
            return Refusal("currency-decimals", "more decimals than the loan's currency has", (f"/{field.name}",))
        if isinstance(fact, _ABOVE_ZERO) and amount <= 0:
            return Refusal("amount-not-positive", "the amount must be above zero", (f"/{field.name}",))
    return None


def _is_elsewhere(posted: Posted) -> bool:
    """Whether a reversal names another loan than its payment did; it may be another borrower's."""
    fact, payment = posted.fact, posted.about
    return isinstance(fact, PaymentReversed) and payment is not None and loan_of(payment) != fact.loan_id


def _reversal(fact: PaymentReversed, loan: Loan, posted: Posted) -> Refusal | None:
    payment = posted.about
    if not isinstance(payment, PaymentReceived) or posted.about_time is None or posted.about_gone:
        return Refusal("unknown-payment", "this payment is not known yet", ("/payment_id",))
    if _is_elsewhere(posted):
        return _ANOTHER_LOAN
    reversals = (loan.servicing or NOTHING_UNUSUAL).reversals
    if any(one.payment_id == fact.payment_id for one in reversals):
        return Refusal("already-reversed", "this payment was reversed before", ("/payment_id",))
    credit = Credit(payment.value_on, payment.amount, second_of(posted.about_time))
    if loan.credits.count(credit) <= sum(one[:3] == credit for one in reversals):
        return Refusal("payment-voided", "this payment never was", ("/payment_id",))
    return None


def _closing(fact: LoanClosed, loan: Loan, _posted: Posted) -> Refusal | None:
    if (loan.servicing or NOTHING_UNUSUAL).closings:
        return Refusal("already-closed", "the loan was closed before")
    return _before_opening(fact.on < loan.opened_on, "/on")


def _charge_off(fact: LoanChargedOff, loan: Loan, _posted: Posted) -> Refusal | None:
    if (loan.servicing or NOTHING_UNUSUAL).charge_offs:
        return Refusal("already-charged-off", "the loan was charged off before")
    return _before_opening(fact.on < loan.opened_on, "/on")


def _pause(fact: DelinquencyPaused, loan: Loan, posted: Posted) -> Refusal | None:
    if fact.from_on >= fact.until_on:
        return Refusal("pause-without-days", "a pause ends after it starts", ("/from_on", "/until_on"))
    if not figures_on(loan, posted.recorded_on).is_active:
        return NOT_ACTIVE
    if overlaps(windows_of(loan), fact.from_on, fact.until_on):
        return Refusal("pauses-overlap", "another pause is in effect on some of these days", ("/from_on", "/until_on"))
    return _before_opening(fact.from_on < loan.opened_on, "/from_on")


def _resume(fact: DelinquencyResumed, loan: Loan, posted: Posted) -> Refusal | None:
    if fact.on != posted.recorded_on:
        return Refusal("resume-not-today", "a resume is dated the day it is recorded", ("/on",))
    if not figures_on(loan, posted.recorded_on).is_active:
        return NOT_ACTIVE
    servicing = loan.servicing or NOTHING_UNUSUAL
    if any(one.on == fact.on for one in servicing.resumes):
        return Refusal("already-resumed", "one resume a day", ("/on",))
    if meant_by(Resume(fact.on, posted.at), servicing.pauses, servicing.resumes) is None:
        return Refusal("unknown-pause", "no pause known by then holds this date", ("/on",))
    return None


def _revision(fact: LoanRescheduled, loan: Loan, _posted: Posted) -> Refusal | None:
    if loan.revolving:
        return Refusal("no-schedule", "a revolving account has no schedule to revise")
    if any(one.revision_id == fact.revision_id for one in (loan.servicing or NOTHING_UNUSUAL).revisions):
        return Refusal("revision-repeats", "this revision is known already", ("/revision_id",))
    return refuse_revision(fact, loan.currency, loan.opened_on)


def _restoral(fact: ScheduleRestored, loan: Loan, _posted: Posted) -> Refusal | None:
    servicing = loan.servicing or NOTHING_UNUSUAL
    revision = next((one for one in servicing.revisions if one.revision_id == fact.revision_id), None)
    if revision is None:
        return Refusal("unknown-revision", "this revision is not known yet", ("/revision_id",))
    if any(one.revision_id == fact.revision_id for one in servicing.restorals):
        return Refusal("already-restored", "this revision was undone before", ("/revision_id",))
    if fact.effective_on < revision.effective_on:
        return Refusal("restored-too-early", "a revision is undone on or after its own date", ("/effective_on",))
    return None


def _adjustment(fact: BalanceAdjusted, loan: Loan, _posted: Posted) -> Refusal | None:
    if fact.amount == 0 or (fact.kind == "waiver" and fact.amount > 0):
        return Refusal("amount-sign", "an adjustment changes something, and a waiver lowers it", ("/amount",))
    if fact.instalment is None or loan.revolving:
        return None
    schedules = [loan.schedule, *(one.schedule for one in (loan.servicing or NOTHING_UNUSUAL).revisions)]
    if any(one.number == fact.instalment for runs in schedules for one in unpack(runs)):
        return None
    return Refusal("unknown-instalment", "no schedule of the loan has this number", ("/instalment",))


def _statement(fact: StatementIssued, loan: Loan, _posted: Posted) -> Refusal | None:
    if not loan.revolving:
        return Refusal("not-revolving", "only revolving accounts are billed by statement")
    if any(one.period == fact.period for one in (loan.servicing or NOTHING_UNUSUAL).statements):
        return Refusal("statement-repeats", "this period was billed before", ("/period",))
    if fact.due_on < fact.issued_on:
        return Refusal("due-before-issue", "a statement falls due on or after its issue", ("/due_on",))
    return _before_opening(fact.issued_on < loan.opened_on, "/issued_on")


def _void(_fact: FactVoided, loan: Loan, posted: Posted) -> Refusal | None:
    if posted.about is None or posted.about_time is None:
        return Refusal("unknown-fact", "the fact to void is not known yet", ("/id",))
    if isinstance(posted.about, FactVoided):
        return Refusal("void-of-a-void", "a voided fact stays voided; post it again under a new id")
    if isinstance(posted.about, LoanOpened) and not posted.about_gone and not is_untouched(loan):
        return Refusal("loan-has-facts", "void first what rests on this loan")
    return None


def _before_opening(is_before: bool, pointer: str) -> Refusal | None:
    return Refusal("before-opening", "dated before the loan was opened", (pointer,)) if is_before else None


_ABOVE_ZERO: Final = (PaymentReceived, PaymentFailed, ChargebackPosted, FeeCharged)

_RULES: Final[Mapping[type[Event], Rule]] = MappingProxyType(
    {
        PaymentReversed: _reversal,
        LoanClosed: _closing,
        LoanChargedOff: _charge_off,
        DelinquencyPaused: _pause,
        DelinquencyResumed: _resume,
        LoanRescheduled: _revision,
        ScheduleRestored: _restoral,
        BalanceAdjusted: _adjustment,
        StatementIssued: _statement,
        FactVoided: _void,
    }
)
