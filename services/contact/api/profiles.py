"""Where profiles are stated, shown masked, revealed for a reason, and forgotten."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.domain.profile import ChannelProfile, LocationSignal, Profile, refusal_of
from services.contact.schemas import FORMS, RevealRequest, ShownChannel, ShownProfile, StatedProfile, StatedSignal
from services.contact.store.profiles import EnterProfile, EraseProfile, Standing, find_standing, refusal_to_enter
from services.contact.store.sealing import Kind, Sealer, masked
from services.contact.store.vault import (
    Opened,
    entries_of,
    kind_of,
    note_reveal,
    sealed_entry,
    wrapped_keys,
)
from shared.auth import Principal, requires
from shared.events import Command
from shared.fold import Applied, House, Unaddressed, apply
from shared.fold import Request as Via
from shared.problems import Door, stated_at
from shared.refusal import Refused, refuse
from shared.service import answer_of
from shared.telemetry import trace_of

Writer = Annotated[Principal, Depends(requires("pii:write"))]
Revealer = Annotated[Principal, Depends(requires("pii:read"))]
CustomerPath = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=64)]


@dataclass(frozen=True, slots=True)
class Draft:
    """A profile that may be taken as far as it can be seen without looking, and the values that it refers to."""

    key: str
    profile: Profile
    values: tuple[tuple[Kind, str], ...]

    def entered(self, sealer: Sealer, wrapped: bytes, if_match: str | None = None) -> EnterProfile:
        """The command that enters it, its values sealed under the borrower's own key."""
        entries = tuple(sealed_entry(sealer, wrapped, self.key, kind, value) for kind, value in self.values)
        return EnterProfile(self.key, self.profile, entries, wrapped, if_match)


def profiles_door(house: House[Any], sealer: Sealer) -> APIRouter:
    """`/v1/customers/{customer_id}/profile`."""
    router = APIRouter(route_class=Door, tags=["profiles"], prefix="/v1/customers/{customer_id}/profile")

    @router.put("")
    async def state_profile(
        customer_id: CustomerPath,
        stated: StatedProfile,
        request: Request,
        response: Response,
        caller: Writer,
        if_match: IfMatch = None,
    ) -> ShownProfile:
        """State the whole profile; its addresses and name are sealed before anything else happens.

        With `If-Match`, only while it is still as it was read; without it a restriction is never lifted.
        """
        drafted = draft(sealer, customer_id, stated)
        async with house.database.begin() as connection:
            wrapped = await _key_for(connection, sealer, drafted, if_match)
        await _apply(request, caller, drafted.entered(sealer, wrapped, if_match))
        return await _show(customer_id, response)

    @router.get("", dependencies=[Depends(requires("borrowers:read"))])
    async def read_profile(customer_id: CustomerPath, response: Response) -> ShownProfile:
        """The profile, masked."""
        return await _show(customer_id, response)

    @router.post("/reveal")
    async def reveal_profile(customer_id: CustomerPath, asked: RevealRequest, caller: Revealer) -> ShownProfile:
        """The profile in the clear; who saw it, and why, is written down first."""
        async with house.database.begin() as connection:
            standing = await _standing(connection, customer_id)
            await note_reveal(connection, customer_id, caller.name, asked.reason, ["name", "addresses"])
            opened = await entries_of(connection, sealer, customer_id)
        return shown(customer_id, standing, opened, is_masked=False)

    @router.delete("")
    async def erase_profile(customer_id: CustomerPath, request: Request, caller: Writer) -> dict[str, bool]:
        """Destroy the key of all that is sealed of the borrower; no contact is possible afterwards."""
        async with house.database.begin() as connection:
            standing = await _standing(connection, customer_id)
        await _apply(request, caller, EraseProfile(customer_id, standing.profile.language))
        return {"erased": True}

    async def _apply(request: Request, caller: Principal, command: Command) -> None:
        via = Via(caller.name, trace_of(request.headers.get("traceparent")))
        [outcome] = await apply(house, [Unaddressed(command, via)])
        if not isinstance(outcome, Applied):
            answer_of(outcome)

    async def _show(customer_id: str, response: Response) -> ShownProfile:
        async with house.database.reading() as connection:
            standing = await _standing(connection, customer_id)
            opened = await entries_of(connection, sealer, customer_id)
        response.headers["ETag"] = standing.etag
        return shown(customer_id, standing, opened, is_masked=True)

    return router


async def _key_for(connection: AsyncConnection, sealer: Sealer, drafted: Draft, if_match: str | None) -> bytes:
    """The wrapped key to seal *drafted* with. Raises: Refused when what stands forbids it; no key is made then."""
    standing = await find_standing(connection, drafted.key)
    if refusal := refusal_to_enter(drafted.profile, if_match, standing):
        raise Refused(refusal)
    return (await wrapped_keys(connection, sealer, [drafted.key]))[drafted.key]


async def _standing(connection: AsyncConnection, customer_id: str) -> Standing:
    standing = await find_standing(connection, customer_id)
    if standing is None:
        raise refuse("not-found", "no profile was stated for this customer")
    return standing


def draft(sealer: Sealer, key: str, stated: StatedProfile) -> Draft:
    """What is stated of *key*, all of it checked before anything is kept. Raises: Refused."""
    values: list[tuple[Kind, str]] = []
    channels: list[ChannelProfile] = []
    for index, one in enumerate(stated.channels):
        kind = kind_of(one.channel)
        _check_form(kind, one.address, f"/channels/{index}/address")
        values.append((kind, one.address))
        ref = str(sealer.ref_of(key, kind, one.address))
        with stated_at(f"/channels/{index}"):
            channels.append(ChannelProfile(one.channel, ref, one.consent, one.consent_at, place=one.place))
    if stated.name is not None:
        values.append(("name", stated.name))
    return Draft(key, _profile(stated, channels), tuple(values))


def _profile(stated: StatedProfile, channels: Sequence[ChannelProfile]) -> Profile:
    """Raises: Refused."""
    signals = []
    for index, one in enumerate(stated.location_signals):
        with stated_at(f"/location_signals/{index}"):
            signals.append(LocationSignal(one.kind, one.tz))
    with stated_at():
        profile = Profile(
            stated.language, stated.jurisdiction, stated.time_zone, tuple(signals), tuple(channels), stated.segment,
            stated.restricted,
        )  # fmt: skip
    if refusal := refusal_of(profile):
        raise Refused(refusal)
    return profile


def _check_form(kind: Kind, address: str, pointer: str) -> None:
    if not re.fullmatch(FORMS[kind].strip("^$"), address):
        raise refuse("bad-address", "not an address of the kind that this channel needs", pointer)


def shown(customer_id: str, standing: Standing, opened: Mapping[UUID, Opened], *, is_masked: bool) -> ShownProfile:
    """The profile as its reader may see it; what was erased shows as nothing."""

    def value(ref: UUID | None) -> str | None:
        found = opened.get(ref) if ref else None
        if found is None:
            return None
        return masked(found.kind, found.value) if is_masked else found.value

    profile = standing.profile
    channels = [
        ShownChannel(
            channel=one.channel, address=value(UUID(one.address_ref)), address_ref=one.address_ref,
            consent=one.consent, consent_at=one.consent_at, valid=one.valid, place=one.place,
        )
        for one in profile.channels
    ]  # fmt: skip
    return ShownProfile(
        customer_id=customer_id, language=profile.language, name=value(standing.name_ref),
        jurisdiction=profile.jurisdiction, time_zone=profile.time_zone,
        location_signals=[StatedSignal(kind=one.kind, tz=one.tz) for one in profile.location_signals],
        channels=channels, segment=profile.segment, restricted=profile.restricted,
    )  # fmt: skip
