"""The vector that a model is asked about: the same features, in a fixed order, as plain numbers.

Shape: one borrower is (len(INPUTS),) of float64, not a number where nothing can be said; a batch is stacked rows,
(borrowers, len(INPUTS)). Loan inputs are those of the worst loan. `_0` is the month of the day asked for, `_1` before.
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from math import log1p, nan
from typing import Final, Literal, NamedTuple, TypeAlias

from services.scoring.domain.behaviour import LoanFeatures
from services.scoring.domain.features import Features, features_of, value_of
from services.scoring.domain.history import Borrower

AxisName: TypeAlias = Literal["ability", "willingness"]
LAGGED_MONTHS: Final = 6
ARRANGEMENTS: Final = ("none", "requested", "refused", "offered", "agreed", "broken", "completed")


class Input(NamedTuple):
    """One place of the vector: its name, the axis its contributions count for (None: neither), and its wording."""

    name: str
    axis: AxisName | None
    wording: str


_LOAN_INPUTS: Final = (
    Input("behind", "ability", "model-lateness"),
    Input("instalments_late", "ability", "model-lateness"),
    Input("past_due_days", "ability", "model-lateness"),
    Input("past_due_days_change", "ability", "model-lateness"),
    Input("late_3", "ability", "model-lateness"),
    Input("late_6", "ability", "model-lateness"),
    Input("late_12", "ability", "model-lateness"),
    Input("late_streak", "ability", "model-lateness"),
    Input("paid_share_3", "ability", "model-payments"),
    Input("paid_share_6", "ability", "model-payments"),
    Input("paid_share_12", "ability", "model-payments"),
    Input("paid_share_change", "ability", "model-payments"),
    Input("part_paid_6", "ability", "model-payments"),
    Input("failed_funds", "ability", "model-failures"),
    Input("failed_account", None, "model-failures"),
    Input("failed_mandate", None, "model-failures"),
    Input("failed_other", None, "model-failures"),
    Input("dues_seen", None, "model-terms"),
    Input("cleared_share", "willingness", "model-payments"),
    Input("paying_while_late", "willingness", "model-payments"),
    Input("balance_share", "ability", "model-balance"),
    Input("balance_share_change", "ability", "model-balance"),
    Input("age_months", None, "model-terms"),
    Input("term_left", None, "model-terms"),
)
_BORROWER_INPUTS: Final = (
    Input("promises_made", "willingness", "model-promises"),
    Input("promises_judged", "willingness", "model-promises"),
    Input("promises_kept_share", "willingness", "model-promises"),
    Input("promises_broken", "willingness", "model-promises"),
    Input("contacts", None, "model-answers"),
    Input("answered_share", "willingness", "model-answers"),
    Input("arrangements_broken", "willingness", "model-arrangements"),
)
_OTHER_INPUTS: Final = (
    Input("loans", None, "model-terms"),
    Input("loans_late", "ability", "model-lateness"),
    Input("charged_off", "ability", "model-lateness"),
    Input("revolving", None, "model-terms"),
    Input("log_balance", None, "model-balance"),
    Input("log_principal", None, "model-terms"),
    Input("arrangement", "willingness", "model-arrangements"),
)
_LAGGED_INPUTS: Final = tuple(
    Input(f"{name}_{lag}", "ability", wording)
    for name, wording in (
        ("missed", "model-lateness"),
        ("days_late", "model-lateness"),
        ("paid_to_due", "model-payments"),
        ("paid_to_owed", "model-payments"),
        ("owed_share", "model-balance"),
        ("log_paid", "model-payments"),
    )
    for lag in range(LAGGED_MONTHS)
)
INPUTS: Final = (*_LOAN_INPUTS, *_BORROWER_INPUTS, *_OTHER_INPUTS, *_LAGGED_INPUTS)
INPUT_NAMES: Final = tuple(each.name for each in INPUTS)
INPUTS_BY_NAME: Final[Mapping[str, Input]] = {each.name: each for each in INPUTS}


def model_inputs(borrower: Borrower, as_of: date) -> tuple[float, ...]:
    """The vector of *borrower* at the end of *as_of*; empty when no loan is open."""
    return vector_of(features_of(borrower, as_of))


def vector_of(features: Features) -> tuple[float, ...]:
    """The features as numbers, in the order of `INPUTS`; empty when no loan is open."""
    if not features.loans:
        return ()
    worst = features.loans[0]
    named = (_number(value_of(features, each.name)) for each in (*_LOAN_INPUTS, *_BORROWER_INPUTS))
    return (*named, *_others(features, worst), *_lagged(worst))


def fingerprint_of(vector: Sequence[float]) -> str:
    """Names one vector, bit for bit, so that an answer is only ever used for what was asked."""
    return blake2b(struct.pack(f"<{len(vector)}d", *vector), digest_size=8).hexdigest()


def _others(features: Features, worst: LoanFeatures) -> list[float]:
    return [
        float(len(features.loans)),
        float(sum(loan.lateness.behind > 0 for loan in features.loans)),
        float(worst.ended == "charged_off"),
        float(worst.revolving),
        _log(worst.debt.balance),
        _log(worst.principal),
        float(ARRANGEMENTS.index(features.arrangement)),
    ]


def _lagged(loan: LoanFeatures) -> list[float]:
    months = range(LAGGED_MONTHS)
    return [
        *(float(loan.months.missed[lag]) for lag in months),
        *(float(loan.months.days_late[lag]) for lag in months),
        *(_ratio(loan.months.paid[lag], loan.months.due[lag]) for lag in months),
        *(_ratio(loan.months.paid[lag], loan.months.owed[lag]) for lag in months),
        *(_ratio(loan.months.owed[lag], loan.principal) for lag in months),
        *(_log(loan.months.paid[lag]) for lag in months),
    ]


def _ratio(part: Decimal, whole: Decimal) -> float:
    return round(float(part) / float(whole), 6) if whole > 0 else nan


def _log(amount: Decimal) -> float:
    """Rounded, so that the last digit of one machine's logarithm is not another input on the next."""
    return round(log1p(max(0.0, float(amount))), 6)


def _number(value: float | None) -> float:
    return nan if value is None else float(value)
