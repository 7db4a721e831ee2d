"""What an assessment may know besides the borrower's record: the time, the bucket rates, and what a model answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from services.scoring.domain.rates import SHIPPED_RATES, BucketRates
from shared.events.words import Confidence


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model said of one vector of inputs.

    `contributions` are log-odds of default by input name (positive is worse); with `baseline` they add up to the
    log-odds of its own uncalibrated score. `valid_until` is inclusive: after it the bucket rates are used instead.
    """

    model: str
    trained_on: str
    valid_until: date
    roll_probability: Decimal
    cure_probability: Decimal
    default_probability: Decimal
    baseline: Decimal
    contributions: Mapping[str, Decimal] = field(default_factory=dict)
    confidence: Confidence = "medium"


@dataclass(frozen=True, slots=True)
class Context:
    """`model_answers` are by the fingerprint of the inputs they answer; None where no model was asked.

    `model_valid_until` (inclusive) is the end of the model in service, so that one that has expired need not be asked.
    """

    now: datetime
    bucket_rates: BucketRates = SHIPPED_RATES
    model_answers: Mapping[str, ModelAnswer] | None = None
    model_valid_until: date | None = None

    @property
    def versions(self) -> Mapping[str, str]:
        """The rates, every model that answered, and until when the one in service may be asked."""
        models = ",".join(sorted({answer.model for answer in (self.model_answers or {}).values()}))
        until = self.model_valid_until.isoformat() if self.model_valid_until else ""
        named = {"bucket-rates": self.bucket_rates.version, "model": models, "model-valid-until": until}
        return {name: version for name, version in named.items() if version}

    @property
    def unversioned(self) -> Mapping[str, Any] | None:
        """The model's answers: a model's version names the model, not the arithmetic of the machine it ran on."""
        return {"model_answers": dict(self.model_answers)} if self.model_answers else None
