"""What scoring says: how likely, and why; never that a person is unwilling, only what the record shows."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from shared.events.base import Checked, Code, Currency, Event, Identifier, Percent, Probability
from shared.events.words import Amount, Confidence
from shared.money import Money, Rate

Basis: TypeAlias = Literal["model", "bucket_rates"]


@dataclass(frozen=True, slots=True)
class Reason(Checked):
    """One feature's part in a score, in log-odds; `wording` names one sentence, kept in zh-CN and in en."""

    code: Code
    contribution: Rate
    wording: Code


@dataclass(frozen=True, slots=True)
class Axis(Checked):
    """Ability or willingness: 0 (worst) to 100 (best), or that too little is known to say.

    `baseline`, the contributions of `reasons` and `remainder` (all smaller ones) add up to the log-odds scored.
    """

    verdict: Literal["scored", "insufficient_data"]
    confidence: Confidence
    score: Percent | None = None
    reasons: tuple[Reason, ...] = ()
    baseline: Rate | None = None
    remainder: Rate | None = None


@dataclass(frozen=True, slots=True)
class LoanRisk(Checked):
    """What is predicted of one loan under business as usual, the lender's own contacts included.

    Roll is within a month, cure within 3 months, default within 6 (revolving: the next month), cash within 90 days.
    """

    loan_id: Identifier
    currency: Currency
    basis: Basis
    roll_probability: Probability | None = None
    cure_probability: Probability | None = None
    default_probability: Probability | None = None
    expected_cash: Money | None = None


@dataclass(frozen=True, slots=True)
class RiskAssessed(Event):
    """A borrower was assessed afresh, because something had changed.

    The probabilities are the borrower's (the worst of the loans unless the model says otherwise); `valid_until` is
    inclusive. `model` names the model and its version, `bucket-rates:<version>` where only those were to be had.
    `baseline`, the contributions of `reasons` and `remainder` add up to log-odds of default: the model's own before
    calibration, or the rate's (a rate of 0 or 1 counts as 0.0001 or 0.9999).
    Two assessments with one `digest` say the same, but for their dates and the expected cash.
    """

    as_of: date
    basis: Basis
    confidence: Confidence
    ability: Axis
    willingness: Axis
    valid_until: date
    roll_probability: Probability | None = None
    cure_probability: Probability | None = None
    default_probability: Probability | None = None
    expected_cash: tuple[Amount, ...] = ()
    loans: tuple[LoanRisk, ...] = ()
    reasons: tuple[Reason, ...] = ()
    model: Identifier | None = None
    trained_on: Identifier | None = None
    model_expired: bool = False
    baseline: Rate | None = None
    remainder: Rate | None = None
    digest: Code | None = None
