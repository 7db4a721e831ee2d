"""One entry of the journal: what was heard, as the house had it before it."""

from typing import Any, Final

from sqlalchemy import Row

from shared.announcements import Announcement
from shared.codec import Unreadable, decode
from shared.codec.decoding import convert, plain
from shared.events import EVENT_TYPES, Command, Event, Wake
from shared.verify.verification import Verification

WAKE: Final = Wake.__name__


def fact_of(verification: Verification[Any], entry: Row[Any], told: Announcement | None) -> Event | Command | Wake:
    """What was heard: the entry's own body, or else the announcement *told*. Raises: Unreadable."""
    if entry.body is None:
        if told is None:
            raise Unreadable("not-told", "its source has no such announcement")
        return event_of(told)
    name, body = plain(entry.body)
    return _instead(name, body) if entry.source is not None else _asked(verification, name, body)


def event_of(said: Announcement) -> Event:
    """The event in *said*. Raises: Unreadable."""
    return decode(_event_type(said.type), said.data)


def _instead(name: str, body: Any) -> Event:
    """What an operator applied in place of a parked item."""
    return convert(_event_type(name), body)


def _asked(verification: Verification[Any], name: str, body: Any) -> Command | Wake:
    if name == WAKE:
        return convert(Wake, body)
    if name not in verification.commands:
        raise Unreadable("unknown-type", "no command has this type")
    return verification.commands[name](body)


def _event_type(name: str) -> type[Event]:
    if name not in EVENT_TYPES:
        raise Unreadable("unknown-type", "no event has this type")
    return EVENT_TYPES[name]
