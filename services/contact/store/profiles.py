"""Profiles: stated with their addresses sealed, checked against the state their author saw, read again masked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.domain.commands import StateProfile
from services.contact.domain.profile import Profile
from services.contact.store.vault import Entry, erase, put_entries
from services.contact.tables import data_keys, profiles, vault
from shared.codec import decode, encode
from shared.events import Command
from shared.fold import Contradicted, Heard, Said, Sorted
from shared.fold.house import Addressed, Work
from shared.refusal import Refusal

_LOCK = text("select pg_advisory_xact_lock(hashtextextended('profile ' || :of, 0))")
_KEY = select(data_keys.c.wrapped).where(data_keys.c.key == bindparam("of")).with_for_update(read=True)
_PROFILE = select(profiles.c.body).where(profiles.c.key == bindparam("of"))
_NAME = (
    select(vault.c.ref)
    .where(vault.c.key == bindparam("of"), vault.c.kind == "name")
    .order_by(vault.c.stated_at.desc())
    .limit(1)
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
    """Put addresses into the vault in the transaction that takes up their references, or not at all."""
    outcomes: list[Addressed] = []
    for item in work:
        if isinstance(item, Heard):
            outcomes.append(item)
        elif isinstance(item.fact, EnterProfile):
            outcomes.append(await _enter(connection, item.fact, item.via))
        else:
            assert isinstance(item.fact, EraseProfile)
            await connection.execute(_LOCK, {"of": item.fact.key})
            await erase(connection, item.fact.key)
            outcomes.append(Heard(item.fact.key, StateProfile(Profile(item.fact.language, restricted=True)), item.via))
    return Sorted(outcomes)


async def _enter(connection: AsyncConnection, entering: EnterProfile, via: Any) -> Addressed:
    await connection.execute(_LOCK, {"of": entering.key})
    wrapped = (await connection.execute(_KEY, {"of": entering.key})).scalar_one_or_none()
    if wrapped != entering.wrapped:
        return Contradicted(Refusal("conflict", "the borrower was erased meanwhile"))
    standing = await find_standing(connection, entering.key)
    if entering.if_match not in (None, "*", standing.etag if standing else None):
        return Contradicted(Refusal("precondition-failed", "the profile has changed since it was read"))
    if standing and standing.profile.restricted and not entering.profile.restricted and entering.if_match is None:
        return Contradicted(Refusal("precondition-required", "a restriction is lifted only with If-Match"))
    await put_entries(connection, entering.key, entering.entries)
    return Heard(entering.key, StateProfile(entering.profile), via)


async def find_standing(connection: AsyncConnection, key: str) -> Standing | None:
    """The profile of the borrower *key*."""
    body = (await connection.execute(_PROFILE, {"of": key})).scalar_one_or_none()
    if body is None:
        return None
    name_ref = (await connection.execute(_NAME, {"of": key})).scalar_one_or_none()
    etag = sha256(body + b"\n" + str(name_ref).encode()).hexdigest()[:32]
    return Standing(decode(Profile, body), name_ref, f'"{etag}"')


def profile_rows(said: Sequence[Said]) -> list[Mapping[str, Any]]:
    """The profiles that changed."""
    return [
        {"key": one.heard.key, "body": encode(one.state.profile), "changed_at": one.now}
        for one in said
        if one.state.profile is not None and one.state.profile is not one.before.profile
    ]
