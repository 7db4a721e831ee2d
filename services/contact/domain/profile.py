"""How a borrower can be reached, as core banking or a person states it: references into the vault, never an address."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

from services.contact.domain.gate.zones import zone_named
from shared.events.base import Checked, Code, Identifier
from shared.events.words import Channel
from shared.refusal import Refusal

Place: TypeAlias = Literal["home", "work", "mobile"]
CHANNELS_MAX: Final = 16
SIGNALS_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class ChannelProfile(Checked):
    """One way to reach the borrower. `consent` None: nobody asked. `place`: where it reaches them; None: nobody said.

    What is carried about (`mobile`) is tied to no place.
    """

    channel: Channel
    address_ref: Identifier
    consent: bool | None = None
    consent_at: datetime | None = None
    valid: bool = True
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class LocationSignal(Checked):
    """Something that tells in which time zone the borrower may be."""

    kind: Literal["landline_area_code", "mobile_area_code", "residential_address"]
    tz: Identifier


@dataclass(frozen=True, slots=True)
class Profile(Checked):
    """All that contact knows of a person besides their loans. `restricted` stops all processing but storage."""

    language: Code
    jurisdiction: Code | None = None
    time_zone: Identifier | None = None
    location_signals: tuple[LocationSignal, ...] = ()
    channels: tuple[ChannelProfile, ...] = ()
    segment: Code | None = None
    restricted: bool = False


def refusal_of(profile: Profile) -> Refusal | None:
    """Why *profile* cannot be taken."""
    if len(profile.channels) > CHANNELS_MAX or len(profile.location_signals) > SIGNALS_MAX:
        detail = f"A profile has at most {CHANNELS_MAX} channels and {SIGNALS_MAX} signals."
        return Refusal("too-many-entries", detail, ("/channels", "/location_signals"))
    for index, entry in enumerate(profile.channels):
        if not is_reference(entry.address_ref):
            detail = "An address is given by its reference, a UUID."
            return Refusal("not-a-reference", detail, (f"/channels/{index}/address_ref",))
    if not all(_is_zone(name) for name in _zones_of(profile)):
        return Refusal("unknown-zone", "Not a time zone of the IANA data base.", ("/time_zone", "/location_signals"))
    return None


def _zones_of(profile: Profile) -> tuple[str, ...]:
    signals = tuple(signal.tz for signal in profile.location_signals)
    return signals if profile.time_zone is None else (profile.time_zone, *signals)


def is_reference(text: str) -> bool:
    """Whether *text* is a reference into the vault; anything else might be the address itself."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _is_zone(name: str) -> bool:
    try:
        return zone_named(name).key == name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
