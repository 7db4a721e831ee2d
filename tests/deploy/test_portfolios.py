"""The portfolios that are replayed: the generated one follows its matrix, the real one its mapping."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from deploy.local.replay.car_loans import LOANS, ZONES, NoSuchData, car_loans
from deploy.local.replay.generated import MATRIX, generated

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
real = pytest.mark.skipif(not (DATA / LOANS).exists(), reason=f"the car-loan records are not in {DATA.name}")


def test_the_same_seed_gives_the_same_portfolio_and_another_seed_another():
    assert generated(1, 20, 3) == generated(1, 20, 3)
    assert generated(1, 20, 3).facts != generated(2, 20, 3).facts


def test_the_generated_portfolio_is_labelled_synthetic():
    assert generated(1, 1, 1).synthetic
    assert "synthetic" in generated(1, 1, 1).title


def behind_by_month(portfolio, months):
    """How many instalments each loan is behind after each due date, from its payments alone."""
    amount, paid = {}, defaultdict(lambda: [Decimal(0)] * (months + 1))
    for _, event in portfolio.facts:
        data = event["data"]
        if event["type"] == "loan.opened":
            first = data["instalments"][0]
            amount[data["loan_id"]] = Decimal(first["principal"]) + Decimal(first["interest"])
        elif event["type"] == "payment.received":
            number = int(data["payment_id"].rpartition("-P")[2])
            sums = paid[data["loan_id"]] = list(paid[data["loan_id"]])
            sums[number] += Decimal(data["amount"])
    for loan, each in amount.items():
        total = Decimal(0)
        states = [0]
        for month in range(1, months + 1):
            total += paid[loan][month]
            states.append(int(month - total / each))
        yield states


def test_monthly_transitions_follow_the_published_matrix():
    months, seen = 12, defaultdict(Counter)
    for states in behind_by_month(generated(42, 4000, months), months):
        for before, after in pairwise(states):
            seen[min(before, 4)][min(after, 4)] += 1
    for before, row in MATRIX.items():
        count = sum(seen[before].values())
        assert count > 100
        whole = sum(weight for _, weight in row)
        for after, weight in row:
            share = seen[before][after] / count
            assert abs(share - weight / whole) < 4 * (0.25 / count) ** 0.5, (before, after)


@real
def test_the_car_loans_map_to_the_facts_that_the_specification_counts():
    portfolio = car_loans(DATA)
    kinds = Counter((event["type"], event["data"].get("kind")) for _, event in portfolio.facts)
    assert kinds["loan.opened", None] == 6408
    assert kinds["payment.received", "repayment"] == 184_335
    assert any(note.startswith("98 negative") for note in portfolio.notes)
    assert not portfolio.synthetic
    assert "state" not in str(
        next(event for _, event in portfolio.facts if event["type"] == "loan.opened")["data"]["facts"]
    )


@real
def test_a_car_loan_is_paid_on_its_due_day_while_it_keeps_up_and_late_inside_the_month_otherwise():
    portfolio, seen = car_loans(DATA, 400), Counter()
    openings = {
        event["data"]["loan_id"]: event["data"] for _, event in portfolio.facts if event["type"] == "loan.opened"
    }
    paid = defaultdict(Decimal)
    for day, event in sorted(portfolio.facts, key=lambda one: one[0]):
        data = event["data"]
        if event["type"] != "payment.received" or data["kind"] != "repayment":
            continue
        opening, value_on = openings[data["loan_id"]], date.fromisoformat(data["value_on"])
        assert day == value_on
        dues = [date.fromisoformat(one["due_on"]) for one in opening["instalments"]]
        paid[data["loan_id"]] += Decimal(data["amount"])
        due = value_on.replace(day=dues[0].day)
        so_far = sum(Decimal(opening["instalments"][0]["principal"]) for one in dues if one <= due)
        on_time = paid[data["loan_id"]] >= so_far or due > dues[-1]
        last = (due.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        late = min(max(due.replace(day=25), due + timedelta(days=10)), last)
        assert value_on == (due if on_time else late) or due > dues[-1]
        seen["on time" if on_time else "late"] += 1
    assert min(seen["on time"], seen["late"]) > 100


@real
def test_a_car_loan_closes_on_the_last_day_of_the_month_in_which_nothing_is_left():
    portfolio = car_loans(DATA, 400)
    closings = [event["data"]["on"] for _, event in portfolio.facts if event["type"] == "loan.closed"]
    assert len(closings) > 50
    assert all((date.fromisoformat(on) + timedelta(days=1)).day == 1 for on in closings)
    recoveries = [e["data"] for _, e in car_loans(DATA).facts if e["data"].get("kind") == "recovery"]
    assert len(recoveries) == 184_456 - 184_335
    assert all(Decimal(one["amount"]) > 0 for one in recoveries)


@real
def test_borrowers_of_car_loans_live_in_four_zones_and_nothing_personal_of_them_is_real():
    people = car_loans(DATA, 400).borrowers
    assert {one.zone for one in people} == set(ZONES)
    assert {one.channel for one in people} == {"sms", "email"}
    assert all(one.name.startswith("Test ") for one in people)


def test_the_first_months_hold_what_is_dated_in_them_and_whose_loans_open_in_them():
    whole = generated(1, 20, 6)
    part = whole.first_months(2)
    assert part.facts == [(day, fact) for day, fact in whole.facts if day < date(2025, 3, 1)]
    assert len(part.borrowers) == 20
    assert part.notes[-1] == "only the first 2 months of it"


def test_a_folder_without_the_records_is_refused_by_name(tmp_path):
    with pytest.raises(NoSuchData, match=LOANS):
        car_loans(tmp_path)
