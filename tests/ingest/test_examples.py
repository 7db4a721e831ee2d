"""The worked cases of shared/examples/delinquency.json, through the fold and through the facts alone."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from services.ingest.domain.buckets import Range, bucket_set
from services.ingest.domain.context import Context
from services.ingest.domain.position import position, position_of
from shared.events.repayments import (
    ChargebackPosted,
    DelinquencyPaused,
    DelinquencyResumed,
    Instalment,
    LoanOpened,
    LoanRescheduled,
    PaymentReceived,
    ScheduleRestored,
)
from tests.ingest.builders import Bank

EXAMPLES = Path(__file__).parents[3] / "shared" / "examples" / "delinquency.json"
BOOK = json.loads(EXAMPLES.read_text()) if EXAMPLES.exists() else {"cases": [], "buckets": {}}
CHECKPOINTS = {
    f"{case['id']} on {point['business_date']} after {point.get('after_event', 'the day')}": (case, point)
    for case in BOOK["cases"]
    for point in case["checkpoints"]
}
CONTEXT = Context(
    now=datetime(2030, 1, 1, tzinfo=UTC),
    bucket_sets={
        name: [bucket_set(name, [Range(one["min_days"], one["max_days"], one["code"]) for one in ranges])]
        for name, ranges in BOOK["buckets"].items()
    },
)

if not CHECKPOINTS:
    pytest.skip("shared/examples/delinquency.json is not beside the repository", allow_module_level=True)


def opened(case):
    terms = case["loan"]
    rows = terms["installments"]
    return LoanOpened(
        loan_id="L1",
        customer_id="C1",
        product="example",
        currency=terms["currency"],
        principal=Decimal(terms["principal"]),
        opened_on=date.fromisoformat(terms["disbursed_on"]),
        grace_days=terms["grace_on_arrears_ageing_days"],
        bucket_set=terms["bucket"],
        instalments=tuple(instalment(row) for row in rows),
    )


def instalment(row):
    due, start = date.fromisoformat(row["due"]), date.fromisoformat(row["from"])
    return Instalment(row["no"], due, Decimal(row["amount"]), start)


def fact_of(index, event):
    on = date.fromisoformat(event["recorded_on"])
    kind = event["type"]
    if kind in ("repayment", "goodwill_credit"):
        word = "credit" if kind == "goodwill_credit" else "repayment"
        value_on = date.fromisoformat(event["value_date"])
        return PaymentReceived(f"P{index}", "L1", Decimal(event["amount"]), value_on, word)
    if kind == "pause":
        return DelinquencyPaused("L1", date.fromisoformat(event["start"]), date.fromisoformat(event["end"]))
    if kind == "resume":
        return DelinquencyResumed("L1", on)
    if kind == "chargeback":
        return ChargebackPosted(f"B{index}", "L1", Decimal(event["amount"]), on)
    if kind in ("reage", "reamortize"):
        rows = tuple(instalment(row) for row in event["new_installments"])
        return LoanRescheduled("L1", "R1", "reage", on, rows)
    assert kind.startswith("undo_"), kind
    return ScheduleRestored("L1", "R1", on)


def bank_at(case, point):
    """The loan and the facts that the checkpoint knows, each posted on its day; days closed up to it."""
    bank = Bank(CONTEXT)
    until = date.fromisoformat(point["business_date"])
    bank.close(date.fromisoformat(case["loan"]["disbursed_on"]))
    bank.post(opened(case))
    events = case["events"]
    known = events[: point["after_event"]] if "after_event" in point else events
    for index, event in enumerate(known):
        on = date.fromisoformat(event["recorded_on"])
        if on <= until:
            bank.close(max(on, bank.today))
            said = bank.post(fact_of(index, event), on)
            assert isinstance(said, list), said
    bank.close(until)
    return bank


def figures_of(found):
    return {
        "past_due_days": found.past_due_days,
        "delinquent_days": found.delinquent_days,
        "delinquent_amount": str(found.delinquent_amount),
        "delinquent_start_date": found.delinquent_start_on.isoformat() if found.delinquent_start_on else None,
        "range": found.bucket or "NO_DELINQUENCY",
        "installment_ranges": [{"range": one.bucket, "amount": str(one.amount)} for one in found.instalment_buckets],
    }


@pytest.mark.parametrize(("case", "point"), CHECKPOINTS.values(), ids=CHECKPOINTS)
def test_worked_cases_give_the_expected_figures(case, point):
    bank = bank_at(case, point)
    on = date.fromisoformat(point["business_date"])
    from_facts = position(bank.facts, on, CONTEXT)
    from_state = position_of("L1", bank.state.loans["L1"], on, CONTEXT, CONTEXT.now)
    assert from_facts == from_state
    found = figures_of(from_facts)
    assert {name: found[name] for name in point["expect"]} == point["expect"]


@pytest.mark.parametrize(("case", "point"), CHECKPOINTS.values(), ids=CHECKPOINTS)
def test_what_was_announced_is_where_the_loan_stands(case, point):
    loan = bank_at(case, point).state.loans["L1"]
    found = position_of("L1", loan, date.fromisoformat(point["business_date"]), CONTEXT, CONTEXT.now)
    standing = loan.standing
    announced = (standing.bucket, standing.overdue_since, standing.amount) if standing else (None, None, Decimal(0))
    assert announced == (found.bucket, found.overdue_since, found.delinquent_amount)


def test_the_position_has_exactly_the_specified_fields_for_an_ordinary_loan():
    from services.ingest.domain.position import answer

    case = BOOK["cases"][0]
    bank = bank_at(case, case["checkpoints"][0])
    stated = (
        "loan_id as_of known_at status currency outstanding next_due_on next_due_amount past_due_days paused "
        "paused_days grace_days delinquent_days delinquent_amount overdue_since delinquent_start_on bucket "
        "instalment_buckets"
    )
    assert list(answer(position(bank.facts, bank.today, CONTEXT))) == stated.split()
