"""Profiles: stated with their addresses sealed, checked against the state their author saw, read again masked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.domain.commands import StateProfile
from services.contact.domain.profile import Profile
from services.contact.store.replies import erase_texts
from services.contact.store.vault import Entry, erase, put_entries
from services.contact.tables import data_keys, profiles, vault
from shared.codec import decode, encode
from shared.events import Command
from shared.fold import Contradicted, Heard, Said, Sorted
from shared.fold.house import Addressed, Work
from shared.refusal import Refusal

# In one order, so that two calls never wait for each other in a circle.
_LOCK = text("""
    select pg_advisory_xact_lock(number) from (
        select distinct hashtextextended('profile ' || one, 0) as number from unnest(cast(:keys as text[])) as one
        order by number
    ) as numbers
""")
_KEYS = (
    select(data_keys.c.key, data_keys.c.wrapped)
    .where(data_keys.c.key == func.any(bindparam("keys")))
    .order_by(data_keys.c.key)
    .with_for_update(read=True)
)
_PROFILES = select(profiles.c.key, profiles.c.body).where(profiles.c.key == func.any(bindparam("keys")))
_NAMES = (
    select(vault.c.key, vault.c.ref)
    .ext(distinct_on(vault.c.key))
    .where(vault.c.key == func.any(bindparam("keys")), vault.c.kind == "name")
    .order_by(vault.c.key, vault.c.stated_at.desc())
)


@dataclass(frozen=True, slots=True)
class EnterProfile(Command):
    """A profile on its way in: who it is of, its addresses sealed under `wrapped`, and what its author has seen."""

    key: str
    profile: Profile
    entries: tuple[Entry, ...]
    wrapped: bytes
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class EraseProfile(Command):
    """Forget how the borrower is called and reached, for good."""

    key: str
    language: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A profile as it stands, and the tag that names this state of it."""

    profile: Profile
    name_ref: UUID | None
    etag: str


async def address(connection: AsyncConnection, work: Sequence[Work], _patient: bool) -> Sorted:
    """Put addresses into the vault in the transaction that takes up their references, or not at all.

    A borrower is named once in *work*: a second profile would be compared with what stood before the first.
    """
    entering = [item.fact for item in work if isinstance(item.fact, EnterProfile)]
    erasing = [item.fact for item in work if isinstance(item.fact, EraseProfile)]
    if entering or erasing:
        await connection.execute(_LOCK, {"keys": [*(one.key for one in entering), *(one.key for one in erasing)]})
    for one in erasing:
        await erase(connection, one.key)
        await erase_texts(connection, one.key)
    refused = await _enter(connection, entering) if entering else {}
    return Sorted([_addressed(item, refused) for item in work])


def _addressed(item: Work, refused: Mapping[str, Refusal]) -> Addressed:
    if isinstance(item, Heard):
        return item
    if isinstance(item.fact, EraseProfile):
        return Heard(item.fact.key, StateProfile(Profile(item.fact.language, restricted=True)), item.via)
    assert isinstance(item.fact, EnterProfile)
    refusal = refused.get(item.fact.key)
    return Contradicted(refusal) if refusal else Heard(item.fact.key, StateProfile(item.fact.profile), item.via)


async def _enter(connection: AsyncConnection, entering: Sequence[EnterProfile]) -> Mapping[str, Refusal]:
    """Keep what may be kept, and say of whom it may not, and why."""
    keys = [one.key for one in entering]
    wrapped = {row.key: row.wrapped for row in await connection.execute(_KEYS, {"keys": keys})}
    standing = await find_standings(connection, keys)
    refused = {
        one.key: refusal
        for one in entering
        if (refusal := _refusal(one, wrapped.get(one.key), standing.get(one.key))) is not None
    }
    kept = {one.key: one.entries for one in entering if one.key not in refused}
    await put_entries(connection, kept)
    return refused


def _refusal(entering: EnterProfile, wrapped: bytes | None, standing: Standing | None) -> Refusal | None:
    if wrapped != entering.wrapped:
        return Refusal("conflict", "the borrower was erased meanwhile")
    return refusal_to_enter(entering.profile, entering.if_match, standing)


def refusal_to_enter(profile: Profile, if_match: str | None, standing: Standing | None) -> Refusal | None:
    """Why *profile* cannot take the place of what is *standing*, as far as its author has seen it."""
    if if_match not in (None, "*", standing.etag if standing else None):
        return Refusal("precondition-failed", "the profile has changed since it was read")
    if standing and standing.profile.restricted and not profile.restricted and if_match is None:
        return Refusal("precondition-required", "a restriction is lifted only with If-Match")
    return None


async def find_standing(connection: AsyncConnection, key: str) -> Standing | None:
    """The profile of the borrower *key*."""
    return (await find_standings(connection, [key])).get(key)


async def find_standings(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, Standing]:
    """The profiles of those among *keys* that have one."""
    bodies = {row.key: row.body for row in await connection.execute(_PROFILES, {"keys": keys})}
    if not bodies:
        return {}
    names = {row.key: row.ref for row in await connection.execute(_NAMES, {"keys": list(bodies)})}
    return {key: _standing(body, names.get(key)) for key, body in bodies.items()}


def _standing(body: bytes, name_ref: UUID | None) -> Standing:
    etag = sha256(body + b"\n" + str(name_ref).encode()).hexdigest()[:32]
    return Standing(decode(Profile, body), name_ref, f'"{etag}"')


def profile_rows(said: Sequence[Said]) -> list[Mapping[str, Any]]:
    """The profiles that changed."""
    return [
        {"key": one.heard.key, "body": encode(one.state.profile), "changed_at": one.now}
        for one in said
        if one.state.profile is not None and one.state.profile is not one.before.profile
    ]
