"""By which channel, and where, a borrower can be reached: what they agreed to, and what nothing closed since."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.contact.domain.borrower import Borrower, Consent, Wish
from services.contact.domain.gate.zones import zone_named
from services.contact.domain.profile import ChannelProfile
from services.contact.domain.strategy import Rung, Strategy, Way

CHANNEL_WISHES: Final = frozenset({"channel_block", "address_block"})
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
AHEAD_OF_ALL: Final = "Etc/GMT-14"
"""The zone in which every date begins and ends first (fourteen hours ahead of UTC)."""


def zone_of(borrower: Borrower, at_home: str | None = None) -> ZoneInfo:
    """The borrower's own zone: stated, else signalled, else the jurisdiction's, else UTC. (The gate asks for all.)"""
    profile = borrower.profile
    if profile is not None and profile.time_zone is not None:
        return zone_named(profile.time_zone)
    if profile is not None and profile.location_signals:
        return zone_named(profile.location_signals[0].tz)
    return zone_named(at_home or "UTC")


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The local date of an instant."""
    return at.astimezone(zone).date()


def address_for(borrower: Borrower, channel: str, at: datetime) -> str | None:
    """Where the borrower may be reached by *channel*: the first address of the profile that is open."""
    entries = borrower.profile.channels if borrower.profile is not None else ()
    return next(
        (entry.address_ref for entry in entries if entry.channel == channel and is_open(borrower, entry, at)), None
    )


def is_open(borrower: Borrower, entry: ChannelProfile, at: datetime) -> bool:
    """Whether that address is valid, agreed to as far as anybody asked, and closed by nothing."""
    return (
        entry.valid
        and entry.address_ref not in borrower.invalid
        and not is_refused(borrower, entry, at)
        and not is_stopped(borrower, entry, at)
    )


def is_refused(borrower: Borrower, entry: ChannelProfile, at: datetime) -> bool:
    """Whether the latest word about consent to this channel is no."""
    words = [
        (entry.consent_at or LONG_AGO, entry.consent),
        *consents_to(borrower, entry.channel, entry.address_ref, at),
    ]
    return max(words, key=lambda word: word[0])[1] is False


def consents_to(
    borrower: Borrower, channel: str, address_ref: str, at: datetime
) -> Iterator[tuple[datetime, bool | None]]:
    """Every word of the borrower on being reached there that stands: an agreement that ran out is none at all."""
    for consent in borrower.consents:
        about = consent.channel in (None, channel) and consent.address_ref in (None, address_ref)
        if consent.matter != "channel" or not about:
            continue
        if consent.withdrawn_at is not None:
            yield consent.withdrawn_at, False
        elif not has_run_out(borrower, consent, at):
            yield consent.given_at, True


def has_run_out(borrower: Borrower, consent: Consent, at: datetime) -> bool:
    """Whether its last day is over by the borrower's calendar; while nobody knows their zone, anywhere on earth."""
    return consent.expires_on is not None and day_of(at, zone_of(borrower, AHEAD_OF_ALL)) > consent.expires_on


def is_stopped(borrower: Borrower, entry: ChannelProfile, at: datetime) -> bool:
    """Whether a hold or wish closes this channel, this address or the place where it is known to be."""
    ways = {"channel": entry.channel, "address": entry.address_ref, "place": entry.place}
    if any(ways.get(hold.reach) in hold.names for hold in borrower.holds if hold.reach in ways):
        return True
    return any(_closes(wish, entry) for wish in borrower.wishes if wish.until is None or at < wish.until)


def _closes(wish: Wish, entry: ChannelProfile) -> bool:
    return (
        (wish.kind == "channel_block" and wish.channel in (None, entry.channel))
        or (wish.kind == "address_block" and wish.address_ref in (None, entry.address_ref))
        or (wish.kind == "inconvenient_place" and wish.place is not None and wish.place == entry.place)
    )


def language_of(borrower: Borrower) -> str | None:
    """The language to write in: the one wished for, else the profile's."""
    wished = [wish.language for wish in borrower.wishes if wish.kind == "language" and wish.language is not None]
    if wished:
        return wished[-1]
    return borrower.profile.language if borrower.profile is not None else None


def ways_to(borrower: Borrower, rung: Rung, currency: str, strategy: Strategy, at: datetime) -> list[tuple[Way, str]]:
    """The channels by which *rung* can reach the borrower, each with its address.

    The preferred one comes first, then the cheapest that works; one that failed lately comes last.
    """
    found = [(way, address_for(borrower, way.channel, at)) for way in strategy.ways_of(rung, currency)]
    reachable = [(way, address) for way, address in found if address is not None]
    failed = {one.to for one in borrower.contacts if one.outcome == "failed"}
    preferred = {wish.channel for wish in borrower.wishes if wish.kind == "preferred_channel"}
    return sorted(reachable, key=lambda pair: (pair[1] in failed, pair[0].channel not in preferred))
