"""From an announcement of another house to a piece of work: checked, decoded by its type, or known as unreadable."""

from typing import Any

from shared.announcements import Announcement, BadEnvelope
from shared.codec import Unreadable, decode
from shared.events import EVENT_TYPES, Event, Garbled, Unheeded
from shared.fold.house import Heard, House, Message
from shared.heads import Illegible, Told


def heard_from(house: House[Any], source: str, said: Announcement) -> Heard:
    """The work that *said*, an announcement of *source*, is for *house*."""
    message = Message(
        source, said.number, said.previous, said.event_id, said.at, said.correlation_id, said.traceparent, said
    )
    return Heard(said.key, _fact(house, source, said), message)


def told_from(house: House[Any], source: str, told: Told) -> Heard | None:
    """The work that is for *house* in what *source* told over HTTP; None when it can only be buried."""
    return unreadable_from(source, told.error) if isinstance(told, Illegible) else heard_from(house, source, told)


def unreadable_from(source: str, error: BadEnvelope) -> Heard | None:
    """The work that a bad envelope with a readable key and number is; None when it has not even these."""
    if error.key is None or error.number is None:
        return None
    message = Message(source, error.number, None, None, None)
    return Heard(error.key, Garbled(error.reason), message)


def _fact(house: House[Any], source: str, said: Announcement) -> Event:
    if not said.is_intact(source):
        return Garbled("id-does-not-match-content")
    known = EVENT_TYPES.get(said.type)
    if known is None or known not in house.listens_to:
        return Unheeded()
    try:
        return decode(known, said.data)
    except Unreadable as error:
        return Garbled(f"{said.type} {error.code}")
