"""From an attempt to the message that goes out: its address opened, its text rendered, for the one call alone."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.store.attempts import Attempt
from services.contact.store.sealing import InvalidTag, Sealer
from services.contact.store.texts import Texts
from services.contact.store.vault import Opened, names_of, open_refs
from services.contact.store.wording import misstated
from shared.codec import encode, parse
from shared.database import is_weather

NOBODY: Final = UUID(int=0)
NoMessage: TypeAlias = Literal["address-invalid", "rejected", "text-failed", "text-misstated", "vault-unreadable"]

log = logging.getLogger("forbear.messages")


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """An address and a text in the clear, made for a call, never kept, never shown in a log; and what is kept of it.

    `request_hash` tells this very request again, and nothing else of it: keyed, because addresses can be guessed.
    """

    to: str
    subject: str
    body: str
    request_hash: bytes
    text_hash: bytes


class Composer:
    """Makes messages; nothing it makes is kept."""

    def __init__(self, sealer: Sealer, texts: Texts, lender: Mapping[str, str]) -> None:
        self._sealer, self._texts, self._lender = sealer, texts, lender

    async def compose(self, connection: AsyncConnection, attempts: Sequence[Attempt]) -> dict[str, Message | NoMessage]:
        """For each attempt its message, or why there is none; one that fails is found alone, and costs no neighbour."""
        try:
            return await self._compose(connection, attempts)
        except Exception as error:
            if is_weather(error) or isinstance(error, SQLAlchemyError):
                raise
            if len(attempts) == 1:
                return {attempts[0].attempt_id: _reason_of(error)}
        found: dict[str, Message | NoMessage] = {}
        for attempt in attempts:
            found |= await self.compose(connection, [attempt])
        return found

    async def _compose(
        self, connection: AsyncConnection, attempts: Sequence[Attempt]
    ) -> dict[str, Message | NoMessage]:
        refs = [ref for attempt in attempts if (ref := _ref(attempt)) is not None]
        addresses = await open_refs(connection, self._sealer, refs)
        names = await names_of(connection, self._sealer, sorted({attempt.key for attempt in attempts}))
        return {one.attempt_id: self._message(one, addresses, names.get(one.key, "")) for one in attempts}

    def _message(self, attempt: Attempt, addresses: Mapping[UUID, Opened], name: str) -> Message | NoMessage:
        address = addresses.get(_ref(attempt) or NOBODY)
        if address is None or address.key != attempt.key:
            return "address-invalid"
        text = self._texts.find(attempt.template, attempt.language)
        if text is None or not text.approved or attempt.template_version not in (None, text.version):
            return "rejected"
        figures: dict[str, Any] = {**parse(attempt.figures), **self._lender, "name": name}
        rendered = text.render(figures)
        if rendered is None or self._lender["lender"] not in rendered[1]:
            return "rejected"
        if misstated(text, rendered[1], figures):
            return "text-misstated"
        return self._made(attempt, address.value, *rendered)

    def _made(self, attempt: Attempt, to: str, subject: str, body: str) -> Message:
        asked = self._sealer.digest(encode((attempt.reference, to, subject, body)))
        return Message(to, subject, body, asked, sha256(body.encode()).digest())


def _reason_of(error: Exception) -> NoMessage:
    """Why an attempt cannot be made into a message, for a reason of its own: it is not tried again as it is."""
    log.error("a message cannot be made", extra={"error": type(error).__name__})
    return "vault-unreadable" if isinstance(error, InvalidTag) else "text-failed"


def _ref(attempt: Attempt) -> UUID | None:
    try:
        return UUID(attempt.address_ref)
    except (TypeError, ValueError):
        return None
