"""The law of judging: any order of payments and wakes ends in the same verdict."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from services.feedback.domain.context import Heads
from services.feedback.domain.judgement import verdict_of
from services.feedback.domain.waking import wake_at
from shared.events import (
    PaymentReceived,
    PaymentReversed,
    PromiseBroken,
    PromiseKept,
    PromisePartlyKept,
    PromiseRejudged,
)
from tests.feedback.judging import LAST_ON, MADE_ON, promised, tell, woken

payments = st.builds(
    PaymentReceived,
    payment_id=st.sampled_from(["a", "b", "c", "d"]),
    loan_id=st.sampled_from(["L1", "L2", "L3"]),
    amount=st.integers(1, 250).map(Decimal),
    value_on=st.dates(MADE_ON - timedelta(days=2), LAST_ON + timedelta(days=2)),
    kind=st.sampled_from(["repayment", "repayment", "credit"]),
)
batches = st.lists(payments, max_size=4, unique_by=lambda payment: payment.payment_id)
heads = st.builds(
    Heads, st.none() | st.dates(MADE_ON, LAST_ON + timedelta(days=3)), heard_out=st.booleans()
) | st.none()  # fmt: skip


@st.composite
def stories(draw):
    """Payments, reversals after their payments, all perhaps told twice, with wakes in between."""
    batch = draw(batches)
    undone = [p for p in batch if draw(st.booleans())]
    facts = draw(
        st.permutations([*batch, *draw(st.lists(st.sampled_from(batch), max_size=3) if batch else st.just([]))])
    )
    facts = list(facts)
    for payment in undone:
        first = facts.index(payment)
        place = draw(st.integers(first + 1, len(facts)))
        facts.insert(place, PaymentReversed(payment.payment_id, payment.loan_id, LAST_ON))
    for _ in range(draw(st.integers(0, 3))):
        facts.insert(draw(st.integers(0, len(facts))), draw(heads))
    return batch, undone, facts


def expected_verdict(batch, undone):
    """An order-free reading of the rule."""
    total = sum(
        p.amount
        for p in batch
        if p.kind == "repayment" and p.loan_id != "L3" and MADE_ON <= p.value_on <= LAST_ON and p not in undone
    )
    return "kept" if total >= 200 else "partly_kept" if total > 0 else "broken"


@settings(max_examples=300, derandomize=True, deadline=None)
@given(stories())
def test_any_order_of_payments_and_wakes_ends_in_the_same_verdict(story):
    batch, undone, facts = story
    state = promised()
    verdicts = []
    for fact in facts:
        if fact is None or isinstance(fact, Heads):
            if wake_at(state) is None:
                continue
            state, said = woken(state, fact)
            closed = fact is not None and fact.heard_out and (fact.business_date or date.min) > LAST_ON
            assert bool(said) == closed, "judged exactly when the day is complete"
        else:
            before = state.promises[0].outcome
            state, said = tell(state, fact)
            changed = before is not None and verdict_of(state.promises[0]) != before
            assert bool(said) == changed, "judged again exactly when the class changes"
        verdicts += said
    if state.promises[0].outcome is None:
        state, said = woken(state)
        verdicts += said
    last = verdicts[-1]
    names = {PromiseKept: "kept", PromisePartlyKept: "partly_kept", PromiseBroken: "broken"}
    assert (last.verdict if isinstance(last, PromiseRejudged) else names[type(last)]) == expected_verdict(batch, undone)
    assert sum(state.tally) == 1
