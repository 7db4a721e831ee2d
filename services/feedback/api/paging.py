"""Cursors: where a list goes on, opaque to callers."""

import base64
import binascii
from typing import Annotated, Any, TypeVar

from fastapi import Query

from shared.codec import Unreadable, decode, encode
from shared.refusal import refuse

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
    except (Unreadable, UnicodeEncodeError, binascii.Error):
        raise refuse("bad-cursor", "not a cursor of this list", "/query/after") from None
    if any(isinstance(part, str) and "\x00" in part for part in place):
        raise refuse("bad-cursor", "not a cursor of this list", "/query/after")
    found: Place = place
    return found
