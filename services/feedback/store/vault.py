"""The vault: what borrowers say in their own words, sealed under a key of their own, which the master key wraps.

AES-256-GCM throughout; each seal is bound to whose it is and to its reference, so that none can stand for another.
"""

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import bindparam, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.feedback.tables import data_keys, text_uses, texts
from shared.codec import encode, parse
from shared.database.tables import Instant
from shared.fold import Request, Said
from shared.ids import new_id

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SWEPT_AT_ONCE: Final = 1000

Place = tuple[datetime, UUID]
FIRST: Final[Place] = (datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))

_KEY = select(data_keys.c.wrapped).where(data_keys.c.key == bindparam("of"))
_KEY_TO_SEAL_WITH = _KEY.with_for_update(read=True)
_NEW_KEY = insert(data_keys).values(key=bindparam("of"), wrapped=bindparam("wrapped")).on_conflict_do_nothing()
_NEW_TEXT = insert(texts).values(ref=bindparam("ref"), key=bindparam("of"), sealed=bindparam("sealed"))
_OF_CUSTOMER = (
    select(texts.c.ref, texts.c.sealed, text_uses.c.command, text_uses.c.matter_id, text_uses.c.at)
    .join(text_uses, text_uses.c.ref == texts.c.ref)
    .where(text_uses.c.key == bindparam("of"), texts.c.key == bindparam("of"))
    .where(tuple_(text_uses.c.at, text_uses.c.ref) > tuple_(bindparam("at", type_=Instant), bindparam("after_ref")))
    .order_by(text_uses.c.at, text_uses.c.ref)
    .limit(bindparam("count"))
)
# A key is locked before it is looked at once more: who seals with it holds the same lock until the text is there.
_LOCK_UNUSED = text(
    "select key from data_keys where not exists (select from texts where texts.key = data_keys.key) "
    "order by key limit :count for update skip locked"
)
_SWEEP_KEYS = text(
    "delete from data_keys where key = any(:keys) and not exists (select from texts where texts.key = data_keys.key)"
)
_SWEEP = text(
    "delete from texts where ref in (select ref from texts where written_at < now() - interval '1 day' "
    "and not exists (select from text_uses where text_uses.ref = texts.ref) order by written_at limit :count)"
)


class BadMasterKey(ValueError):
    """The master key's file does not hold 32 bytes in base64."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What was said, in the words it was said in, and the command that it came with."""

    ref: UUID
    command: str
    matter_id: str
    at: datetime
    words: dict[str, str]


class Vault:
    """Seals and opens; it holds the master key, the database holds what is wrapped and sealed."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise BadMasterKey
        self._master = AESGCM(master)

    @classmethod
    def with_key_in(cls, file: Path) -> "Vault":
        """The vault whose master key stands in *file*, in base64. Raises: BadMasterKey, OSError."""
        try:
            return cls(base64.b64decode(file.read_bytes().strip(), validate=True))
        except ValueError:
            raise BadMasterKey from None

    async def put(self, connection: AsyncConnection, customer_id: str, words: dict[str, str]) -> UUID:
        """Seal *words* for *customer_id* and answer the reference to them."""
        ref = new_id()
        data_key = await self._find_key(connection, customer_id, to_seal=True)
        data_key = data_key or await self._make_key(connection, customer_id)
        sealed = _seal(data_key, encode(words), _name(customer_id, ref))
        await connection.execute(_NEW_TEXT, {"ref": ref, "of": customer_id, "sealed": sealed})
        return ref

    async def list_texts(
        self, connection: AsyncConnection, customer_id: str, after: Place, limit: int
    ) -> Sequence[Opened]:
        """What *customer_id* said, behind *after* (exclusive), oldest first; nothing once their key is gone."""
        asked = {"of": customer_id, "at": after[0], "after_ref": after[1], "count": limit}
        found = (await connection.execute(_OF_CUSTOMER, asked)).all()
        data_key = await self._find_key(connection, customer_id)
        if data_key is None:
            return []
        return [
            Opened(
                row.ref,
                row.command,
                row.matter_id,
                row.at,
                parse(_open(data_key, row.sealed, _name(customer_id, row.ref))),
            )
            for row in found
        ]

    async def _find_key(self, connection: AsyncConnection, customer_id: str, *, to_seal: bool = False) -> AESGCM | None:
        """The borrower's own key, unwrapped; None before anything was sealed, and after it was destroyed.

        One *to_seal* with stays until the transaction ends, whoever sweeps meanwhile.
        """
        wrapped = (await connection.execute(_KEY_TO_SEAL_WITH if to_seal else _KEY, {"of": customer_id})).scalar()
        return None if wrapped is None else AESGCM(_open(self._master, wrapped, _key_name(customer_id)))

    async def _make_key(self, connection: AsyncConnection, customer_id: str) -> AESGCM:
        """The borrower's own key, which did not exist yet; whoever makes it first has made it for all."""
        fresh = _seal(self._master, AESGCM.generate_key(KEY_BYTES * 8), _key_name(customer_id))
        await connection.execute(_NEW_KEY, {"of": customer_id, "wrapped": fresh})
        made = await self._find_key(connection, customer_id, to_seal=True)
        assert made is not None, "a key is there once it is made"
        return made


async def sweep(connection: AsyncConnection) -> int:
    """Forget texts that nobody took up within a day of machine time, at most 1,000, and keys that seal nothing.

    Answers how many texts.
    """
    swept = (await connection.execute(_SWEEP, {"count": SWEPT_AT_ONCE})).rowcount
    unused = (await connection.execute(_LOCK_UNUSED, {"count": SWEPT_AT_ONCE})).scalars().all()
    if unused:
        await connection.execute(_SWEEP_KEYS, {"keys": list(unused)})
    return swept


TEXTS: Final = frozenset({"evidence_ref", "text_ref"})
"""References into this vault; those of addresses lead to contact's."""


def use_rows(said: Sequence[Said]) -> list[dict[str, Any]]:
    """The texts whose references came with what was said; one that led to nothing new is not taken up."""
    return [row for one in said if isinstance(one.heard.via, Request) and one.announcements for row in _uses(one)]


def _uses(said: Said) -> list[dict[str, Any]]:
    command: Any = said.heard.fact
    stated = {field.name: getattr(command, field.name) for field in fields(command)}
    matter_id = next(iter(stated.values()))
    return [
        {"ref": ref, "key": said.heard.key, "command": type(command).__name__, "matter_id": matter_id, "at": said.now}
        for name, ref in stated.items()
        if name in TEXTS and ref is not None
    ]


def _key_name(customer_id: str) -> bytes:
    """What a wrapped key is bound to."""
    return f"feedback data key\n{customer_id}".encode()


def _name(customer_id: str, ref: UUID) -> bytes:
    """What a sealed text is bound to."""
    return f"feedback text\n{ref}\n{customer_id}".encode()


def _seal(key: AESGCM, content: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.encrypt(nonce, content, bound_to)


def _open(key: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    """Raises: cryptography's InvalidTag when it was sealed otherwise."""
    return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
