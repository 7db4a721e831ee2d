"""The vault: the only place that knows how a borrower is called and reached, and forgets it for good when told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.store.sealing import BadMasterKey, Kind, Sealer
from services.contact.tables import data_keys, master_keys, reveals, vault
from shared.database import arrays, unnest
from shared.refusal import refuse

KIND_OF_CHANNEL: Final[Mapping[str, Kind]] = {
    "email": "email", "sms": "phone", "phone": "phone", "voice_bot": "phone", "voicemail": "phone",
    "ringless_voicemail": "phone", "mail": "postal", "postcard": "postal", "visit": "postal", "visit_card": "postal",
    "push": "device", "app": "device", "im_private_account": "device", "portal": "device",
}  # fmt: skip
UNUSED_HOURS_MAX: Final = 24
SWEEP_MAX: Final = 500

_KNOW_MASTER = insert(master_keys).values(single=True, fingerprint=bindparam("known")).on_conflict_do_nothing()
_MASTER = select(master_keys.c.fingerprint)
_KEYS = select(data_keys.c.key, data_keys.c.wrapped).where(data_keys.c.key == func.any(bindparam("keys")))
_FRESH = unnest({"key": data_keys.c.key.type, "wrapped": data_keys.c.wrapped.type}, "fresh")
_INSERT_KEYS = (
    insert(data_keys)
    .from_select(
        ["key", "wrapped", "made_at"],
        select(_FRESH.c.key, _FRESH.c.wrapped, func.clock_timestamp()).order_by(_FRESH.c.key),
    )
    .on_conflict_do_nothing()
)
_ENTRY = ("ref", "key", "kind", "sealed", "blind")
_STATED = unnest({name: vault.c[name].type for name in _ENTRY}, "stated")
_STATE = insert(vault).from_select(
    [*_ENTRY, "stated_at"],
    select(*(_STATED.c[name] for name in _ENTRY), func.clock_timestamp()).order_by(_STATED.c.ref),
)
_STATE = _STATE.on_conflict_do_update(index_elements=["ref"], set_={"stated_at": func.clock_timestamp()})
_OPEN = (
    select(vault.c.ref, vault.c.key, vault.c.kind, vault.c.sealed, data_keys.c.wrapped)
    .join(data_keys, data_keys.c.key == vault.c.key)
    .order_by(vault.c.stated_at)
)
_OF_BORROWER = _OPEN.where(vault.c.key == bindparam("of"))
_BY_REF = _OPEN.where(vault.c.ref == func.any(bindparam("refs")))
_NAMES = _OPEN.where(vault.c.key == func.any(bindparam("keys")), vault.c.kind == "name")
_FIND = select(vault.c.key).distinct().where(vault.c.blind == bindparam("wanted")).order_by(vault.c.key).limit(100)

# An entry lives as long as the profile or an attempt that is not over names it; names live as long as the profile.
_SWEEP = text("""
    delete from vault where stated_at < clock_timestamp() - make_interval(hours => :hours) and ref in (
        select entry.ref from vault entry left join profiles on profiles.key = entry.key
        where entry.stated_at < clock_timestamp() - make_interval(hours => :hours)
          and case when entry.kind = 'name'
              then profiles.key is null or exists (select 1 from vault later where later.key = entry.key
                   and later.kind = 'name' and later.stated_at > entry.stated_at)
              else position(entry.ref::text in coalesce(convert_from(profiles.body, 'UTF8'), '')) = 0
                   and not exists (select 1 from attempts where attempts.key = entry.key
                   and attempts.address_ref = entry.ref::text and attempts.state in ('reserved', 'sending', 'unknown'))
              end
        order by entry.stated_at limit :most)
""")
# A key is locked before it is looked at once more: who seals with it holds the same lock until the entry is there.
_LOCK_UNUSED = text("""
    select key from data_keys where made_at < clock_timestamp() - make_interval(hours => :hours)
      and not exists (select from vault where vault.key = data_keys.key)
    order by made_at limit :most for update skip locked
""")
_SWEEP_KEYS = text(
    "delete from data_keys where key = any(:keys) and not exists (select from vault where vault.key = data_keys.key)"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value on its way into the vault, sealed already."""

    ref: UUID
    kind: Kind
    sealed: bytes
    blind: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """A value that was opened."""

    ref: UUID
    key: str
    kind: Kind
    value: str


async def check_master_key(connection: AsyncConnection, sealer: Sealer) -> None:
    """Raises: BadMasterKey when what lies in the vault was sealed under another one; the first one seen is the one."""
    await connection.execute(_KNOW_MASTER, {"known": sealer.fingerprint})
    if (await connection.execute(_MASTER)).scalar_one() != sealer.fingerprint:
        raise BadMasterKey("the vault was sealed under another master key: nothing in it would open")


async def wrapped_keys(connection: AsyncConnection, sealer: Sealer, keys: Sequence[str]) -> dict[str, bytes]:
    """The data key of each borrower, wrapped; made where there is none."""
    known = await _known_keys(connection, keys)
    fresh = [{"key": key, "wrapped": sealer.new_wrapped_key(key)} for key in keys if key not in known]
    if not fresh:
        return known
    await connection.execute(_INSERT_KEYS, arrays(("key", "wrapped"), fresh))
    return await _known_keys(connection, keys)


async def _known_keys(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, bytes]:
    return {row.key: row.wrapped for row in await connection.execute(_KEYS, {"keys": list(keys)})}


def sealed_entry(sealer: Sealer, wrapped: bytes, key: str, kind: Kind, value: str) -> Entry:
    """*value* ready for the vault; nothing past this line knows it in the clear."""
    ref = sealer.ref_of(key, kind, value)
    return Entry(ref, kind, sealer.seal(wrapped, key, ref, value.strip()), sealer.blind(kind, value))


async def put_entries(connection: AsyncConnection, entries: Mapping[str, Sequence[Entry]]) -> None:
    """Keep the *entries* of each borrower; a value stated again keeps its reference and its first sealing."""
    rows = {
        entry.ref: {"ref": entry.ref, "key": key, "kind": entry.kind, "sealed": entry.sealed, "blind": entry.blind}
        for key, own in entries.items()
        for entry in own
    }
    if rows:
        await connection.execute(_STATE, arrays(_ENTRY, list(rows.values())))


async def entries_of(connection: AsyncConnection, sealer: Sealer, key: str) -> dict[UUID, Opened]:
    """All that is known of a borrower, opened, the latest stated last."""
    return _opened(sealer, (await connection.execute(_OF_BORROWER, {"of": key})).all())


async def open_refs(connection: AsyncConnection, sealer: Sealer, refs: Sequence[UUID]) -> dict[UUID, Opened]:
    """The values behind *refs*; what was erased or swept is left out."""
    return _opened(sealer, (await connection.execute(_BY_REF, {"refs": list(refs)})).all())


async def names_of(connection: AsyncConnection, sealer: Sealer, keys: Sequence[str]) -> dict[str, str]:
    """The latest name of each borrower that has one."""
    found = _opened(sealer, (await connection.execute(_NAMES, {"keys": list(keys)})).all())
    return {one.key: one.value for one in found.values()}


async def find_borrowers(connection: AsyncConnection, sealer: Sealer, kind: Kind, value: str) -> list[str]:
    """The borrowers, at most 100, of whom this very value was stated; nothing is opened for it."""
    return list((await connection.execute(_FIND, {"wanted": sealer.blind(kind, value)})).scalars())


async def erase(connection: AsyncConnection, key: str) -> None:
    """Destroy the borrower's data key, and what it sealed with it; backups of the entries stay noise."""
    await connection.execute(delete(data_keys).where(data_keys.c.key == key))
    await connection.execute(delete(vault).where(vault.c.key == key))


async def note_reveal(
    connection: AsyncConnection, key: str, principal: str, reason: str, fields: Sequence[str]
) -> None:
    """Write down who is about to see what of whom, and why."""
    row = {"key": key, "principal": principal, "reason": reason, "fields": list(fields)}
    await connection.execute(reveals.insert().values(**row, at=func.clock_timestamp()))


async def sweep(connection: AsyncConnection) -> int:
    """Forget up to 500 entries that nobody took up within a day, and keys that seal nothing; answers how many."""
    limits = {"hours": UNUSED_HOURS_MAX, "most": SWEEP_MAX}
    found = await connection.execute(_SWEEP, limits)
    unused = (await connection.execute(_LOCK_UNUSED, limits)).scalars().all()
    keys = await connection.execute(_SWEEP_KEYS, {"keys": list(unused)}) if unused else None
    return int(found.rowcount) + (int(keys.rowcount) if keys else 0)


def kind_of(channel: str) -> Kind:
    """What an address on *channel* is. Raises: Refused for a channel that has none."""
    if channel not in KIND_OF_CHANNEL:
        raise refuse("no-address-there", "nobody is reached at an address of their own on this channel", "/channels")
    return KIND_OF_CHANNEL[channel]


def _opened(sealer: Sealer, rows: Sequence[Any]) -> dict[UUID, Opened]:
    return {
        row.ref: Opened(row.ref, row.key, row.kind, sealer.open(row.wrapped, row.key, row.ref, row.sealed))
        for row in rows
    }
