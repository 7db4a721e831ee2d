"""The envelope: CloudEvents 1.0 in Kafka's binary mode, and the same fields as JSON for pulling over HTTP."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard
from uuid import UUID

from shared.announcements.said import Announcement

Headers = Sequence[tuple[str, bytes | None]]

KEY_CHARACTERS_MAX: Final = 256
_SOURCE_PREFIX: Final = "/forbear/"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
_FIXED: Final = (("ce_specversion", b"1.0"), ("content-type", b"application/json"))


class BadEnvelope(ValueError):
    """A message that is no announcement; with a key and a number it is parked under them, without, it is a dead letter.

    `reason` never repeats what was sent.
    """

    def __init__(self, reason: str, key: str | None = None, number: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.key = key
        self.number = number


def source_uri(house: str) -> str:
    """The CloudEvents source of *house*."""
    return _SOURCE_PREFIX + house


def to_headers(house: str, said: Announcement) -> list[tuple[str, bytes]]:
    """The headers of *said* on its topic; its key and value travel beside them."""
    headers = [
        *_FIXED,
        ("ce_id", str(said.event_id).encode()),
        ("ce_source", source_uri(house).encode()),
        ("ce_type", said.type.encode()),
        ("ce_time", _stamp(said.at).encode()),
        ("ce_subject", said.key.encode()),
        ("ce_sequence", str(said.number).encode()),
        ("ce_basis", said.basis.encode()),
    ]
    optional = (("ce_previous", said.previous), ("ce_causationid", said.causation_id))
    correlated = (("ce_correlationid", said.correlation_id), ("traceparent", said.traceparent))
    headers.extend((name, str(value).encode()) for name, value in (*optional, *correlated) if value is not None)
    return headers


def from_headers(house: str, key: bytes | None, headers: Headers, value: bytes | None) -> Announcement:
    """Read a message from the topic of *house*; its value is decoded later, by type.

    Raises: BadEnvelope.
    """
    subject = _key(key)
    fields = _texts(headers, subject)
    number = _number(fields.get("ce_sequence"), subject)
    if fields.get("ce_source") != source_uri(house):
        raise BadEnvelope("foreign-source", subject, number)
    if fields.get("ce_subject") != subject or value is None:
        raise BadEnvelope("envelope-disagrees-with-message", subject, number)
    return _build(subject, number, fields, value)


def to_json(said: Announcement) -> dict[str, Any]:
    """The fields of *said* as JSON types; `data` is the text exactly as published, so that the id can be checked."""
    return {
        "key": said.key,
        "number": said.number,
        "id": str(said.event_id),
        "previous": str(said.previous) if said.previous else None,
        "type": said.type,
        "time": _stamp(said.at),
        "basis": said.basis,
        "causationid": str(said.causation_id) if said.causation_id else None,
        "correlationid": str(said.correlation_id) if said.correlation_id else None,
        "traceparent": said.traceparent,
        "data": said.data.decode(),
    }


def from_json(body: Mapping[str, Any]) -> Announcement:
    """Read what `to_json` wrote. Raises: BadEnvelope."""
    key, number, data = body.get("key"), body.get("number"), body.get("data")
    if not _is_key(key) or type(number) is not int or not 0 < number < 10**18:
        raise BadEnvelope("pulled-announcement-without-key-or-number")
    if not isinstance(data, str):
        raise BadEnvelope("pulled-announcement-without-data", key, number)
    renamed = {"id": "ce_id", "time": "ce_time", "type": "ce_type", "previous": "ce_previous", "basis": "ce_basis"}
    ids = {"causationid": "ce_causationid", "correlationid": "ce_correlationid", "traceparent": "traceparent"}
    fields = {to: body[name] for name, to in {**renamed, **ids}.items() if isinstance(body.get(name), str)}
    try:
        return _build(key, number, fields, data.encode())
    except UnicodeEncodeError:
        raise BadEnvelope("data-not-utf-8", key, number) from None


def _build(key: str, number: int, fields: Mapping[str, str], value: bytes) -> Announcement:
    try:
        return Announcement(
            key=key,
            number=number,
            event_id=UUID(fields["ce_id"]),
            previous=_uuid_or_none(fields.get("ce_previous")),
            type=fields["ce_type"],
            at=_instant(fields["ce_time"]),
            basis=fields["ce_basis"],
            causation_id=_uuid_or_none(fields.get("ce_causationid")),
            correlation_id=_uuid_or_none(fields.get("ce_correlationid")),
            traceparent=fields.get("traceparent"),
            data=value,
        )
    except (KeyError, ValueError, OverflowError):
        raise BadEnvelope("envelope-incomplete-or-malformed", key, number) from None


def _key(key: bytes | None) -> str:
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        raise BadEnvelope("key-not-utf-8") from None
    if not _is_key(text):
        raise BadEnvelope("key-missing-or-too-long")
    return text


def _is_key(given: Any) -> TypeGuard[str]:
    """Whether a database can hold it as a key."""
    if not isinstance(given, str) or not 0 < len(given) <= KEY_CHARACTERS_MAX or "\x00" in given:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in given)


def _texts(headers: Headers, key: str) -> dict[str, str]:
    try:
        return {name: value.decode() for name, value in headers if value is not None}
    except UnicodeDecodeError:
        raise BadEnvelope("header-not-utf-8", key, _number_in(headers)) from None


def _number(text: str | None, key: str) -> int:
    if text is None or not _NUMBER.fullmatch(text):
        raise BadEnvelope("sequence-missing-or-malformed", key)
    return int(text)


def _number_in(headers: Headers) -> int | None:
    """The number in *headers*, some of which cannot be read."""
    text = (dict(headers).get("ce_sequence") or b"").decode(errors="replace")
    return int(text) if _NUMBER.fullmatch(text) else None


def _uuid_or_none(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.utcoffset() is None:
        raise ValueError("an instant without its offset")
    return at.astimezone(UTC)
