"""What each fact leaves in a loan: one row, put in its place; taking the row out again makes the fact never have been.

Rows are kept sorted, so the loan is the same whatever the order its facts came in.
"""

from bisect import insort
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from services.ingest.domain.borrower import (
    NOTHING_UNUSUAL,
    Adjustment,
    Charge,
    Classified,
    Credit,
    Loan,
    Pause,
    Restoral,
    Resume,
    Reversal,
    Revision,
    Servicing,
    Statement,
    Takeover,
    Withdrawn,
)
from services.ingest.domain.facts import Posted, second_of
from services.ingest.domain.schedule import pack, scheduled, taken_over
from shared.events import Event
from shared.events.repayments import (
    BalanceAdjusted,
    ChargebackPosted,
    DelinquencyPaused,
    DelinquencyResumed,
    FeeCharged,
    LoanAccelerated,
    LoanChargedOff,
    LoanClassified,
    LoanClosed,
    LoanImported,
    LoanOpened,
    LoanRescheduled,
    PaymentReceived,
    PaymentReversed,
    ScheduleRestored,
    StatementIssued,
)

Row: TypeAlias = Any
Entry: TypeAlias = tuple[str, Row]


def open_loan(fact: LoanOpened, at: int) -> Loan:
    """The loan as it begins; one taken over begins with what was unpaid."""
    instalments = scheduled(fact.instalments)
    servicing = None
    if isinstance(fact, LoanImported):
        instalments = taken_over(fact.instalments, fact.unpaid, fact.as_of)
        servicing = Servicing(takeover=Takeover(fact.as_of, at))
    return Loan(
        product=fact.product,
        currency=fact.currency,
        opened_on=fact.opened_on,
        schedule=pack(instalments),
        grace=fact.grace_days,
        bucket_set=fact.bucket_set,
        revolving=fact.kind == "revolving",
        servicing=servicing,
    )


def enter(loan: Loan, posted: Posted) -> Loan:
    """*loan* with the rows of *posted*; most facts leave one, some none."""
    fact = posted.fact
    if isinstance(fact, PaymentReversed):
        return _put(loan, "reversals", _reversal(fact, posted))
    if isinstance(fact, FeeCharged):
        return _put(loan, "fees", _fee(fact, posted))
    for name, row in _entries_of(fact, posted.at):
        loan = _put(loan, name, row)
    return loan


def strike(loan: Loan, fact: Event, at: int) -> Loan:
    """*loan* as if *fact*, recorded in the second *at*, had never been; a payment goes with its reversal."""
    servicing = loan.servicing or NOTHING_UNUSUAL
    gone = list(_entries_of(fact, at))
    if isinstance(fact, PaymentReceived | PaymentReversed):
        gone += [("reversals", one) for one in servicing.reversals if one.payment_id == fact.payment_id]
    if isinstance(fact, FeeCharged):
        gone += [("fees", one) for one in servicing.fees if one.charge_id == fact.fee_id]
    for name, row in gone:
        loan = _take(loan, name, row)
    return loan


def withdrawn(before: Loan, after: Loan, fact: Event) -> Withdrawn | None:
    """What striking *fact* did to the money received; None when nothing, as for a payment that was reversed already."""
    if not isinstance(fact, PaymentReceived | PaymentReversed | ChargebackPosted):
        return None
    amount, value_on = _received(before) - _received(after), fact.value_on
    if isinstance(fact, PaymentReversed):
        reversals = (before.servicing or NOTHING_UNUSUAL).reversals
        value_on = next((one.value_on for one in reversals if one.payment_id == fact.payment_id), None)
    return Withdrawn(amount, value_on) if amount and value_on else None


def _received(loan: Loan) -> Decimal:
    servicing = loan.servicing or NOTHING_UNUSUAL
    reversed_, charged_back = _total(servicing.reversals), _total(servicing.chargebacks)
    return _total(loan.credits) - reversed_ - charged_back


def _total(rows: Iterable[Credit | Reversal | Charge]) -> Decimal:
    return sum((row.amount for row in rows), Decimal(0))


def is_untouched(loan: Loan) -> bool:
    """Whether nothing has happened to the loan since it was opened or taken over."""
    return not loan.credits and replace(loan.servicing or NOTHING_UNUSUAL, takeover=None) == NOTHING_UNUSUAL


def _entries_of(fact: Event, at: int) -> tuple[Entry, ...]:
    """The rows that *fact* stands for, each with the field it belongs to."""
    made = _ENTRIES.get(type(fact))
    return made(fact, at) if made else ()


def _put(loan: Loan, name: str, row: Row) -> Loan:
    if name == "credits":
        return replace(loan, credits=_with(loan.credits, row))
    servicing = loan.servicing or NOTHING_UNUSUAL
    changed: dict[str, Any] = {name: _with(getattr(servicing, name), row)}
    return replace(loan, servicing=replace(servicing, **changed))


def _take(loan: Loan, name: str, row: Row) -> Loan:
    if name == "credits":
        return replace(loan, credits=_without(loan.credits, row))
    if loan.servicing is None:
        return loan
    changed: dict[str, Any] = {name: _without(getattr(loan.servicing, name), row)}
    servicing = replace(loan.servicing, **changed)
    return replace(loan, servicing=None if servicing == NOTHING_UNUSUAL else servicing)


def _with(rows: tuple[Row, ...], row: Row) -> tuple[Row, ...]:
    if not rows or rows[-1] <= row:
        return (*rows, row)
    longer = list(rows)
    insort(longer, row)
    return tuple(longer)


def _without(rows: tuple[Row, ...], row: Row) -> tuple[Row, ...]:
    if row not in rows:
        return rows
    index = rows.index(row)
    return rows[:index] + rows[index + 1 :]


def _reversal(fact: PaymentReversed, posted: Posted) -> Reversal:
    payment = posted.about
    assert isinstance(payment, PaymentReceived), "a reversal travels with its payment"
    assert posted.about_time is not None, "and with the time of it"
    return Reversal(payment.value_on, payment.amount, second_of(posted.about_time), fact.payment_id, posted.at)


def _fee(fact: FeeCharged, posted: Posted) -> Charge:
    """Owed from the day it was charged, which core banking does not state: its own day, or the due date if earlier."""
    return Charge(fact.due_on, fact.amount, posted.at, fact.fee_id, min(fact.due_on, posted.recorded_on))


def _chargeback(fact: ChargebackPosted, at: int) -> tuple[Entry, ...]:
    return (("chargebacks", Charge(fact.value_on, fact.amount, at, fact.chargeback_id, fact.value_on)),)


def _adjustment(fact: BalanceAdjusted, at: int) -> tuple[Entry, ...]:
    """A waiver without an instalment works like money: the oldest unpaid first."""
    marks: tuple[Entry, ...] = (("waivers", fact.effective_on),) if fact.kind == "waiver" else ()
    if fact.instalment is None and fact.amount < 0:
        return (("credits", Credit(fact.effective_on, -fact.amount, at)), *marks)
    row = Adjustment(fact.effective_on, fact.amount, at, fact.adjustment_id, fact.instalment)
    return (("adjustments", row), *marks)


def _statement(fact: StatementIssued, _at: int) -> tuple[Entry, ...]:
    minimum = fact.amount if fact.minimum_due is None else fact.minimum_due
    row = Statement(fact.issued_on, fact.due_on, fact.amount, max(minimum, Decimal(0)), fact.period)
    return (("statements", row),)


_ENTRIES: Final[Mapping[type[Event], Callable[[Any, int], tuple[Entry, ...]]]] = MappingProxyType(
    {
        PaymentReceived: lambda f, at: (("credits", Credit(f.value_on, f.amount, at)),),
        LoanClosed: lambda f, _: (("closings", f.on),),
        LoanChargedOff: lambda f, _: (("charge_offs", f.on),),
        LoanAccelerated: lambda f, _: (("accelerations", f.effective_on),),
        LoanClassified: lambda f, at: (("classes", Classified(f.on, at, f.asset_class)),),
        DelinquencyPaused: lambda f, at: (("pauses", Pause(f.from_on, f.until_on, at)),),
        DelinquencyResumed: lambda f, at: (("resumes", Resume(f.on, at)),),
        LoanRescheduled: lambda f, at: (
            ("revisions", Revision(f.effective_on, at, f.revision_id, pack(scheduled(f.instalments)))),
        ),
        ScheduleRestored: lambda f, _: (("restorals", Restoral(f.effective_on, f.revision_id)),),
        ChargebackPosted: _chargeback,
        BalanceAdjusted: _adjustment,
        StatementIssued: _statement,
    }
)
