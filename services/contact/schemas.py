"""HTTP shapes of contact that are not domain types."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.contact.domain.profile import Place
from shared.events import Scope
from shared.events.contacts import HoldKind
from shared.events.words import Channel
from shared.money import Money, check_currency, check_money
from shared.refusal import BadValue, Refusal

CustomerId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
ContactId = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:+/-]*$")]
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=5, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")
]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")
]
Page = Annotated[int, Field(ge=1, le=1000)]
Answer = dict[str, Any]

CHANNELS_MAX = 16
SIGNALS_MAX = 8
PROFILES_MAX = 500
FORMS = {
    "email": r"^[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,253}$",
    "phone": r"^\+?[0-9][0-9 ().-]{3,28}$",
    "postal": r"^[^\x00-\x09\x0b-\x1f\x7f]{3,500}$",
    "device": r"^[\x21-\x7e]{3,300}$",
}


class Closed(BaseModel):
    """A body whose fields are all known."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class StatedChannel(Closed):
    """One way to reach the borrower, its address in the clear for the last time. `consent` None: nobody asked."""

    channel: Channel = Field(examples=["sms"])
    address: Line = Field(examples=["+8613800000000"])
    consent: bool | None = None
    consent_at: AwareDatetime | None = None
    place: Place | None = Field(default=None, description="where it reaches the borrower; absent: nobody said")


class StatedSignal(Closed):
    """Something that tells in which time zone the borrower may be."""

    kind: Literal["landline_area_code", "mobile_area_code", "residential_address"]
    tz: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(examples=["Asia/Shanghai"])


class StatedProfile(Closed):
    """The whole profile of a borrower, as it is from now on."""

    language: Word = Field(examples=["zh-CN"])
    name: Name | None = Field(default=None, examples=["张三"])
    jurisdiction: Word | None = Field(default=None, examples=["CN"])
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    location_signals: list[StatedSignal] = Field(default_factory=list, max_length=SIGNALS_MAX)
    channels: list[StatedChannel] = Field(default_factory=list, max_length=CHANNELS_MAX)
    segment: Word | None = None
    restricted: bool = False


class ListedProfile(StatedProfile):
    """The profile of one borrower among many."""

    customer_id: CustomerId = Field(examples=["C1001"])


class ProfileList(Closed):
    """The profiles of different borrowers."""

    profiles: list[ListedProfile] = Field(min_length=1, max_length=PROFILES_MAX)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({one.customer_id for one in self.profiles}) < len(self.profiles):
            raise BadValue("profiles", "a borrower is named once")
        return self


class ProfileVerdict(BaseModel):
    """A profile that was not taken, and why."""

    index: int
    reason: str = Field(description="a stable code", examples=["bad-address"])
    detail: str
    pointer: str | None = Field(default=None, description="JSON pointer into the profile")

    @classmethod
    def of(cls, index: int, refusal: Refusal) -> Self:
        """The verdict on the profile at *index*."""
        return cls(index=index, reason=refusal.code, detail=refusal.detail, pointer=next(iter(refusal.pointers), None))


class ProfileReceipt(BaseModel):
    """How many were stated, and whose were not."""

    stated: int
    refused: list[ProfileVerdict]


class ShownChannel(BaseModel):
    """One way to reach the borrower, its address masked, or in the clear where it was revealed."""

    channel: str
    address: str | None
    address_ref: str
    consent: bool | None
    consent_at: datetime | None
    valid: bool
    place: Place | None


class ShownProfile(BaseModel):
    """A profile, masked unless it was revealed."""

    customer_id: str
    language: str
    name: str | None
    jurisdiction: str | None
    time_zone: str | None
    location_signals: list[StatedSignal]
    channels: list[ShownChannel]
    segment: str | None
    restricted: bool


class RevealRequest(Closed):
    """Why somebody needs to see it; kept with who asked and when."""

    reason: Reason = Field(examples=["the borrower calls and asks which number we hold"])


class HoldRequest(Closed):
    """Stop contact within `scope` until `until` (exclusive; absent: until a person ends it)."""

    customer_id: CustomerId = Field(examples=["C1001"])
    kind: HoldKind = Field(examples=["payment_claimed"])
    scope: Scope = Field(default_factory=lambda: Scope("everything"))
    until: AwareDatetime | None = None
    stop_debits: bool = False
    stop_interest: bool = False


class SwitchRequest(Closed):
    """What must not be sent any more. `value` names what `scope` stops; absent for `global`."""

    scope: Literal["global", "channel", "provider", "strategy", "segment", "borrower"]
    value: CustomerId | None = None
    reason: Reason = Field(examples=["a template went out with the wrong amount"])

    @model_validator(mode="after")
    def _valued(self) -> "SwitchRequest":
        if (self.scope == "global") == (self.value is not None):
            raise BadValue("value", "a value for every scope but global")
        return self


class Approval(BaseModel):
    """Who let a step go ahead, and when."""

    contact_id: str
    customer_id: str
    step: str
    approved_by: str
    approved_at: datetime


class BudgetRequest(Closed):
    """What may be spent in each `period` from `effective_from` on (the house's business calendar); None: no limit."""

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(examples=["CNY"])
    period: Literal["day", "month"] = Field(examples=["month"])
    effective_from: date = Field(le=date(9000, 1, 1), examples=["2026-12-01"])
    amount: Money | None = Field(examples=["5000.00"])

    @model_validator(mode="after")
    def _is_money(self) -> "BudgetRequest":
        check_currency("currency", self.currency)
        if self.amount is not None:
            check_money("amount", self.amount, self.currency)
            if self.amount < 0:
                raise BadValue("amount", "below zero")
        return self


class Budget(BaseModel):
    """A budget as it was set; what was spent and is left of it only while it is in force and limits anything."""

    currency: str
    period: str
    effective_from: date
    amount: Money | None
    set_by: str
    set_at: datetime
    spent: Money | None = None
    left: Money | None = None
    renewed_at: datetime | None = None


class Budgets(BaseModel):
    """Budgets in force and to come."""

    items: list[Budget]


class ToldData(BaseModel):
    """What a provider tells about; whatever else it adds is left alone."""

    reference: ContactId = Field(description="our reference, as it was given with the message")


class Told(BaseModel):
    """A message of a provider, as Standard Webhooks shapes it; types we do not heed are answered and left alone."""

    type: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(examples=["message.delivered"])
    timestamp: AwareDatetime = Field(ge=datetime(1970, 1, 2, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC))
    data: ToldData


class WrittenData(BaseModel):
    """What the borrower wrote, and how we know who they are; whatever else the provider adds is left alone."""

    model_config = ConfigDict(hide_input_in_errors=True)

    text: str = Field(description="as it was written, however long")
    reference: ContactId | None = Field(default=None, description="our reference of the message that is answered")
    sender: Line | None = Field(default=None, alias="from", description="the address or number it came from")

    @model_validator(mode="after")
    def _from_somebody(self) -> Self:
        if self.reference is None and self.sender is None:
            raise ValueError("our reference, or whom it is from")
        return self


class Written(BaseModel):
    """A reply that a provider hands on."""

    type: Literal["message.received"]
    timestamp: AwareDatetime = Field(ge=datetime(1970, 1, 2, tzinfo=UTC), le=datetime(9000, 1, 1, tzinfo=UTC))
    data: WrittenData


class Settlement(Closed):
    """How an unclear attempt came out after all; written off, it goes on counting as a contact."""

    outcome: Literal["accepted", "rejected", "written_off"]
