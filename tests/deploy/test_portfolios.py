"""The portfolios that are replayed: the generated one follows its matrix, the real one its mapping."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from deploy.local.replay.car_loans import LOANS, NoSuchData, car_loans
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
def test_a_late_car_loan_payment_falls_on_the_twenty_fifth_or_ten_days_after_its_due_day_inside_the_month():
    portfolio = car_loans(DATA, 200)
    dues = {
        event["data"]["loan_id"]: date.fromisoformat(event["data"]["instalments"][0]["due_on"]).day
        for _, event in portfolio.facts
        if event["type"] == "loan.opened"
    }
    payments = [event["data"] for _, event in portfolio.facts if event["data"].get("kind") == "repayment"]
    days = {(date.fromisoformat(data["value_on"]).day, dues[data["loan_id"]]) for data in payments}
    assert all(day == due or day >= 25 or day == due + 10 for day, due in days)


def test_a_folder_without_the_records_is_refused_by_name(tmp_path):
    with pytest.raises(NoSuchData, match=LOANS):
        car_loans(tmp_path)
