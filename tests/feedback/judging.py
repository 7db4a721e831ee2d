"""A promise made, paid for and judged, for the tests of judging."""

from datetime import UTC, date, datetime
from decimal import Decimal

from services.feedback.domain.borrower import blank
from services.feedback.domain.commands import MakePromise
from services.feedback.domain.context import Context, Heads
from services.feedback.domain.decide import decide
from services.feedback.domain.evolve import evolve
from services.feedback.domain.waking import wake_at
from shared.events import (
    LoanOpened,
    PaymentReceived,
    Wake,
)
from shared.refusal import Refusal

MADE_ON, LAST_ON = date(2025, 3, 3), date(2025, 3, 9)
MORNING = datetime(2025, 3, 3, 2, tzinfo=UTC)
LATER = Context(datetime(2025, 3, 20, 2, tzinfo=UTC))
CLOSED = Heads(date(2025, 3, 10), heard_out=True)
ASK = MakePromise("p1", ("L1", "L2"), Decimal(200), "CNY", date(2025, 3, 7), 2)


def opened(loan_id, currency="CNY"):
    return LoanOpened(loan_id, "c1", "cash", currency, Decimal(1000), date(2025, 1, 1), jurisdiction="CN")


def tell(state, fact, context=LATER):
    state = evolve(state, fact)
    said = decide(state, fact, context)
    assert not isinstance(said, Refusal), said
    for event in said:
        state = evolve(state, event)
    return state, list(said)


def promised():
    state = blank("c1")
    for loan in (opened("L1"), opened("L2"), opened("L3")):
        state = evolve(state, loan)
    return tell(state, ASK, Context(MORNING))[0]


def paid(amount, payment_id="x", loan_id="L1", on=MADE_ON, kind="repayment"):
    return PaymentReceived(payment_id, loan_id, Decimal(amount), on, kind)


def woken(state, heads=CLOSED):
    at = wake_at(state)
    return tell(state, Wake(at), Context(at, heads=heads))


def after(*facts):
    state = promised()
    for fact in facts:
        state, _ = tell(state, fact)
    return state
