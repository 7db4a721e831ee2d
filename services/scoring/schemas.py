"""HTTP shapes of scoring that are not domain types; decimals are strings, reasons stand in words beside their codes."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, computed_field

from services.scoring.domain.wording import WORDINGS, Wording
from shared.events.base import Checked, Identifier
from shared.money import Rate

Number = Annotated[Decimal, PlainSerializer(lambda value: format(value, "f"), return_type=str)]
CustomerId = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
PROBLEM: Final = {
    "type": "/problems/not-found", "title": "Not found", "status": 404, "code": "not-found",
    "detail": "nothing is known of this borrower here",
}  # fmt: skip


class Shown(BaseModel):
    """Read from the attributes of a domain type."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


class Words(Shown):
    """One sentence in the two languages of the house."""

    zh_cn: str = Field(alias="zh-CN")
    en: str


class ShownReason(Shown):
    """One feature's part in a score, in log-odds."""

    code: str
    contribution: Number
    wording: str

    @computed_field  # type: ignore[prop-decorator]  # pydantic's own way of writing it
    @property
    def words(self) -> Words:
        """The sentence that `wording` names; an old one that is no longer kept shows its name."""
        found = WORDINGS.get(self.wording, Wording(self.wording, self.wording))
        return Words.model_validate(found)


class ShownAxis(Shown):
    """Ability or willingness from 0 to 100: baseline, contributions and remainder add up to the log-odds scored."""

    verdict: Literal["scored", "insufficient_data"]
    confidence: str
    score: int | None
    baseline: Number | None
    reasons: list[ShownReason]
    remainder: Number | None


class ShownAmount(Shown):
    """Money in one currency."""

    amount: Number
    currency: str


class ShownLoan(Shown):
    """What is predicted of one loan."""

    loan_id: str
    currency: str
    basis: str
    roll_probability: Number | None
    cure_probability: Number | None
    default_probability: Number | None
    expected_cash: Number | None


class Preview(Shown):
    """An assessment: baseline, contributions of the reasons and remainder add up to log-odds of default."""

    as_of: date
    valid_until: date
    basis: Literal["model", "bucket_rates"]
    confidence: str
    model: str | None
    trained_on: str | None
    model_expired: bool
    roll_probability: Number | None = Field(description="rolls one bucket worse within a month")
    cure_probability: Number | None = Field(
        description="cures within 3 months under business as usual, the lender's own contacts included"
    )
    default_probability: Number | None = Field(
        description="3 or more instalments behind or charged off within 6 months (revolving: the next month)"
    )
    expected_cash: list[ShownAmount] = Field(description="expected in 90 days without a new action")
    ability: ShownAxis
    willingness: ShownAxis
    loans: list[ShownLoan]
    baseline: Number | None
    reasons: list[ShownReason]
    remainder: Number | None


class Assessment(Preview):
    """The latest assessment as announced; `heard` are the numbers heard from each source when it was made."""

    customer_id: str
    number: int
    event_id: UUID
    at: datetime
    heard: dict[str, int]
    versions: dict[str, str]


class ShownRates(Shown):
    """One version of the bucket rates; from row to column: 0, 1, 2, 3 and 4 or more instalments behind."""

    version: str
    effective_on: date | None = Field(description="UTC; none for the rates that ship with the code")
    measured_on: str
    matrix: list[list[Number]]


class ShownModel(Shown):
    """The model in service."""

    name: str
    trained_on: str
    valid_until: date
    expired: bool


class InForce(BaseModel):
    """What assessments rest on now; `versions` are the latest 100 bucket rates, effective or to come."""

    bucket_rates: ShownRates
    versions: list[ShownRates]
    model: ShownModel | None = Field(description="none: bucket rates and expert scorecards answer")
    axes: str
    inputs: list[str] = Field(description="the vector that a model is asked about, in order")


class RiskBand(BaseModel):
    """Borrowers with an open loan in one band of default probability, from inclusive, to exclusive (1: inclusive)."""

    default_from: Number | None = Field(description="none: not assessed yet")
    default_to: Number | None
    borrowers: int
    loans: int
    by_model: int
    outdated: int = Field(description="whose assessment no longer holds and was not made afresh yet")


class RiskStage(BaseModel):
    """All borrowers with so many instalments unpaid on their worst loan; 4 means 4 or more."""

    instalments_unpaid: int
    bands: list[RiskBand]
    expected_cash: list[ShownAmount]


class PortfolioRisk(BaseModel):
    """The portfolio by how far behind and how likely to default; at most 5 stages of 5 bands."""

    as_of: date
    stages: list[RiskStage]


@dataclass(frozen=True, slots=True)
class StatedRates(Checked):
    """Bucket rates as a person states them."""

    effective_on: date
    measured_on: Identifier
    matrix: tuple[tuple[Rate, ...], ...]


def example(status: int, body: Any) -> dict[int | str, dict[str, Any]]:
    """An OpenAPI answer with its example."""
    kind = "application/json" if status < 400 else "application/problem+json"
    return {status: {"description": "as shown", "content": {kind: {"example": body}}}}
