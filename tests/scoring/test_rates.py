"""Bucket rates over several months: by absorption, exactly, on both sides of every state."""

from decimal import Decimal
from itertools import product

import pytest

from services.scoring.domain.rates import SHIPPED_RATES, BucketRates, log_odds
from shared.refusal import BadValue

MATRIX = SHIPPED_RATES.matrix
PARTS = [[rate / sum(row) for rate in row] for row in MATRIX]


def by_walking(start, targets, months):
    """The chance to meet *targets*, by walking every path there is."""
    total = Decimal(0)
    for path in product(range(5), repeat=months):
        if start in targets or targets & set(path):
            chance, here = Decimal(1), start
            for there in path:
                chance, here = chance * PARTS[here][there], there
            total += chance
    return total


@pytest.mark.parametrize("state", range(5))
def test_cure_is_to_have_been_at_zero_within_three_months(state):
    assert SHIPPED_RATES.cure[state] == round(by_walking(state, {0}, 3), 4)


@pytest.mark.parametrize("state", range(5))
def test_default_is_to_have_been_three_behind_within_six_months(state):
    assert SHIPPED_RATES.default[state] == round(by_walking(state, {3, 4}, 6), 4)


def test_who_is_there_already_is_there_for_certain():
    assert SHIPPED_RATES.cure[0] == 1
    assert SHIPPED_RATES.default[3:] == (1, 1)


def test_a_revolving_account_defaults_next_month_or_not_yet():
    assert SHIPPED_RATES.default_next_month[:2] == (0, 0)
    assert SHIPPED_RATES.default_next_month[2] == SHIPPED_RATES.roll[2]


def test_rolling_is_to_any_worse_state_and_nothing_is_worse_than_the_worst():
    assert SHIPPED_RATES.roll[0] == Decimal("0.0330")
    assert SHIPPED_RATES.roll[4] == 0


def test_a_row_that_is_only_rounded_is_scaled_to_one():
    assert sum(MATRIX[2]) == Decimal("1.001")
    assert SHIPPED_RATES.roll[2] == round(Decimal("0.255") / Decimal("1.001"), 4)


def test_who_never_moves_pays_each_instalment_that_falls_due_and_no_other():
    still = BucketRates("still", tuple(tuple(Decimal(i == j) for j in range(5)) for i in range(5)))
    assert still.paid_when_due[0] == still.paid_when_due[2] == (1, 1, 1)
    assert still.paid_when_due[4] == (0, 0, 0)
    assert still.paid_when_idle[2] == (0, 0, 0)


def test_who_cures_pays_the_arrears_and_the_instalment_of_the_month():
    cured = tuple(Decimal(j == 0) for j in range(5))
    assert BucketRates("cure", (cured,) * 5).paid_when_due[2] == (3, 1, 1)


UNFIT = {
    "a row too few": MATRIX[:4],
    "a column too few": tuple(row[:4] for row in MATRIX),
    "a negative rate": ((Decimal("-0.1"), Decimal("1.1"), *MATRIX[0][2:]), *MATRIX[1:]),
    "a rate that is no number": ((Decimal("NaN"), *MATRIX[0][1:]), *MATRIX[1:]),
    "a row far from one": ((Decimal("0.9"), *MATRIX[0][1:]), *MATRIX[1:]),
    "a row a little too far from one": ((Decimal("0.9691"), *MATRIX[0][1:]), *MATRIX[1:]),
}


@pytest.mark.parametrize("matrix", UNFIT.values(), ids=UNFIT)
def test_a_matrix_that_is_no_matrix_of_rates_is_refused(matrix):
    with pytest.raises(BadValue):
        BucketRates("unfit", matrix)


def test_a_row_as_far_from_one_as_rounding_goes_is_accepted():
    assert BucketRates("rounded", ((Decimal("0.969"), *MATRIX[0][1:]), *MATRIX[1:]))


def test_certainty_has_log_odds_all_the_same():
    assert log_odds(Decimal(1)) == -log_odds(Decimal(0)) == Decimal("9.2102")
    assert log_odds(Decimal("0.5")) == 0
