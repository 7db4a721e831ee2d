"""HTTP shapes of feedback that are not domain types."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.feedback.domain.cases import CaseKind

Page = Annotated[int, Field(ge=1, le=1000)]


class SaidHere(BaseModel):
    """One announcement that followed; its content stands among the borrower's events."""

    number: int
    type: str
    id: UUID


class Entered(BaseModel):
    """What was taken, under its id; a repeat of something known leads to no announcement."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "customer_id": "C1001",
                "promise_id": "P1",
                "announcements": [
                    {"number": 4, "type": "PromiseMade", "id": "3f0c6a8e-1b2d-8c4e-9f00-5a6b7c8d9e0f"},
                ],
            }
        },
    )
    customer_id: str
    announcements: list[SaidHere]


class OpenCase(BaseModel):
    """A case that waits for its answer; the bank's calendar."""

    kind: CaseKind
    id: str
    customer_id: str
    owner: str = Field(description="the desk that owes the answer", examples=["disputes-desk"])
    opened_on: date
    due_on: date | None = Field(description="the last day for the answer, inclusive")
    loan_ids: list[str]


class Cases(BaseModel):
    """Open cases, the most urgent first; `next` is the cursor of the page behind this one."""

    items: list[OpenCase]
    next: str | None


class PromiseView(BaseModel):
    """A promise, and what became of it so far."""

    promise_id: str
    loan_ids: list[str]
    amount: str = Field(examples=["250.00"])
    currency: str
    made_on: date
    due_on: date
    tolerance_days: int
    via: str
    contact_id: str | None
    outcome: str | None = Field(description="kept, partly_kept, broken or superseded; null while it is open")
    paid: str = Field(description="what has come so far; once judged, what had come by then", examples=["0"])
    judged_on: date | None = Field(description="the business date of the verdict")
    superseded_by: str | None


class Promises(BaseModel):
    """Promises in the order they were made; `next` is the cursor of the page behind this one."""

    items: list[PromiseView]
    next: str | None


class ComplaintRate(BaseModel):
    """Complaints raised from `from_on` to `until_on` (both inclusive) for every thousand borrowers known."""

    from_on: date
    until_on: date
    complaints: int
    by_category: dict[str, int]
    borrowers: int
    per_thousand: str | None = Field(description="null while no borrower is known", examples=["0.42"])
    overdue: int = Field(description="complaints whose answer is overdue now")


class Words(BaseModel):
    """What a borrower said in their own words, and with which command."""

    ref: UUID
    command: str = Field(examples=["RaiseComplaint"])
    matter_id: str
    at: datetime
    words: dict[str, Any] = Field(examples=[{"text": "I was called at work."}])


class Texts(BaseModel):
    """What a borrower said, oldest first; `next` is the cursor of the page behind this one."""

    items: list[Words]
    next: str | None
