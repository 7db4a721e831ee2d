"""Replies that providers hand on: held at once, sealed, and read by nobody but a person who says why."""

import unicodedata
from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import uuid5

from fastapi import APIRouter, Depends, Query, Request

from services.contact.api.telling import read_as
from services.contact.domain.commands import HearReply
from services.contact.domain.names import HOUSE
from services.contact.domain.replies import meaning_of
from services.contact.schemas import Answer, ContactId, Page, RevealRequest, Written, WrittenData
from services.contact.store.replies import (
    Answered,
    answered_by_reference,
    answered_by_sender,
    list_replies,
    open_reply,
    seal_text,
)
from services.contact.store.sealing import Sealer
from services.contact.store.vault import note_reveal
from shared.announcements import Announcement
from shared.auth import Principal, requires
from shared.fold import Answer as Kept
from shared.fold import Applied, Heard, House, apply
from shared.fold import Request as Via
from shared.problems import Door
from shared.refusal import Refusal, refuse
from shared.service import answer_of
from shared.telemetry import trace_of

USED_BEFORE: Final = "idempotency-key-reused"
EDGES: Final = frozenset("PZSC")
"""Unicode's classes of what may stand around a word: punctuation, spaces, symbols, controls."""
RECEIVED: Final = "message.received"
OURS: Final = frozenset({"data", "from", "reference", "text", "timestamp", "type"})
HELD: Final = b'{"outcome":"held"}'
Revealer = Annotated[Principal, Depends(requires("pii:read"))]


class Inbound:
    """Takes in what borrowers answer: once for each id of the provider, answered only when the hold stands."""

    def __init__(self, house: House[Any], sealer: Sealer) -> None:
        self._house = house
        self._sealer = sealer

    async def take(self, provider: str, webhook_id: str, body: bytes, request: Request) -> Answer:
        """Hold everybody who may have written it. Raises: Refused, when the provider should tell it again."""
        written = read_written(body)
        found, at = await self._find(provider, written.data)
        trace = trace_of(request.headers.get("traceparent"))
        for one in found:
            reply_id = str(uuid5(HOUSE, f"reply:{len(provider)}:{provider}:{webhook_id}:{one.key}"))
            via = Via(f"provider:{provider}", trace, None, reply_id, self._sealer.digest(body), _held)
            async with self._house.database.begin() as connection:
                text_ref = await seal_text(connection, self._sealer, one.key, written.data.text)
            meaning = meaning_of(folded(written.data.text))
            heard = HearReply(reply_id, one.channel, meaning, at, text_ref, one.attempt_id)  # type: ignore[arg-type]
            [outcome] = await apply(self._house, [Heard(one.key, heard, via)])
            if isinstance(outcome, Refusal) and outcome.code == USED_BEFORE:
                raise refuse("contradiction", "this id was used before, for another body")
            if not isinstance(outcome, Applied):
                answer_of(outcome)
        return {"outcome": "held" if found else "unknown-sender"}

    async def _find(self, provider: str, data: WrittenData) -> tuple[list[Answered], Any]:
        """Whose message was answered; where nobody can tell, everybody who is reached at the address it came from."""
        async with self._house.database.begin() as connection:
            found = []
            if data.reference is not None:
                found = await answered_by_reference(connection, provider, data.reference)
            if not found and data.sender is not None:
                found = await answered_by_sender(connection, self._sealer, data.sender)
            return found, await self._house.clock.read(connection)


def _held(_said: Sequence[Announcement]) -> Kept:
    return Kept(202, HELD)


def folded(text: str) -> str:
    """*text* in one width and case, without what stands around it."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    inside = [place for place, character in enumerate(plain) if unicodedata.category(character)[0] not in EDGES]
    return plain[inside[0] : inside[-1] + 1] if inside else ""


def read_written(body: bytes) -> Written:
    """The reply. Raises: Refused."""
    return read_as(Written, body, OURS)


def replies_door(house: House[Any], sealer: Sealer) -> APIRouter:
    """`/v1/replies`."""
    router = APIRouter(route_class=Door, tags=["replies"], prefix="/v1/replies")

    @router.get("", dependencies=[Depends(requires("contacts:read"))])
    async def read_replies(after: Annotated[str, Query(max_length=128)] = "", limit: Page = 100) -> Answer:
        """What borrowers answered, by what it means, behind an id (exclusive); `unread` waits for a person to read."""
        async with house.database.reading() as connection:
            return {"items": await list_replies(connection, after, limit)}

    @router.post("/{reply_id}/reveal")
    async def reveal_reply(reply_id: ContactId, asked: RevealRequest, caller: Revealer) -> Answer:
        """The borrower's own words; who read them, and why, is written down first."""
        async with house.database.begin() as connection:
            found = await open_reply(connection, sealer, reply_id)
            if found is None:
                raise refuse("not-found", "no such reply is kept")
            key, words = found
            await note_reveal(connection, key, caller.name, asked.reason, ["reply"])
        return {"reply_id": reply_id, "customer_id": key, "text": words}

    return router
