"""From an attempt to the message that goes out: its address opened, its text rendered, for the one call alone."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.store.attempts import Attempt
from services.contact.store.sealing import InvalidTag, Sealer
from services.contact.store.texts import Texts
from services.contact.store.vault import Opened, names_of, open_refs
from shared.codec import encode, parse
from shared.database import Weather

NOBODY: Final = UUID(int=0)
NoMessage: TypeAlias = Literal["address-invalid", "rejected"]

log = logging.getLogger("forbear.messages")


class TamperedVault(Weather):
    """A sealed value does not open: another master key, or somebody's hand in the table."""


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """An address and a text in the clear: made for a call, never kept, never shown in a log."""

    to: str
    subject: str
    body: str


class Composer:
    """Makes messages; nothing it makes is kept."""

    def __init__(self, sealer: Sealer, texts: Texts, lender: Mapping[str, str]) -> None:
        self._sealer, self._texts, self._lender = sealer, texts, lender

    async def compose(self, connection: AsyncConnection, attempts: Sequence[Attempt]) -> dict[str, Message | NoMessage]:
        """For each attempt its message, or why there is none."""
        refs = [ref for attempt in attempts if (ref := _ref(attempt)) is not None]
        try:
            addresses = await open_refs(connection, self._sealer, refs)
            names = await names_of(connection, self._sealer, sorted({attempt.key for attempt in attempts}))
        except InvalidTag:
            log.critical("the vault does not open with this master key: nothing is sent")
            raise TamperedVault from None
        return {one.attempt_id: self._message(one, addresses, names.get(one.key, "")) for one in attempts}

    def digest(self, message: Message, attempt: Attempt) -> bytes:
        """What tells this very request again, and nothing else of it: keyed, because addresses can be guessed."""
        return self._sealer.digest(encode((attempt.reference, message.to, message.subject, message.body)))

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
        return Message(address.value, *rendered)


def _ref(attempt: Attempt) -> UUID | None:
    try:
        return UUID(attempt.address_ref)
    except (TypeError, ValueError):
        return None
