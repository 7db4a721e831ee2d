"""What follows from a fact of core banking, or from a day that passed: what ingest says to the other houses."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Literal

from services.ingest.domain.admission import loan_id_of
from services.ingest.domain.borrower import NOTHING_UNUSUAL, Borrower, Loan, Standing, Withdrawn
from services.ingest.domain.context import Context
from services.ingest.domain.facts import Posted
from services.ingest.domain.figures import Figures, figures_on
from services.ingest.domain.grading import Rules, grade, rules_for
from services.ingest.domain.stages import Facing
from shared.events import Event, Wake
from shared.events.lateness import DelinquencyChanged, InstalmentComingDue, InstalmentMissed, LoanCured
from shared.events.repayments import BalanceAdjusted, FactVoided, LoanOpened, PaymentReceived, PaymentReversed
from shared.refusal import Refusal

Cause = Literal["payment", "waiver"]


def decide(state: Borrower, heard: Posted | Wake, context: Context) -> Sequence[Event] | Refusal:
    """What to say, now that *state* has heard *heard*: the fact itself as an event first, then what follows from it."""
    if isinstance(heard, Wake):
        # Storing a state sorts its loans: what is said, and in which order, must not rest on when it was stored.
        return [event for loan_id in sorted(state.loans) for event in what_follows(state, loan_id, heard, context)]
    if state.refused is not None:
        return state.refused
    return _refuse_rules(heard.fact, context) or [
        announced(heard, context, state.withdrawn),
        *what_follows(state, loan_id_of(heard) or "", heard, context),
    ]


def announced(posted: Posted, context: Context, withdrawn: Withdrawn | None = None) -> Event:
    """The fact as the other houses hear it, with what only ingest can add."""
    fact, about = posted.fact, posted.about
    if isinstance(fact, LoanOpened) and fact.jurisdiction is None:
        return replace(fact, jurisdiction=context.jurisdiction)
    if isinstance(fact, PaymentReversed) and isinstance(about, PaymentReceived):
        return replace(fact, amount=about.amount, value_on=about.value_on)
    if isinstance(fact, FactVoided) and about is not None:
        told = replace(fact, loan_id=loan_id_of(posted))
        return told if posted.about_gone else _voided(told, about, withdrawn)
    return fact


def _voided(fact: FactVoided, about: Event, withdrawn: Withdrawn | None) -> FactVoided:
    amount, value_on = withdrawn or (None, None)
    return replace(fact, voided=type(about).__name__, voided_id=_own_id(about), amount=amount, value_on=value_on)


def what_follows(state: Borrower, loan_id: str, heard: Posted | Wake, context: Context) -> Iterator[Event]:
    """What is new about one loan on the day *state* stands on; nothing before the first business date."""
    loan, today = state.loans.get(loan_id), state.aged_on
    if loan is None or today is None:
        return
    figures, rules = figures_on(loan, today), rules_for(loan, context, today)
    yield from _missed(loan_id, loan, figures)
    yield from _change(loan_id, loan, figures, rules, today)
    yield from _cure(loan_id, loan, figures, heard, today)
    yield from _coming_due(loan_id, loan, figures, today, context.coming_due_days)


def _missed(loan_id: str, loan: Loan, figures: Figures) -> Iterator[InstalmentMissed]:
    """Each instalment whose due date went by unpaid, once; a chargeback before the due date is not a missed one."""
    for late in figures.late:
        is_new = loan.missed_on is None or late.due_on > loan.missed_on
        if is_new and not late.is_early:
            yield InstalmentMissed(loan_id, late.number, late.due_on, late.amount, loan.currency, late.revision_id)


def _change(loan_id: str, loan: Loan, figures: Figures, rules: Rules, today: date) -> Iterator[DelinquencyChanged]:
    before = loan.standing or Standing(stage=rules.stages.stage_of(Facing()))
    after = grade(loan, figures, today, rules)
    if before == after:
        return
    yield DelinquencyChanged(
        loan_id=loan_id,
        as_of=today,
        delinquent_amount=after.amount,
        currency=loan.currency,
        bucket_from=before.bucket,
        bucket_to=after.bucket,
        stage=after.stage,
        overdue_since=after.overdue_since,
        stage_from=before.stage,
        outstanding=figures.outstanding,
        unpaid_instalments=len(figures.late),
        delinquent_days=figures.delinquent_days,
        paused=figures.paused,
        next_past_due_days=after.next_past_due_days,
        next_delinquent_days=after.next_delinquent_days,
    )


def _cure(loan_id: str, loan: Loan, figures: Figures, heard: Posted | Wake, today: date) -> Iterator[LoanCured]:
    """Past due before, nothing past due now, and it was money or a waiver that did it."""
    before = loan.standing
    if before is None or before.overdue_since is None or figures.overdue_since is not None:
        return
    cause = _cause(loan, heard, today) if figures.status not in ("closed", "not-opened") else None
    if cause is not None:
        yield LoanCured(loan_id, today, cause, before.overdue_since, before.bucket)


def _cause(loan: Loan, heard: Posted | Wake, today: date) -> Cause | None:
    """What cleared the arrears; on a wake, what took effect that day, unless a schedule did too."""
    if isinstance(heard, Posted):
        if isinstance(heard.fact, PaymentReceived):
            return "payment"
        is_waiver = isinstance(heard.fact, BalanceAdjusted) and heard.fact.kind == "waiver"
        return "waiver" if is_waiver else None
    servicing = loan.servicing or NOTHING_UNUSUAL
    schedules = {one.effective_on for one in servicing.revisions} | {one.effective_on for one in servicing.restorals}
    if today in schedules:
        return None
    if today in servicing.waivers:
        return "waiver"
    return "payment" if any(credit.value_on == today for credit in loan.credits) else None


def _coming_due(loan_id: str, loan: Loan, figures: Figures, today: date, days: int) -> Iterator[InstalmentComingDue]:
    if figures.status != "active":
        return
    for due, unpaid in figures.ahead:
        before = (due.due_on - today).days
        if before <= days and (loan.coming_on is None or due.due_on > loan.coming_on):
            yield InstalmentComingDue(loan_id, due.number, due.due_on, unpaid, loan.currency, before, due.revision_id)


def _refuse_rules(fact: Event, context: Context) -> Refusal | None:
    if isinstance(fact, LoanOpened) and fact.bucket_set not in context.bucket_sets:
        return Refusal("unknown-bucket-set", "no bucket set has this name", ("/bucket_set",))
    return None


def _own_id(fact: Event) -> str | None:
    """The identity under which the other houses know *fact*, if it has one."""
    names = ("payment_id", "attempt_id", "revision_id", "chargeback_id", "fee_id", "adjustment_id", "period")
    return next((value for name in names if (value := getattr(fact, name, None)) is not None), None)
