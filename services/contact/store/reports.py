"""From an attempt's row to the command that tells the borrower's story how it came out."""

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from services.contact.domain.commands import (
    NoteAccepted,
    NoteMissedWindow,
    NoteReceipt,
    NoteRefusedBySwitch,
    NoteRejected,
    NoteSettled,
    NoteUnclear,
    NoteWithdrawn,
)
from services.contact.store.attempts import Attempt
from shared.auth import internal
from shared.events import Command
from shared.fold import Answer, Heard, Request

SENDER: Final = internal("sender")
NOT_BEGUN: Final[Mapping[str, type[NoteRefusedBySwitch | NoteMissedWindow | NoteWithdrawn]]] = MappingProxyType(
    {"kill-switch": NoteRefusedBySwitch, "late": NoteMissedWindow, "withdrawn": NoteWithdrawn}
)
RECEIVED: Final = frozenset({"delivered", "undelivered", "expired"})
REASONS_TOLD: Final = frozenset({"address-invalid", "expired", "not-connected", "provider-error", "rejected"})


def heard_of(row: Attempt) -> Heard:
    """What an attempt's row says, as work for the fold: the same row and state are heard once."""
    note = note_of(row)
    name = f"{row.attempt_id}:{row.state}"
    via = Request(SENDER, None, None, name, sha256(name.encode()).digest(), lambda _said: Answer(204, b""))
    return Heard(row.key, note, via)


def note_of(row: Attempt) -> Command:
    """The command that tells how an attempt came out."""
    if row.state in RECEIVED:
        return NoteReceipt(row.attempt_id, row.state, row.receipt_at)
    if row.settled_by is not None:
        return NoteSettled(row.attempt_id, row.state, row.settled_by)
    if row.state == "accepted":
        return NoteAccepted(row.attempt_id, row.provider_ref, row.cost, row.currency)
    if row.state == "unknown":
        return NoteUnclear(row.attempt_id, row.reason)
    if row.state == "rejected":
        return NoteRejected(row.attempt_id, row.reason if row.reason in REASONS_TOLD else "rejected")
    assert row.state == "cancelled", "only what came out is told"
    return NOT_BEGUN[row.reason](row.attempt_id)
