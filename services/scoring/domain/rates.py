"""Bucket rates: how a portfolio moves from month to month, and what follows from it over several months.

Source: a first-order Markov chain on instalments behind (Cyert, Davidson and Thompson, "Estimation of the allowance
for doubtful accounts by Markov chains", Management Science 8(3), 1962), with absorption at the state asked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Final, TypeAlias

from shared.refusal import BadValue

STATES: Final = 5
"""0, 1, 2, 3 and 4 or more instalments behind."""
WORST: Final = STATES - 1
DEFAULT_FROM: Final = 3
CURE_MONTHS: Final = 3
DEFAULT_MONTHS: Final = 6
CASH_MONTHS: Final = 3
ROW_SUM_TOLERANCE: Final = Decimal("0.002")
"""Published rates are rounded to three decimals; a row may miss 1 by this much and is then scaled to 1."""
PLACES: Final = Decimal("0.0001")

Row: TypeAlias = tuple[Decimal, ...]
Matrix: TypeAlias = tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class BucketRates:
    """The monthly transition matrix of a portfolio, from row to column; `version` names it in what is said.

    The figures below it are worked out once, exactly in Decimal (28 digits), and rounded half-even to 4 decimals.

    Raises: BadValue when the matrix is not 5 by 5, has a negative rate, or a row does not add up to 1.
    """

    version: str
    matrix: Matrix
    roll: Row = field(init=False, compare=False, repr=False)
    cure: Row = field(init=False, compare=False, repr=False)
    default: Row = field(init=False, compare=False, repr=False)
    default_next_month: Row = field(init=False, compare=False, repr=False)
    paid_when_due: Matrix = field(init=False, compare=False, repr=False)
    paid_when_idle: Matrix = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        monthly = _scaled(self.matrix)
        set_once = object.__setattr__
        set_once(self, "roll", tuple(rounded(sum(row[i + 1 :], Decimal(0))) for i, row in enumerate(monthly)))
        set_once(self, "cure", _rounded_row(reached_within(monthly, {0}, CURE_MONTHS)))
        defaulted = set(range(DEFAULT_FROM, STATES))
        set_once(self, "default", _rounded_row(reached_within(monthly, defaulted, DEFAULT_MONTHS)))
        set_once(self, "default_next_month", _rounded_row(reached_within(monthly, defaulted, 1)))
        set_once(self, "paid_when_due", instalments_paid(monthly, CASH_MONTHS, due=1))
        set_once(self, "paid_when_idle", instalments_paid(monthly, CASH_MONTHS, due=0))


def reached_within(monthly: Matrix, targets: set[int], months: int) -> Row:
    """The chance, from each state, to be in *targets* at some month end within *months*; 1 for those there now."""
    absorbing = tuple(_unit(i) if i in targets else row for i, row in enumerate(monthly))
    reached = power(absorbing, months)
    return tuple(sum((row[j] for j in sorted(targets)), Decimal(0)) for row in reached)


def instalments_paid(monthly: Matrix, months: int, due: int) -> Matrix:
    """How many instalments are expected to be paid in each of the next *months*, when *due* fall due in each.

    A move from i to j behind pays i + due − j. Who stays at 4+ is taken to pay nothing: the matrix does not see it.
    Shape: (5 starting states, months).
    """
    paying = tuple(_paying(row, i, due) for i, row in enumerate(monthly))
    ways = [power(monthly, month) for month in range(months)]
    return tuple(tuple(_dot(way[start], paying) for way in ways) for start in range(STATES))


def power(matrix: Matrix, exponent: int) -> Matrix:
    """*matrix* multiplied by itself; exponent 0 is the identity."""
    result: Matrix = tuple(_unit(i) for i in range(STATES))
    for _ in range(exponent):
        result = tuple(_step(row, matrix) for row in result)
    return result


def rounded(probability: Decimal) -> Decimal:
    """Half-even to 4 decimals, and never outside 0 and 1."""
    return min(max(probability, Decimal(0)), Decimal(1)).quantize(PLACES, ROUND_HALF_EVEN)


@lru_cache(maxsize=1024)
def log_odds(probability: Decimal) -> Decimal:
    """Rounded half-even to 4 decimals; a probability of 0 or 1 counts as 0.0001 or 0.9999."""
    bounded = min(max(probability, PLACES), 1 - PLACES)
    return (bounded / (1 - bounded)).ln().quantize(PLACES, ROUND_HALF_EVEN)


def _paying(row: Row, i: int, due: int) -> Decimal:
    paid = (0 if i == j == WORST else max(0, i + due - j) for j in range(STATES))
    return _dot(row, tuple(map(Decimal, paid)))


def _dot(left: Row, right: Row) -> Decimal:
    return sum((a * b for a, b in zip(left, right, strict=True)), Decimal(0))


def _step(row: Row, matrix: Matrix) -> Row:
    return tuple(sum((row[k] * matrix[k][j] for k in range(STATES)), Decimal(0)) for j in range(STATES))


def _unit(i: int) -> Row:
    return tuple(Decimal(int(i == j)) for j in range(STATES))


def _rounded_row(row: Row) -> Row:
    return tuple(map(rounded, row))


def _scaled(matrix: Matrix) -> Matrix:
    if len(matrix) != STATES or any(len(row) != STATES for row in matrix):
        raise BadValue("matrix", "not 5 by 5")
    return tuple(_scaled_row(row) for row in matrix)


def _scaled_row(row: Sequence[Decimal]) -> Row:
    if any(not rate.is_finite() or rate < 0 for rate in row):
        raise BadValue("matrix", "a rate that is negative or not finite")
    total = sum(row, Decimal(0))
    if abs(total - 1) > ROW_SUM_TOLERANCE:
        raise BadValue("matrix", "a row that does not add up to 1")
    return tuple(rate / total for rate in row)


def _row(*rates: str) -> Row:
    return tuple(map(Decimal, rates))


SHIPPED_RATES: Final = BucketRates(
    version="car-loans-2017-2023",
    matrix=(
        _row("0.967", "0.033", "0", "0", "0"),
        _row("0.260", "0.592", "0.148", "0", "0"),
        _row("0.035", "0.098", "0.613", "0.255", "0"),
        _row("0.013", "0.014", "0.075", "0.679", "0.218"),
        _row("0.005", "0.003", "0.006", "0.046", "0.940"),
    ),
)
"""Measured on 202,456 months of prime car loans, 2017–2023, which contain the payment shock of spring 2020."""
