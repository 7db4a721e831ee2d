"""Making promises: the bounds on both sides, what replaces what, and repeats."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from services.feedback.domain.borrower import Borrower, blank
from services.feedback.domain.commands import MakePromise, RaiseDispute
from services.feedback.domain.context import Context, Heads
from services.feedback.domain.decide import decide
from services.feedback.domain.evolve import evolve
from services.feedback.domain.policy import CN
from services.feedback.domain.waking import wake_at
from shared.events import (
    DisputeRaised,
    LoanClosed,
    LoanCured,
    LoanOpened,
    PaymentReceived,
    PromiseBroken,
    PromiseMade,
    PromiseSuperseded,
    Wake,
)
from shared.refusal import BadValue, Refusal

MORNING = datetime(2025, 3, 3, 2, tzinfo=UTC)
TODAY = date(2025, 3, 3)
ASK = MakePromise("p1", ("L1",), Decimal(200), "CNY", date(2025, 3, 7), 2)


def opened(loan_id, currency="CNY"):
    return LoanOpened(loan_id, "c1", "cash", currency, Decimal(1000), date(2025, 1, 1), jurisdiction="CN")


def borrower():
    state = blank("c1")
    for loan in (opened("L1"), opened("L2"), opened("L3"), opened("U1", "USD"), opened("GONE")):
        state = evolve(state, loan)
    return evolve(state, LoanClosed("GONE", TODAY))


def tell(state, fact, context=None):
    """One turn of the fold: the state after *fact* and what followed, and that."""
    state = evolve(state, fact)
    said = decide(state, fact, context or Context(MORNING))
    assert not isinstance(said, Refusal), said
    for event in said:
        state = evolve(state, event)
    return state, list(said)


def on(day, hour=2):
    return Context(datetime(day.year, day.month, day.day, hour, tzinfo=UTC))


def settle(state, day):
    """Wake when the state asks, the bank having closed *day*."""
    at = wake_at(state)
    return tell(state, Wake(at), Context(at, heads=Heads(day + timedelta(days=1), heard_out=True)))


def test_a_promise_says_what_was_promised_and_from_when_it_can_be_judged():
    said = decide(borrower(), replace(ASK, loan_ids=("L2", "L1", "L2")), Context(MORNING))
    assert said == (
        PromiseMade(
            "p1", ("L1", "L2"), Decimal(200), "CNY", date(2025, 3, 7), 2,
            made_on=TODAY, via="agent", judged_from=datetime(2025, 3, 9, 16, tzinfo=UTC),
        ),
    )  # fmt: skip


def test_the_day_of_a_promise_is_the_banks_and_not_greenwichs():
    (made,) = decide(borrower(), ASK, Context(datetime(2025, 3, 3, 16, tzinfo=UTC)))
    assert made.made_on == date(2025, 3, 4)


BOUNDS = {
    "the smallest amount": ({"amount": Decimal(10)}, None),
    "a little less": ({"amount": Decimal("9.99")}, "amount-too-small"),
    "nothing": ({"amount": Decimal(0)}, "amount-too-small"),
    "less than nothing": ({"amount": Decimal(-5)}, "amount-too-small"),
    "due today": ({"due_on": TODAY}, None),
    "due yesterday": ({"due_on": date(2025, 3, 2)}, "due-date-past"),
    "due as far ahead as may be": ({"due_on": date(2025, 4, 3)}, None),
    "due a day further": ({"due_on": date(2025, 4, 4)}, "due-date-too-far"),
    "due on the last day there is": ({"due_on": date.max}, "due-date-too-far"),
    "the longest tolerance": ({"tolerance_days": 5}, None),
    "a day more of tolerance": ({"tolerance_days": 6}, "tolerance-too-long"),
    "endless tolerance": ({"tolerance_days": 2**31 - 1}, "tolerance-too-long"),
    "no loan": ({"loan_ids": ()}, "no-loans"),
    "somebody else's loan": ({"loan_ids": ("L1", "X")}, "unknown-loan"),
    "a closed loan": ({"loan_ids": ("GONE",)}, "loan-closed"),
    "a loan in another currency": ({"loan_ids": ("L1", "U1")}, "currency-mismatch"),
    "another currency than the loan's": ({"currency": "USD"}, "currency-mismatch"),
    "eleven loans": ({"loan_ids": tuple(f"X{n}" for n in range(11))}, "too-many-loans"),
}


@pytest.mark.parametrize(("change", "code"), BOUNDS.values(), ids=BOUNDS)
def test_every_bound_of_a_promise_on_both_sides(change, code):
    said = decide(borrower(), replace(ASK, **change), Context(MORNING))
    assert said.code == code if isinstance(said, Refusal) else code is None


def test_a_refusal_never_repeats_what_was_sent():
    said = decide(borrower(), replace(ASK, loan_ids=("planted-loan",)), Context(MORNING))
    assert "planted" not in repr(said)


def test_an_amount_finer_than_its_currency_cannot_even_be_asked():
    with pytest.raises(BadValue):
        replace(ASK, amount=Decimal("10.001"))


def test_a_repeat_is_answered_with_nothing_even_when_its_day_is_over():
    state, _ = tell(borrower(), ASK)
    assert decide(state, replace(ASK, amount=Decimal("200.00")), on(date(2025, 3, 9))) == ()


@pytest.mark.parametrize(
    "change", [{"amount": Decimal(201)}, {"due_on": date(2025, 3, 8)}, {"tolerance_days": 1}, {"loan_ids": ("L2",)}]
)
def test_the_same_id_with_other_content_is_a_contradiction(change):
    state, _ = tell(borrower(), ASK)
    assert decide(state, replace(ASK, **change), Context(MORNING)).code == "contradiction"


def test_an_id_that_named_a_dispute_cannot_name_a_promise():
    state, _ = tell(borrower(), RaiseDispute("p1", ("L2",), "amount"))
    assert decide(state, ASK, Context(MORNING)).code == "contradiction"


def test_a_newer_promise_on_an_overlapping_loan_replaces_the_older():
    state, _ = tell(borrower(), replace(ASK, loan_ids=("L1", "L2")))
    state, said = tell(state, replace(ASK, promise_id="p2", loan_ids=("L2", "L3")))
    assert said[1:] == [PromiseSuperseded("p1", ("L1", "L2"), "new_promise", superseded_by="p2")]
    assert [(p.id, p.outcome) for p in state.promises] == [("p1", "superseded"), ("p2", None)]
    assert state.tally.superseded == 1


def test_promises_on_different_loans_stand_side_by_side_up_to_the_limit():
    state, _ = tell(borrower(), ASK)
    state, said = tell(state, replace(ASK, promise_id="p2", loan_ids=("L2",)))
    assert len(said) == 1
    third = decide(state, replace(ASK, promise_id="p3", loan_ids=("L3",)), Context(MORNING))
    assert third.code == "too-many-open-promises"


def test_a_fulfilled_promise_is_neither_replaced_nor_counted_against_the_limit():
    state, _ = tell(borrower(), ASK)
    state, _ = tell(state, PaymentReceived("x", "L1", Decimal(200), TODAY, "repayment"))
    for n, loan_id in enumerate(("L1", "L2")):
        state, said = tell(state, replace(ASK, promise_id=f"q{n}", loan_ids=(loan_id,)))
        assert len(said) == 1


def test_a_promise_whose_days_are_over_cannot_be_replaced_to_escape_judgement():
    state, _ = tell(borrower(), ASK)
    last, after = date(2025, 3, 9), date(2025, 3, 10)
    again = replace(ASK, promise_id="p2", due_on=date(2025, 3, 20))
    assert len(decide(state, again, on(last))) == 2
    assert len(decide(state, again, on(after))) == 1


def test_after_too_many_broken_promises_a_person_must_decide():
    state, day = borrower(), TODAY
    for n in range(3):
        ask = replace(ASK, promise_id=f"p{n}", due_on=day, tolerance_days=0)
        state, said = tell(state, ask, on(day))
        state, said = settle(state, day)
        assert isinstance(said[0], PromiseBroken)
        day += timedelta(days=1)
    ask = replace(ASK, promise_id="p9", due_on=day)
    assert decide(state, ask, on(day)).code == "too-many-broken-promises"
    fresh = TODAY + timedelta(days=CN.promises.memory_days + 1)
    assert len(decide(state, replace(ask, due_on=fresh), on(fresh))) == 1


def test_a_promise_can_be_put_off_only_so_often():
    state, _ = tell(borrower(), ASK)
    for n in range(2):
        state, _ = tell(state, replace(ASK, promise_id=f"q{n}"))
    assert decide(state, replace(ASK, promise_id="q9"), Context(MORNING)).code == "too-many-replaced-promises"


def test_a_promise_on_a_loan_that_closes_has_lost_its_object():
    state, _ = tell(borrower(), replace(ASK, loan_ids=("L1", "L2")))
    state, said = tell(state, LoanClosed("L1", TODAY))
    assert said == []
    state, said = tell(state, LoanClosed("L2", TODAY))
    assert said == [PromiseSuperseded("p1", ("L1", "L2"), "loan_closed")]


def test_a_fulfilled_promise_on_a_loan_that_closes_is_still_judged():
    state, _ = tell(borrower(), ASK)
    state, _ = tell(state, PaymentReceived("x", "L1", Decimal(200), TODAY, "repayment"))
    assert tell(state, LoanClosed("L1", TODAY))[1] == []


@pytest.mark.parametrize(("because", "released"), [("waiver", 1), ("payment", 0)])
def test_what_is_waived_need_not_be_paid(because, released):
    state, _ = tell(borrower(), ASK)
    assert len(tell(state, LoanCured("L1", TODAY, because, date(2025, 2, 1)))[1]) == released


def test_nobody_is_held_to_a_promise_about_a_debt_they_dispute():
    state, _ = tell(borrower(), ASK)
    state, said = tell(state, RaiseDispute("d1", ("L1",), "not_mine"))
    assert [type(event) for event in said] == [DisputeRaised, PromiseSuperseded]
    assert said[1].reason == "dispute"


def test_what_was_never_heard_of_leaves_the_state_as_it_is():
    assert evolve(blank("c1"), object()) == Borrower()
    assert decide(blank("c1"), object(), Context(MORNING)) == []
