"""Replies: the words sealed under the borrower's own key, and beside each what it means, for whoever reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.domain.commands import HearReply
from services.contact.store.sealing import Sealer
from services.contact.store.vault import find_borrowers, wrapped_keys
from services.contact.tables import attempts, data_keys, replies, reply_texts
from shared.fold import Said
from shared.ids import new_id

UNUSED_HOURS_MAX: Final = 24
SWEEP_MAX: Final = 500
PAGE_MAX: Final = 1000

_ANSWERED = select(attempts.c.key, attempts.c.channel, attempts.c.attempt_id).where(
    attempts.c.provider == bindparam("of_provider"), attempts.c.reference == bindparam("of_reference")
)
_LISTED = (
    select(replies).where(replies.c.reply_id > bindparam("after")).order_by(replies.c.reply_id).limit(bindparam("most"))
)
_ONE = (
    select(replies.c.key, reply_texts.c.ref, reply_texts.c.sealed, data_keys.c.wrapped)
    .join(reply_texts, reply_texts.c.ref == replies.c.text_ref)
    .join(data_keys, data_keys.c.key == replies.c.key)
    .where(replies.c.reply_id == bindparam("of"))
)
_SWEEP = text("""
    delete from reply_texts where ref in (
        select text.ref from reply_texts text left join replies on replies.text_ref = text.ref
        where text.sealed_at < clock_timestamp() - make_interval(hours => :hours) and replies.text_ref is null
        order by text.sealed_at limit :most)
""")


@dataclass(frozen=True, slots=True)
class Answered:
    """Whose reply it is, on which channel, and to which attempt where that is known."""

    key: str
    channel: str
    attempt_id: str | None = None


async def answered_by_reference(connection: AsyncConnection, provider: str, reference: str) -> list[Answered]:
    """The attempt of *provider* under our reference, if there is one."""
    rows = await connection.execute(_ANSWERED, {"of_provider": provider, "of_reference": reference})
    return [Answered(row.key, row.channel, row.attempt_id) for row in rows]


async def answered_by_sender(connection: AsyncConnection, sealer: Sealer, sender: str) -> list[Answered]:
    """Everybody who is reached at the address that the reply came from: each of them may have written it."""
    is_mail = "@" in sender
    keys = await find_borrowers(connection, sealer, "email" if is_mail else "phone", sender)
    return [Answered(key, "email" if is_mail else "sms") for key in keys]


async def seal_text(connection: AsyncConnection, sealer: Sealer, key: str, words: str) -> UUID:
    """Keep *words* sealed; should no reply take them up, they are swept."""
    ref = new_id()
    wrapped = (await wrapped_keys(connection, sealer, [key]))[key]
    row = {"ref": ref, "key": key, "sealed": sealer.seal(wrapped, key, ref, words)}
    await connection.execute(reply_texts.insert().values(**row, sealed_at=func.clock_timestamp()))
    return ref


def reply_rows(said: Sequence[Said]) -> list[Mapping[str, Any]]:
    """The replies that were heard; one that placed no hold was heard before."""
    return [_row(one, one.heard.fact) for one in said if isinstance(one.heard.fact, HearReply) and one.announcements]


def _row(one: Said, command: HearReply) -> dict[str, Any]:
    return {
        "reply_id": command.reply_id,
        "key": one.heard.key,
        "channel": command.channel,
        "meaning": command.meaning,
        "text_ref": command.text_ref,
        "received_at": command.at,
    }


async def list_replies(connection: AsyncConnection, after: str, limit: int) -> list[dict[str, Any]]:
    """Replies behind an id (exclusive): what each means, never what it says."""
    rows = await connection.execute(_LISTED, {"after": after, "most": min(limit, PAGE_MAX)})
    return [
        {"reply_id": row.reply_id, "customer_id": row.key, "channel": row.channel, "meaning": row.meaning,
         "received_at": row.received_at}
        for row in rows
    ]  # fmt: skip


async def open_reply(connection: AsyncConnection, sealer: Sealer, reply_id: str) -> tuple[str, str] | None:
    """Whose reply it is, and its words; None when there is none, or it was erased."""
    row = (await connection.execute(_ONE, {"of": reply_id})).one_or_none()
    return None if row is None else (row.key, sealer.open(row.wrapped, row.key, row.ref, row.sealed))


async def erase_texts(connection: AsyncConnection, key: str) -> None:
    """Forget all that the borrower wrote."""
    await connection.execute(delete(reply_texts).where(reply_texts.c.key == key))


async def sweep_texts(connection: AsyncConnection) -> None:
    """Forget up to 500 texts that no reply took up within a day of machine time."""
    await connection.execute(_SWEEP, {"hours": UNUSED_HOURS_MAX, "most": SWEEP_MAX})
