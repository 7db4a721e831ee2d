"""HTTP shapes of ingest that are not domain types."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, Field

from services.ingest.domain.buckets import Basis
from shared.events.base import Checked, Count, Identifier

EventAttribute = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
DecimalString = Annotated[str, BeforeValidator(lambda amount: format(amount, "f"))]
Verdict = Literal["duplicate", "busy", "held", "contradicted", "rejected"]


class Item(BaseModel):
    """What became of one posted event that was not plainly accepted."""

    index: int
    id: str | None = Field(default=None, description="as posted, when it could be read")
    verdict: Verdict
    reason: str | None = Field(default=None, description="a stable code")
    detail: str | None = None
    pointer: str | None = Field(default=None, description="JSON pointer into the event")


class Receipt(BaseModel):
    """Every accepted event is durable; `items` lists only what was not plainly accepted."""

    accepted: int
    duplicates: int
    held: int
    rejected: int
    busy: int = 0
    items: list[Item]


class BusinessDate(BaseModel):
    """Closes the days up to it."""

    business_date: date = Field(examples=["2026-11-23"])


class Closing(BaseModel):
    """The business date in force, and how many borrowers still have to age to it."""

    business_date: date
    remaining: int


@dataclass(frozen=True, slots=True)
class StatedRange(Checked):
    """One range of days, both ends inclusive; an open end is said by null, never by silence."""

    min_days: Count
    max_days: Count | None
    name: Identifier | None = None


@dataclass(frozen=True, slots=True)
class StatedBuckets(Checked):
    """A bucket set as somebody states it."""

    ranges: tuple[StatedRange, ...]
    basis: Basis = "delinquent_days"
    effective_on: date | None = None


class ShownRange(BaseModel):
    """One bucket: `min_days` to `max_days`, both inclusive; null is open."""

    name: str
    min_days: int
    max_days: int | None


class ShownVersion(BaseModel):
    """The ranges that hold from `effective_on` on (null: for all days), until the next version does."""

    version: int
    effective_on: date | None
    basis: Basis
    source: str | None
    ranges: list[ShownRange]


class ShownBucketSet(BaseModel):
    """A bucket set; `etag` names its last version, which a change must follow."""

    name: str
    etag: str
    versions: list[ShownVersion]


class ShownBucketSets(BaseModel):
    """Every bucket set; `revision` is the number under which announcements name them in their basis."""

    revision: int
    items: list[ShownBucketSet]


class PauseRequest(BaseModel):
    """A pause entered by a person: ageing stands still in [from_on, until_on)."""

    from_on: date
    until_on: date


class LoanSummary(BaseModel):
    """A loan as last announced."""

    loan_id: str
    customer_id: str
    product: str
    currency: str
    opened_on: date
    bucket: str | None
    stage: str | None
    overdue_since: date | None
    delinquent_amount: str
    closed: bool


class HeldFact(BaseModel):
    """A fact that is true but early."""

    source: str
    id: str
    type: str
    loan_id: str | None
    reason: str
    recorded_at: datetime


class HeldPage(BaseModel):
    """Held facts by source and id; `next` is the cursor of the page behind, null at the end."""

    items: list[HeldFact]
    next: str | None


class RefusedFact(BaseModel):
    """A fact that was held, and refused in the end: what for, and where in it."""

    number: int
    source: str
    id: str
    type: str
    loan_id: str | None
    code: str
    detail: str
    pointer: str | None
    refused_at: datetime


class RefusalPage(BaseModel):
    """Open refusals, oldest first; `next` is the number behind which the next page starts, null at the end."""

    items: list[RefusedFact]
    next: int | None


class Settled(BaseModel):
    """A refusal that needs nobody's attention any more."""

    number: int
    settled_as: Literal["discarded", "retried"]


class Accepted(BaseModel):
    """What was accepted of one kind on one day: how many facts, of how much money, and the digest of their ids."""

    day: date
    source: str
    type: str
    currency: str | None = Field(description="the loan's; null where no loan is known any more")
    count: int
    sum: str | None = Field(description="null where facts of this type carry no amount")
    digest: str = Field(description="64 hexadecimal digits", examples=["e3b0c44298fc1c149afbf4c8996fb924" * 2])


class Counts(BaseModel):
    """A page of counts; `next` is the cursor of the page behind, null at the end."""

    items: list[Accepted]
    next: str | None


class WantedIds(BaseModel):
    """CloudEvents ids of one source."""

    source: EventAttribute = Field(examples=["/core-banking"])
    ids: list[EventAttribute] = Field(min_length=1, max_length=1000, examples=[["pay-1001"]])


class Standings(BaseModel):
    """Each id asked for, once, in the order asked. What was refused at once is unknown: its sender was told."""

    accepted: list[str]
    held: list[str]
    refused: list[str]
    unknown: list[str]


class LoanDifference(BaseModel):
    """Stated by core banking minus derived from its facts, both as of one day."""

    loan_id: str
    as_of: date
    currency: str
    outstanding: DecimalString
    overdue_amount: DecimalString


class Differences(BaseModel):
    """A page of differences; `next` is the loan behind which the next page starts, null at the end."""

    items: list[LoanDifference]
    next: str | None


LoanPath = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
CustomerPath = LoanPath
Page = Annotated[int, Field(ge=1, le=1000)]
Answer = dict[str, Any]
