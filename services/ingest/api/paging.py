"""Cursors: where a list goes on, opaque to callers."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Query

from shared.codec import Unreadable, decode, encode
from shared.events.base import check_characters
from shared.refusal import BadValue, refuse

Place = TypeVar("Place")

After = Annotated[str | None, Query(max_length=1024, description="`next` of the page before")]


def cursor_of(place: Any) -> str:
    """The cursor behind *place*."""
    return base64.urlsafe_b64encode(encode(place)).decode()


def place_behind(kind: Any, cursor: str | None, first: Place) -> Place:
    """The place of *cursor*, a *kind* like *first*; *first* without one. Raises: Refused."""
    if cursor is None:
        return first
    try:
        place: Any = decode(kind, base64.urlsafe_b64decode(cursor.encode()))
        for part in place:
            _check(part)
    except (Unreadable, BadValue, UnicodeEncodeError, binascii.Error):
        raise refuse("bad-cursor", "not a cursor of this list", "/query/after") from None
    found: Place = place
    return found


def _check(part: Any) -> None:
    """Raises: BadValue for what PostgreSQL would not take."""
    if isinstance(part, str):
        check_characters("after", part)
    if isinstance(part, datetime) and part.tzinfo is None:
        raise BadValue("after", "an instant without its offset")
