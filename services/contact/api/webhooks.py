"""Where providers tell what became of what they were given, or was answered; what nobody can place is read here."""

from hashlib import sha256
from typing import Annotated, Any, Final, Literal, get_args

from fastapi import APIRouter, Depends, Query, Request

from services.contact.api.examples import answers, problem_of
from services.contact.api.inbound import RECEIVED, Inbound
from services.contact.api.signatures import Signatures
from services.contact.api.telling import BODY_BYTES_MAX, read_as, stated_in
from services.contact.schemas import Answer, Page, Told, ToldData
from services.contact.store.receipts import Receipt, Signal, get_outcome, keep_receipt, list_receipts, take_up
from shared.auth import requires
from shared.fold import House
from shared.problems import check_media_type
from shared.refusal import refuse

SIGNALS: Final = {f"message.{signal}": signal for signal in get_args(Signal)}
OURS: Final = frozenset(Told.model_fields.keys() | ToldData.model_fields.keys())
Cursor = Annotated[int, Query(ge=0, le=2**63 - 1)]
Outcome = Literal["waiting", "applied", "repeated", "contradicted", "unknown-reference"]


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """*schema* with what it refers to in its place: a reference would lead nowhere in the description of the API."""
    parts = schema.pop("$defs")
    schema["properties"]["data"] = parts["ToldData"]
    return schema


EXAMPLE: Final = {
    "type": "message.delivered", "timestamp": "2026-11-24T02:00:00Z",
    "data": {"reference": "7d2f6c1e0a4b5c1d9e8f112233445566"},
}  # fmt: skip
ASKED: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _whole(Told.model_json_schema()), "example": EXAMPLE}},
    },
    "parameters": [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    ],
}
ANSWERS: Final = answers(
    {"outcome": "applied"},
    problem_of(401, "bad-signature", "the call is not signed, or not by who it should be, or too long ago"),
    problem_of(404, "not-found", "no such provider calls here"),
    problem_of(409, "contradiction", "this id was used before, for another body"),
    problem_of(413, "body-too-large", "a receipt has at most 65536 bytes"),
    status=202,
)


def webhooks_door(house: House[Any], signatures: Signatures, inbound: Inbound) -> APIRouter:
    """`/v1/webhooks`."""
    router = APIRouter(tags=["webhooks"], prefix="/v1/webhooks")

    @router.post("/{provider}", status_code=202, responses=ANSWERS, openapi_extra=ASKED)
    async def tell_receipt(provider: str, request: Request) -> Answer:
        """Tell what became of a message, or what was answered to it (`message.received`).

        Signed as Standard Webhooks has it; a repeat under its id changes nothing. A reply is held first.

        What names no attempt of the provider is kept for a person, and answered as taken: asking again would not help.
        """
        check_media_type(request)
        body = await request.body()
        if len(body) > BODY_BYTES_MAX:
            raise refuse("body-too-large", f"a receipt has at most {BODY_BYTES_MAX} bytes")
        webhook_id = signatures.check(provider, request.headers, body)
        if type_of(body) == RECEIVED:
            return await inbound.take(provider, webhook_id, body, request)
        told = read_told(body)
        if told.type not in SIGNALS:
            return {"outcome": "ignored"}
        receipt = Receipt(told.data.reference, SIGNALS[told.type], told.timestamp)
        async with house.database.begin() as connection:
            if not await keep_receipt(connection, provider, webhook_id, sha256(body).digest(), receipt):
                raise refuse("contradiction", "this id was used before, for another body")
            await take_up(connection)
            return {"outcome": await get_outcome(connection, provider, webhook_id)}

    @router.get("", dependencies=[Depends(requires("contacts:read"))])
    async def read_receipts(outcome: Outcome, after: Cursor = 0, limit: Page = 100) -> Answer:
        """What providers told, by what became of it, in the order in which it came, behind an id (exclusive)."""
        async with house.database.reading() as connection:
            return {"items": await list_receipts(connection, outcome, after, limit)}

    return router


def type_of(body: bytes) -> object:
    """What a provider says its message is about. Raises: Refused."""
    stated = stated_in(body, OURS)
    return stated.get("type") if isinstance(stated, dict) else None


def read_told(body: bytes) -> Told:
    """The message of a provider. Raises: Refused."""
    return read_as(Told, body, OURS)
