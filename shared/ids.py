"""Ids: minted at the edge, or derived from a chain; never drawn in the core."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID, uuid4

_NOTHING_BEFORE = bytes(16)


def new_id() -> UUID:
    """A fresh random id, for what enters at the edge without one."""
    return uuid4()


def chained_id(
    house: str, key: str, number: int, previous: UUID | None, type_: str, at: datetime, basis: str, data: bytes
) -> UUID:
    """The id of announcement *number* about *key*: a digest over the previous id and everything that it states.

    The first 16 bytes of the SHA-256, marked as a UUID of version 8 (RFC 9562: custom, by digest).
    """
    stamp = at.astimezone(UTC).isoformat()
    head = f"{house}\n{len(key)}:{key}\n{number}\n{type_}\n{stamp}\n{len(basis)}:{basis}\n".encode()
    digest = bytearray(sha256((previous.bytes if previous else _NOTHING_BEFORE) + head + data).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return UUID(bytes=bytes(digest))
