"""Judging promises: which money counts, when the day is known to be complete, and judging again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from services.feedback.domain.borrower import PAYMENTS_MAX, SETTLED_MAX, Borrower, blank
from services.feedback.domain.commands import ClaimHardship, ConfirmHardship
from services.feedback.domain.context import Context, Heads
from services.feedback.domain.decide import decide
from services.feedback.domain.evolve import evolve
from services.feedback.domain.judgement import look_at
from services.feedback.domain.policy import policies_of_bank
from services.feedback.domain.waking import wake_at
from shared.codec import decode, encode
from shared.events import (
    ChargebackPosted,
    FactVoided,
    PaymentReversed,
    PromiseBroken,
    PromiseKept,
    PromisePartlyKept,
    PromiseRejudged,
    Wake,
)
from tests.feedback.judging import (
    ASK,
    CLOSED,
    LAST_ON,
    LATER,
    MADE_ON,
    MORNING,
    after,
    opened,
    paid,
    promised,
    tell,
    woken,
)

COUNTED = {
    "all of it": ([paid(200)], PromiseKept),
    "all of it in two, over two loans": ([paid(150), paid(50, "y", "L2")], PromiseKept),
    "more than promised": ([paid(201)], PromiseKept),
    "a little less": ([paid("199.99")], PromisePartlyKept),
    "nothing": ([], PromiseBroken),
    "on the last day of tolerance": ([paid(200, on=LAST_ON)], PromiseKept),
    "a day after it": ([paid(200, on=LAST_ON + timedelta(days=1))], PromiseBroken),
    "with a value date before the promise": ([paid(200, on=MADE_ON - timedelta(days=1))], PromiseBroken),
    "on a loan not promised": ([paid(200, loan_id="L3")], PromiseBroken),
    "a goodwill credit": ([paid(200, kind="credit")], PromiseBroken),
    "a refund": ([paid(200, kind="refund")], PromiseBroken),
    "a recovery": ([paid(200, kind="recovery")], PromiseBroken),
    "the same payment told twice": ([paid(150), paid(150)], PromisePartlyKept),
    "paid and reversed": ([paid(200), PaymentReversed("x", "L1", LAST_ON)], PromiseBroken),
    "reversed, then told again": ([paid(200), PaymentReversed("x", "L1", LAST_ON), paid(200)], PromiseBroken),
    "half charged back": ([paid(200), ChargebackPosted("cb", "L1", Decimal(100), LAST_ON, "x")], PromisePartlyKept),
    "charged back and reversed: once is enough": (
        [paid(200), paid(200, "y"), ChargebackPosted("cb", "L1", Decimal(200), LAST_ON, "x"),
         PaymentReversed("x", "L1", LAST_ON)],
        PromiseKept,
    ),
    "a chargeback of no named payment": ([paid(200), ChargebackPosted("cb", "L1", Decimal(9), LAST_ON)], PromiseKept),
    "a chargeback that never was": (
        [paid(200), ChargebackPosted("cb", "L1", Decimal(9), LAST_ON, "x"),
         FactVoided("core", "7", "L1", "ChargebackPosted", "cb")],
        PromiseKept,
    ),
    "the id of a payment that never was, used again": (
        [paid(200), FactVoided("core", "7", "L1", "PaymentReceived", "x"), paid(200)],
        PromiseKept,
    ),
    "the reversal of a payment that never was, voided too": (
        [paid(200), PaymentReversed("x", "L1", LAST_ON), FactVoided("core", "7", "L1", "PaymentReceived", "x"),
         FactVoided("core", "8", "L1", "PaymentReversed", "x")],
        PromiseBroken,
    ),
    "a payment that never was": ([paid(200), FactVoided("core", "7", "L1", "PaymentReceived", "x")], PromiseBroken),
    "a reversal that never was": (
        [paid(200), PaymentReversed("x", "L1", LAST_ON), FactVoided("core", "8", "L1", "PaymentReversed", "x")],
        PromiseKept,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "verdict"), COUNTED.values(), ids=COUNTED)
def test_which_money_counts_for_a_promise(facts, verdict):
    _, said = woken(after(*facts))
    assert [type(event) for event in said] == [verdict]
    assert said[0].judged_on == CLOSED.business_date


def test_money_heard_of_before_the_promise_does_not_count_for_it():
    state = evolve(evolve(blank("c1"), opened("L1")), paid(200))
    state, _ = tell(state, replace(ASK, loan_ids=("L1",)), Context(MORNING))
    assert isinstance(woken(state)[1][0], PromiseBroken)


HEADS = {
    "nobody answered": (None, False),
    "no business date yet": (Heads(None, heard_out=True), False),
    "the last day is still open": (Heads(LAST_ON, heard_out=True), False),
    "the last day is closed, something is unheard": (Heads(date(2025, 3, 10), heard_out=False), False),
    "the last day is closed and all is heard": (Heads(date(2025, 3, 10), heard_out=True), True),
}


@pytest.mark.parametrize(("heads", "is_judged"), HEADS.values(), ids=HEADS)
def test_nothing_is_judged_before_its_day_is_known_to_be_complete(heads, is_judged):
    for state in (promised(), after(paid(200)), after(paid(50))):
        later, said = woken(state, heads)
        assert bool(said) == is_judged
        assert (wake_at(later) is None) == is_judged


def test_payments_alone_judge_nothing():
    assert tell(promised(), paid(200))[1] == []


def test_a_promise_first_asks_to_wake_when_its_last_day_is_over_at_the_bank():
    assert wake_at(promised()) == datetime(2025, 3, 9, 16, tzinfo=UTC)


def test_waiting_for_a_late_bank_grows_to_an_hour_and_never_ends():
    state, waits = promised(), []
    for _ in range(9):
        before = wake_at(state)
        state, _ = woken(state, None)
        waits.append((wake_at(state) - before) // timedelta(minutes=1))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_wake_that_was_not_for_the_promise_does_not_put_it_off():
    state = promised()
    assert wake_at(evolve(state, Wake(wake_at(state) - timedelta(minutes=1)))) == wake_at(state)


def test_a_part_kept_promise_tells_both_sums():
    _, said = woken(after(paid(50)))
    assert said == [
        PromisePartlyKept("p1", ("L1", "L2"), date(2025, 3, 10), Decimal(50), Decimal(200), "CNY"),
    ]


REJUDGED = {
    "a late file brings all of it": ([], paid(200), "broken", "kept", "payment"),
    "a late file brings a part": ([], paid(20), "broken", "partly_kept", "payment"),
    "the rest comes": ([paid(20)], paid(180, "y"), "partly_kept", "kept", "payment"),
    "it is reversed": ([paid(200)], PaymentReversed("x", "L1", LAST_ON), "kept", "broken", "reversal"),
    "one of two is reversed": (
        [paid(100), paid(100, "y")], PaymentReversed("y", "L1", LAST_ON), "kept", "partly_kept", "reversal",
    ),
    "some of it is charged back": (
        [paid(200)], ChargebackPosted("cb", "L1", Decimal(1), LAST_ON, "x"), "kept", "partly_kept", "chargeback",
    ),
    "it never was": ([paid(200)], FactVoided("s", "1", "L1", "PaymentReceived", "x"), "kept", "broken", "void"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "fact", "was", "verdict", "because"), REJUDGED.values(), ids=REJUDGED)
def test_a_promise_is_judged_again_when_the_money_changes_its_class(before, fact, was, verdict, because):
    state, _ = woken(after(*before))
    state, said = tell(state, fact)
    assert [(type(e), e.before, e.verdict, e.because) for e in said] == [(PromiseRejudged, was, verdict, because)]
    counts = state.tally._asdict()
    assert (counts[was], counts[verdict]) == (0, 1)
    assert tell(state, fact)[1] == []


SAME_CLASS = {
    "more than all": ([paid(200)], paid(50, "y")),
    "a little more of a part": ([paid(20)], paid(20, "y")),
    "a payment after its last day": ([], paid(200, on=LAST_ON + timedelta(days=1))),
    "a reversal that leaves enough": ([paid(200), paid(200, "y")], PaymentReversed("x", "L1", LAST_ON)),
    "a reversal of somebody unknown": ([paid(200)], PaymentReversed("z", "L1", LAST_ON)),
}


@pytest.mark.parametrize(("before", "fact"), SAME_CLASS.values(), ids=SAME_CLASS)
def test_a_promise_is_not_judged_again_while_its_class_stays(before, fact):
    state, _ = woken(after(*before))
    assert tell(state, fact)[1] == []


@pytest.mark.parametrize(("days", "again"), [(90, True), (91, False)])
def test_a_promise_can_be_judged_again_for_ninety_days_after_its_last(days, again):
    state, _ = woken(promised())
    at = datetime(2025, 3, 9, 2, tzinfo=UTC) + timedelta(days=days)
    assert bool(tell(state, paid(200), Context(at))[1]) == again


def test_only_the_last_few_settled_promises_are_remembered_and_the_tally_keeps_the_rest():
    state, day = promised(), LAST_ON
    state, _ = woken(state)
    for n in range(SETTLED_MAX + 2):
        day += timedelta(days=40)
        ask = replace(ASK, promise_id=f"q{n}", due_on=day, tolerance_days=0, loan_ids=("L1",))
        state, _ = tell(state, ask, Context(datetime(day.year, day.month, day.day, 2, tzinfo=UTC)))
        state, _ = tell(state, paid(200, f"y{n}", on=day))
        state, said = woken(state, Heads(day + timedelta(days=1), heard_out=True))
        assert isinstance(said[0], PromiseKept)
    assert len(state.promises) <= SETTLED_MAX
    assert (state.tally.kept, state.tally.broken) == (SETTLED_MAX + 2, 1)
    assert decide(state, ASK, LATER) == ()


def test_more_payments_than_are_remembered_singly_still_count():
    state = after(*(paid(1, f"x{n}") for n in range(200)))
    assert len(state.promises[0].paid) == PAYMENTS_MAX
    assert isinstance(woken(state)[1][0], PromiseKept)


def test_amounts_compare_in_the_currency_of_the_promise_alone():
    state = evolve(evolve(blank("c1"), opened("L1")), opened("J1", "JPY"))
    state, _ = tell(state, replace(ASK, loan_ids=("L1",)), Context(MORNING))
    state, _ = tell(state, replace(ASK, promise_id="p2", loan_ids=("J1",), currency="JPY"), Context(MORNING))
    state, _ = tell(state, paid(200, loan_id="J1"))
    _, said = woken(state)
    assert [(type(e), e.promise_id, e.currency) for e in said] == [
        (PromiseBroken, "p1", "CNY"),
        (PromiseKept, "p2", "JPY"),
    ]


def test_the_state_of_a_borrower_with_two_promises_and_a_hardship_is_small_and_comes_back_whole():
    ids = [f"0196b2c4-7d1e-7a63-9c0f-{n:012d}" for n in range(4)]
    state = evolve(evolve(blank("c1"), opened("loan-000001")), opened("loan-000002"))
    ask = replace(ASK, promise_id=ids[0], loan_ids=("loan-000001",))
    state, _ = tell(state, ask, Context(MORNING))
    state, _ = tell(state, replace(ask, promise_id=ids[1], loan_ids=("loan-000002",)), Context(MORNING))
    state, _ = tell(state, ClaimHardship(ids[2], "short_relief", "short", ("loan-000001",)), Context(MORNING))
    state, _ = tell(state, ConfirmHardship(ids[2], "short", date(2025, 6, 1)), Context(MORNING))
    state, _ = tell(state, paid(50, ids[3], "loan-000001"))
    body = encode(state)
    assert len(body) <= 800, len(body)
    assert decode(Borrower, body) == state
    assert look_at(state.promises[0]) == wake_at(state)


ZONES = {"in China": ("Asia/Shanghai", "2025-03-09T16:00"), "in New York": ("America/New_York", "2025-03-10T04:00")}


@pytest.mark.parametrize(("zone", "end"), ZONES.values(), ids=ZONES)
def test_the_last_day_of_a_promise_ends_when_it_ends_at_the_bank(zone, end):
    state = evolve(evolve(blank("c1"), opened("L1")), opened("L2"))
    state, _ = tell(state, ASK, Context(MORNING, policies_of_bank(zone)))
    assert wake_at(state) == datetime.fromisoformat(f"{end}:00+00:00")
