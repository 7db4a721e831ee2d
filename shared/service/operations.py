"""The doors for operators: what was set aside, what may be done about it, and who did what."""

from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.announcements import PAGE_MAX
from shared.auth import Principal, requires
from shared.fold import Applied, Because, House, Reason
from shared.parking import (
    discard,
    discard_letter,
    list_acts,
    list_letters,
    list_parked,
    look_into,
    release,
    release_edited,
    retry_letter,
)
from shared.problems import Door
from shared.refusal import BadValue, Refusal, Refused, refuse

REFERENCE_CHARACTERS_MAX: Final = 64
# A letter's headers may fill its whole message, and their names are read for each of a page.
LETTERS_MAX: Final = 100

Cursor = Annotated[int, Query(ge=0, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Operator = Annotated[Principal, Depends(requires("parked:write"))]


class Why(BaseModel):
    """Why an operator acts; the story itself stands in the ticket, where it can be erased: acts are kept for ever."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(examples=["bug-mended"])
    reference: str | None = Field(
        default=None,
        max_length=REFERENCE_CHARACTERS_MAX,
        pattern=r"^[A-Za-z][A-Za-z0-9_./-]*[-#][0-9]{1,8}$",
        description="a ticket, such as OPS-1234 or lender/loans#17; needed with the reason `other`",
        examples=["OPS-1234"],
    )

    @model_validator(mode="after")
    def _other_is_told_elsewhere(self) -> Self:
        if self.reason == "other" and self.reference is None:
            raise BadValue("reference", "another reason needs a reference")
        return self

    def of(self, operator: Principal) -> Because:
        """Why *operator* acts."""
        return Because(operator.name, self.reason, self.reference)


class Replacement(Why):
    """Content to be applied in place of a parked item."""

    type: str = Field(max_length=128, examples=["PaymentReceived"])
    data: dict[str, Any]


def parked_doors(house: House[Any]) -> APIRouter:
    """What was parked under its number."""
    router = APIRouter(route_class=Door, tags=["operations"])

    @router.get("/v1/parked", dependencies=[Depends(requires("parked:read"))])
    async def read_parked(after: Cursor = 0, limit: Limit = 100) -> dict[str, Any]:
        """Parked items, oldest first."""
        async with house.database.reading() as connection:
            return {"items": await list_parked(connection, after, limit)}

    @router.get("/v1/parked/{parked_id}", dependencies=[Depends(requires("parked:read"))])
    async def inspect_item(parked_id: Id) -> dict[str, Any]:
        """The envelope and the shape of the data; text, names that are not ours and unexpected values are masked."""
        async with house.database.reading() as connection:
            detail = await look_into(connection, parked_id)
        if detail is None:
            raise _no_such_item()
        return {"item": detail.item, "inside": detail.inside}

    @router.post("/v1/parked/{parked_id}/release", status_code=202)
    async def release_item(parked_id: Id, why: Why, operator: Operator) -> dict[str, int]:
        """Let the item and its followers be pulled from their source again, in order."""
        if not await release(house, parked_id, why.of(operator)):
            raise _no_such_item()
        return {"released": parked_id}

    @router.post("/v1/parked/{parked_id}/replace")
    async def replace_item(parked_id: Id, replacement: Replacement, operator: Operator) -> dict[str, int]:
        """Apply other content in place of the item."""
        because = replacement.of(operator)
        return _acted(await release_edited(house, parked_id, replacement.type, replacement.data, because), parked_id)

    @router.post("/v1/parked/{parked_id}/discard")
    async def discard_item(parked_id: Id, why: Why, operator: Operator) -> dict[str, int]:
        """Hear the item's number without acting on it."""
        return _acted(await discard(house, parked_id, why.of(operator)), parked_id)

    return router


def letter_doors(house: House[Any]) -> APIRouter:
    """What could not even be read as somebody's."""
    router = APIRouter(route_class=Door, tags=["operations"])

    @router.get("/v1/dead-letters", dependencies=[Depends(requires("parked:read"))])
    async def read_letters(
        after: Cursor = 0, limit: Annotated[int, Query(ge=1, le=LETTERS_MAX)] = LETTERS_MAX
    ) -> dict[str, Any]:
        """Dead letters, oldest first: sizes, known headers, place and reason; never what is in them."""
        async with house.database.reading() as connection:
            return {"items": await list_letters(connection, after, limit)}

    @router.post("/v1/dead-letters/{letter_id}/retry", status_code=202)
    async def retry(letter_id: Id, why: Why, operator: Operator) -> dict[str, int]:
        """Read the letter again, after a change of the code: what it announces is then pulled from its source."""
        done = await retry_letter(house, letter_id, why.of(operator))
        if isinstance(done, Refusal):
            raise Refused(done)
        if not done:
            raise _no_such_item()
        return {"retried": letter_id}

    @router.post("/v1/dead-letters/{letter_id}/discard")
    async def forget_letter(letter_id: Id, why: Why, operator: Operator) -> dict[str, int]:
        """Forget the letter; if its topic is read again from before it, it comes back."""
        if not await discard_letter(house, letter_id, why.of(operator)):
            raise _no_such_item()
        return {"discarded": letter_id}

    return router


def audit_door(house: House[Any]) -> APIRouter:
    """Who did what about what was set aside."""
    router = APIRouter(route_class=Door, tags=["operations"], dependencies=[Depends(requires("audit:read"))])

    @router.get("/v1/operator-acts")
    async def read_acts(after: Cursor = 0, limit: Limit = 100) -> dict[str, Any]:
        """Operators' acts, in order; they are kept for ever and cannot be changed."""
        async with house.database.reading() as connection:
            return {"items": await list_acts(connection, after, limit)}

    return router


def _no_such_item() -> Refused:
    return refuse("not-found", "there is no such item")


def _acted(outcome: object, parked_id: int) -> dict[str, int]:
    if outcome is None:
        raise _no_such_item()
    if isinstance(outcome, Refusal):
        raise Refused(outcome)
    if not isinstance(outcome, Applied):
        raise refuse("conflict", "the item could not be applied; it is still parked")
    return {"applied": parked_id}
