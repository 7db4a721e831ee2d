"""The law of ingest: any order of arrival, any repeat, any step of the business date gives one position."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.domain.components import composition
from services.ingest.domain.figures import figures_on
from services.ingest.domain.grading import grade, rules_for
from services.ingest.domain.position import loan_from, position, position_of
from services.ingest.domain.statement import statement
from shared.events.repayments import (
    BalanceAdjusted,
    ChargebackPosted,
    DelinquencyPaused,
    DelinquencyResumed,
    FactVoided,
    FeeCharged,
    Instalment,
    LoanClosed,
    LoanOpened,
    LoanRescheduled,
    PaymentReceived,
    PaymentReversed,
    ScheduleRestored,
)
from shared.refusal import Refusal
from tests.ingest.builders import CONTEXT, Bank
from tests.ingest.reference import in_cents, reference

OPENED = date(2025, 1, 1)
KINDS = [*["pay"] * 5, *["pay and reverse", "pause and resume", "revise and restore"] * 2]
KINDS += ["pause", "revise", "adjust", "adjust", "fee", "charge back", "close"]
days = st.integers(0, 200).map(lambda n: OPENED + timedelta(n))
amounts = st.integers(1, 400).map(Decimal)


@st.composite
def schedules(draw, start=OPENED):
    """One to five instalments, weeks or days apart, some on one day."""
    on, rows = start, []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        on += timedelta(draw(st.sampled_from([0, 1, 5, 14, 30])))
        interest, fees = draw(st.sampled_from([(None, None), (Decimal(7), None), (Decimal(3), Decimal(11))]))
        rows.append(Instalment(number, on, draw(amounts), interest=interest, fees=fees))
    return tuple(rows)


@st.composite
def openings(draw):
    rows = draw(schedules())
    principal = sum((one.principal for one in rows), Decimal(0))
    grace = draw(st.sampled_from([0, 0, 1, 3]))
    return LoanOpened("L1", "C1", "personal", "EUR", principal, OPENED, grace_days=grace, instalments=rows)


@st.composite
def episodes(draw, index):
    """One thing that happens to the loan, as one fact or as a fact and what undoes it later."""
    on, later, amount = draw(days), draw(days), draw(amounts)
    kind = draw(st.sampled_from(KINDS))
    if kind in ("pay", "pay and reverse"):
        payment = PaymentReceived(f"P{index}", "L1", amount, on, "repayment")
        return [payment] if kind == "pay" else [payment, PaymentReversed(f"P{index}", "L1", later)]
    if kind in ("pause", "pause and resume"):
        length = draw(st.integers(1, 40))
        pause = DelinquencyPaused("L1", on, on + timedelta(length))
        within = on + timedelta(draw(st.integers(0, length)))
        return [pause] if kind == "pause" else [pause, DelinquencyResumed("L1", within)]
    if kind in ("revise", "revise and restore"):
        revision = LoanRescheduled("L1", f"R{index}", "reage", on, draw(schedules(start=on)))
        undone = ScheduleRestored("L1", f"R{index}", max(on, later))
        return [revision] if kind == "revise" else [revision, undone]
    if kind == "adjust":
        signed = draw(st.sampled_from([1, -1])) * amount
        number = draw(st.sampled_from([None, 1, 2]))
        component = draw(st.sampled_from(["principal", "interest", "fees", "penalties"]))
        return [BalanceAdjusted(f"A{index}", "L1", component, signed, on, "correction", number)]
    if kind == "charge back":
        return [ChargebackPosted(f"B{index}", "L1", amount, on)]
    charged = draw(st.sampled_from(["fee", "penalty"]))
    return [FeeCharged(f"F{index}", "L1", amount, on, charged)] if kind == "fee" else [LoanClosed("L1", on)]


@st.composite
def stories(draw):
    """An opening, facts with the day and hour they were recorded, indexes to void, and a seed for their arrival."""
    told = [draw(episodes(index)) for index in range(draw(st.integers(0, 9)))]
    facts = [(fact, draw(st.integers(0, 210)), draw(st.integers(0, 23))) for episode in told for fact in episode]
    voids = draw(st.lists(st.integers(0, 9), max_size=2))
    return draw(openings()), facts, voids, draw(st.integers(0, 2**16))


def arrive(story):
    """Post the story in the order its seed gives; what is early is held and tried again; days close in between."""
    opening, facts, voids, seed = story
    chance = Random(seed)
    bank = Bank()
    waiting = [(opening, OPENED, 0)] + [(fact, own_day(fact, lag), hour) for fact, lag, hour in facts]
    chance.shuffle(waiting)
    steps = chance.choice([0.0, 0.3])
    while waiting:
        held = [item for item in waiting if is_held(bank, item, chance, steps)]
        if len(held) == len(waiting):
            break
        waiting = held
    for index in voids:
        known = [one.posted for one in bank.facts if not isinstance(one.posted.fact, LoanOpened | FactVoided)]
        if index < len(known) and not any(
            one.posted.fact == FactVoided("/core", known[index].id) for one in bank.facts
        ):
            bank.post(FactVoided("/core", known[index].id))
            pay_again(bank, known[index].fact, chance)
    bank.close(bank.today or OPENED + timedelta(chance.randrange(220)))
    return bank


def pay_again(bank, fact, chance):
    """The id of a voided payment is used for another one, which may be reversed in its turn."""
    if isinstance(fact, PaymentReceived) and chance.random() < 0.7:
        on = OPENED + timedelta(chance.randrange(210))
        bank.post(PaymentReceived(fact.payment_id, "L1", Decimal(chance.randrange(1, 400)), on, "repayment"), on)
        if chance.random() < 0.5:
            bank.post(PaymentReversed(fact.payment_id, "L1", on), on)


def own_day(fact, lag):
    return fact.on if isinstance(fact, DelinquencyResumed) else OPENED + timedelta(lag)


def is_held(bank, item, chance, steps):
    fact, on, hour = item
    if chance.random() < steps:
        bank.close(max(bank.today or OPENED, OPENED + timedelta(chance.randrange(220))))
    said = bank.post(fact, on, hour)
    return isinstance(said, Refusal) and said.code.startswith("unknown-")


@settings(max_examples=300, deadline=None)
@given(stories(), days)
def test_state_facts_and_reference_tell_the_same_figures(story, other_day):
    bank = arrive(story)
    loan = bank.state.loans["L1"]
    for on in (bank.today, other_day):
        assert in_cents(figures_on(loan, on)) == reference(bank.facts, on)
        assert position(bank.facts, on, CONTEXT) == position_of("L1", loan, on, CONTEXT, CONTEXT.now)


@settings(max_examples=150, deadline=None)
@given(stories(), st.randoms(use_true_random=False), days)
def test_order_and_repeats_of_recorded_facts_do_not_matter(story, chance, on):
    facts = arrive(story).facts
    shuffled = facts + chance.choices(facts, k=3)
    chance.shuffle(shuffled)
    assert loan_from(shuffled) == loan_from(facts)
    assert reference(shuffled, on) == reference(facts, on)
    assert [line.balance for line in statement(shuffled, on)] == [line.balance for line in statement(facts, on)]


@settings(max_examples=200, deadline=None)
@given(stories())
def test_what_was_last_announced_is_always_true_on_the_business_date(story):
    bank = arrive(story)
    loan = bank.state.loans["L1"]
    rules = rules_for(loan, CONTEXT, bank.today)
    truth = grade(loan, figures_on(loan, bank.today), bank.today, rules)
    if loan.standing is None:
        assert (truth.bucket, truth.stage, truth.overdue_since) == (None, "current", None)
    else:
        assert loan.standing == truth


@settings(max_examples=100, deadline=None)
@given(stories(), st.lists(st.integers(1, 40), max_size=8))
def test_the_steps_in_which_days_close_leave_no_trace(story, steps):
    bank = arrive(story)
    end = bank.today + timedelta(sum(steps))
    by_steps, at_once = bank.state, bank.state
    for by in steps:
        bank.close(bank.today + timedelta(by))
    by_steps = bank.state
    bank.state, bank.today = at_once, end
    bank.age()
    assert by_steps.loans == bank.state.loans


@settings(max_examples=300, deadline=None)
@given(stories(), days)
def test_components_add_up_to_what_is_owed_and_to_what_is_past_due(story, on):
    facts = arrive(story).facts
    loan = loan_from(facts)
    made, figures = composition(facts, loan, on), figures_on(loan, on)
    assert min(*made.outstanding.values(), *made.delinquent.values()) >= 0
    assert sum(made.outstanding.values()) == figures.outstanding
    assert sum(made.delinquent.values()) == figures.delinquent_amount
    assert all(made.delinquent[one] <= made.outstanding[one] for one in made.outstanding)


@settings(max_examples=150, deadline=None)
@given(stories(), days)
def test_a_statement_ends_at_the_amount_owed(story, on):
    bank = arrive(story)
    lines = statement(bank.facts, on)
    owed = position(bank.facts, on, CONTEXT).outstanding
    assert (lines[-1].balance if lines else 0) == owed
    assert sum((line.amount for line in lines), Decimal(0)) == (lines[-1].balance - lines[-1].credit if lines else 0)
