"""The assessment: what is predicted of a borrower and why, from a model's answer or else from the bucket rates.

A figure is told, never hidden: without a model, or after one has expired, the bucket rates answer with confidence low.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Final

from services.scoring.domain.axes import (
    REASONS_MAX,
    Part,
    Scored,
    ability_of,
    axis_of,
    reasons_of,
    scored,
    willingness_of,
)
from services.scoring.domain.behaviour import LoanFeatures
from services.scoring.domain.cash import expected_cash
from services.scoring.domain.context import Context, ModelAnswer
from services.scoring.domain.features import Features
from services.scoring.domain.history import ZERO
from services.scoring.domain.inputs import INPUTS_BY_NAME, AxisName, fingerprint_of, vector_of
from services.scoring.domain.rates import WORST, BucketRates, log_odds, rounded
from shared.events import LoanRisk, RiskAssessed
from shared.events.words import Amount

VALID_DAYS: Final = 31
"""Windows are months: an assessment that nothing changed is made afresh once a month."""
SCORE_STEP: Final = 5
"""A model's score moves a little with every input; a step of this size on an axis is news."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one borrower, before it is told."""

    features: Features
    rates: BucketRates
    answer: ModelAnswer | None
    expired: bool
    ability: Scored | None
    willingness: Scored | None


def assess(features: Features, context: Context) -> RiskAssessed:
    """The borrower's risk on the day of *features*; at least one loan must be open or charged off."""
    return told(find(features, context), context)


def find(features: Features, context: Context) -> Finding:
    """What the model answered if it may still be used, else what the bucket rates and the expert points say."""
    answer, expired = _usable_answer(features, context)
    if answer is None:
        return Finding(features, context.bucket_rates, None, expired, ability_of(features), willingness_of(features))
    # Little evidence stays little evidence: a model's answer does not make up for a record that is not there.
    ability = ability_of(features) and _axis_by_model(answer, "ability")
    willingness = willingness_of(features) and _axis_by_model(answer, "willingness")
    return Finding(features, context.bucket_rates, answer, expired, ability, willingness)


def digest_of(finding: Finding) -> str:
    """Two findings with one digest say the same; expected cash, which every payment moves, is not news by itself."""
    answer, step = finding.answer, SCORE_STEP if finding.answer else 1
    axes = [scored.score // step if scored else None for scored in (finding.ability, finding.willingness)]
    reasons = [] if answer else [_words(finding.ability), _words(finding.willingness)]
    figures = [round(p, 2) for p in _model_figures(answer)] if answer else finding.rates.version
    loans = sorted((loan.loan_id, min(loan.lateness.behind, WORST), loan.ended) for loan in finding.features.loans)
    said = (answer.model if answer else None, finding.expired, figures, axes, reasons, loans)
    return blake2b(repr(said).encode(), digest_size=8).hexdigest()


def told(finding: Finding, context: Context) -> RiskAssessed:
    """The finding as it travels."""
    features, answer = finding.features, finding.answer
    loans = tuple(_loan_risk(loan, finding.rates) for loan in features.loans)
    roll, cure, default = _model_figures(answer) if answer else _figures(features.loans[0], finding.rates)
    confidence = answer.confidence if answer else "low"
    baseline, parts = _explained(finding)
    return RiskAssessed(
        as_of=features.as_of,
        basis="model" if answer else "bucket_rates",
        confidence=confidence,
        ability=axis_of(finding.ability, confidence),
        willingness=axis_of(finding.willingness, confidence),
        valid_until=valid_until(features, answer, context),
        roll_probability=roll,
        cure_probability=cure,
        default_probability=default,
        expected_cash=_cash_by_currency(loans),
        loans=loans,
        reasons=reasons_of(parts[:REASONS_MAX]),
        model=answer.model if answer else f"bucket-rates:{finding.rates.version}",
        trained_on=answer.trained_on if answer else None,
        model_expired=finding.expired,
        baseline=baseline,
        remainder=sum((part.points for part in parts[REASONS_MAX:]), ZERO),
        digest=digest_of(finding),
    )


def valid_until(features: Features, answer: ModelAnswer | None, context: Context) -> date:
    """A month from the later of the record's day and now (old records may be told today); or the model's end."""
    month = max(features.as_of, context.now.date()) + timedelta(days=VALID_DAYS)
    return min(month, answer.valid_until) if answer else month


def _usable_answer(features: Features, context: Context) -> tuple[ModelAnswer | None, bool]:
    """The model's answer to these very inputs, and whether the model has expired."""
    answers = context.model_answers
    answer = answers.get(fingerprint_of(vector_of(features))) if answers else None
    until = answer.valid_until if answer else context.model_valid_until
    expired = until is not None and max(features.as_of, context.now.date()) > until
    return (None if expired else answer), expired


def _axis_by_model(answer: ModelAnswer, axis: AxisName) -> Scored:
    """The contributions that count for one axis, turned round: what makes default less likely counts as more."""
    parts = [part for part in _parts(answer.contributions, -1) if INPUTS_BY_NAME[part.code].axis == axis]
    return scored(-answer.baseline, parts)


def _parts(contributions: Mapping[str, Decimal], sign: int) -> list[Part]:
    known = ((name, value) for name, value in contributions.items() if value and name in INPUTS_BY_NAME)
    parts = [Part(name, sign * value, INPUTS_BY_NAME[name].wording) for name, value in known]
    return sorted(parts, key=lambda part: (-abs(part.points), part.code))


def _explained(finding: Finding) -> tuple[Decimal, Sequence[Part]]:
    """Why default is as likely as it is: the model's contributions, or how far behind the worst loan is."""
    if finding.answer:
        return finding.answer.baseline, _parts(finding.answer.contributions, 1)
    worst = finding.features.loans[0]
    baseline = log_odds(_default_rates(worst, finding.rates)[0])
    default = _figures(worst, finding.rates)[2]
    wording = "charged-off" if worst.ended == "charged_off" else f"behind-{min(worst.lateness.behind, WORST)}"
    return baseline, [Part("behind", log_odds(default) - baseline, wording)]


def _figures(loan: LoanFeatures, rates: BucketRates) -> tuple[Decimal, Decimal, Decimal]:
    """Roll, cure and default by the rates; a loan that is charged off has defaulted and is not cured by paying."""
    if loan.ended == "charged_off":
        return rounded(ZERO), rounded(ZERO), rounded(Decimal(1))
    state = min(loan.lateness.behind, WORST)
    return rates.roll[state], rates.cure[state], _default_rates(loan, rates)[state]


def _default_rates(loan: LoanFeatures, rates: BucketRates) -> Sequence[Decimal]:
    return rates.default_next_month if loan.revolving else rates.default


def _model_figures(answer: ModelAnswer) -> tuple[Decimal, Decimal, Decimal]:
    return rounded(answer.roll_probability), rounded(answer.cure_probability), rounded(answer.default_probability)


def _loan_risk(loan: LoanFeatures, rates: BucketRates) -> LoanRisk:
    roll, cure, default = _figures(loan, rates)
    return LoanRisk(loan.loan_id, loan.currency, "bucket_rates", roll, cure, default, expected_cash(loan, rates))


def _cash_by_currency(loans: Sequence[LoanRisk]) -> tuple[Amount, ...]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for loan in loans:
        sums[loan.currency] += ZERO if loan.expected_cash is None else loan.expected_cash
    return tuple(Amount(sums[currency], currency) for currency in sorted(sums))


def _words(axis: Scored | None) -> list[str]:
    return [part.wording for part in axis.parts] if axis else []
