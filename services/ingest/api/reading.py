"""Reading posted events: each alone, from the raw body, so that a bad one costs its neighbours nothing."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request

from services.ingest.domain.facts import FACTS, Posted, as_posted, loan_of
from shared.codec import Unreadable, decode_strict, parse, parse_leniently, split
from shared.events import FACT_FIELDS
from shared.problems import WHOLE_CODES, refusal_of_unreadable, refused_body
from shared.refusal import Refused, refuse

EVENTS_MAX: Final = 1000
BATCH: Final = "application/cloudevents-batch+json"
SINGLE: Final = "application/cloudevents+json"
FACT_BYTES_MAX: Final = 256 * 1024
BODY_BYTES_MAX: Final = 4 * 1024 * 1024
ID_CHARACTERS_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class Bad:
    """An event that cannot be taken as it stands; *id* only when it could be read."""

    id: str | None
    code: str
    detail: str
    pointer: str


async def read_events(request: Request, zone: ZoneInfo) -> list[Posted | Bad]:
    """The events in the body of *request*, in order: a batch, one structured, or one in binary mode.

    Raises: Refused when the body as a whole cannot be read; nothing is stored then.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind == BATCH:
        return [_structured(item, zone) for item in _split(body)]
    if kind == SINGLE:
        _check_whole(body)
        return [_structured(body, zone)]
    if "ce-id" in request.headers:
        _check_whole(body)
        return [_binary(request.headers, body, zone)]
    raise refuse("media-type-not-supported", f"send {BATCH}, {SINGLE}, or one event with ce-* headers")


def _split(body: bytes) -> Sequence[bytes]:
    try:
        return split(body, EVENTS_MAX, BODY_BYTES_MAX)
    except Unreadable as error:
        raise refused_body(error) from None


def _check_whole(body: bytes) -> None:
    """Raises: Refused when *body*, which is of one event alone, cannot be read at all: it is then like any other."""
    try:
        parse(body, FACT_BYTES_MAX)
    except Unreadable as error:
        refusal = refusal_of_unreadable(error)
        if refusal.code in WHOLE_CODES:
            raise Refused(refusal) from None


def _structured(raw: bytes, zone: ZoneInfo) -> Posted | Bad:
    try:
        event = parse(raw, FACT_BYTES_MAX)
    except Unreadable as error:
        return _find_fault(parse_leniently(raw), error, zone)
    if not isinstance(event, dict):
        return Bad(None, "wrong-type", "an event is an object", "")
    return _posted(event, _data_of(event), zone)


def _find_fault(event: Any, error: Unreadable, zone: ZoneInfo) -> Bad:
    """Whose fault *error* is: of an event that cannot be read as a whole, each part is judged by itself."""
    if not isinstance(event, dict):
        return _bad(None, error)
    found = _posted(event, _data_of(event), zone)
    return found if isinstance(found, Bad) else _bad(found.id, error)


def _bad(id_: str | None, error: Unreadable) -> Bad:
    told = refusal_of_unreadable(error)
    return Bad(id_, told.code, told.detail, "")


def _binary(headers: Mapping[str, str], body: bytes, zone: ZoneInfo) -> Posted | Bad:
    event = {name.removeprefix("ce-"): value for name, value in headers.items() if name.startswith("ce-")}
    try:
        return _posted(event, parse(body, FACT_BYTES_MAX), zone)
    except Unreadable as error:
        return _find_fault({**event, "data": parse_leniently(body)}, error, zone)


def _data_of(event: Mapping[str, Any]) -> Any:
    """The data as sent, or as sent in base64; None where that cannot be read."""
    if "data_base64" not in event:
        return event.get("data")
    try:
        raw = base64.b64decode(event["data_base64"], validate=True)
        return parse(raw, FACT_BYTES_MAX)
    except Unreadable:
        return parse_leniently(raw)  # refused by whoever reads it, with its place
    except (TypeError, ValueError):
        return None


def _posted(event: Mapping[str, Any], data: Any, zone: ZoneInfo) -> Posted | Bad:
    """The fact that *event* carries, judged attribute by attribute."""
    id_ = _attribute(event.get("id"))
    if id_ is None:
        return Bad(None, "bad-value", f"text of 1 to {ID_CHARACTERS_MAX} characters", "/id")
    source, at = _attribute(event.get("source")), _instant(event.get("time"))
    type_ = event.get("type")
    if event.get("specversion") != "1.0":
        return Bad(id_, "bad-value", 'only CloudEvents "1.0" are read', "/specversion")
    if source is None:
        return Bad(id_, "bad-value", f"text of 1 to {ID_CHARACTERS_MAX} characters", "/source")
    if at is None:
        return Bad(id_, "bad-value", "an RFC 3339 instant with its offset", "/time")
    if not isinstance(type_, str) or type_ not in FACTS:
        return Bad(id_, "type-not-supported", "no fact has this type", "/type")
    return _fact(Attributes(id_, source, at, type_, event.get("subject")), data, zone)


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of one event, read."""

    id: str
    source: str
    time: datetime
    type: str
    subject: Any


def _fact(found: Attributes, data: Any, zone: ZoneInfo) -> Posted | Bad:
    renamed = FACT_FIELDS.get(found.type, {})
    if isinstance(data, dict) and renamed:
        data = {renamed.get(name, name): value for name, value in data.items()}
    try:
        fact = as_posted(decode_strict(FACTS[found.type], data))
    except Unreadable as error:
        return Bad(found.id, error.code, error.detail, place_in_event(found.type, error.pointer))
    if found.subject is not None and loan_of(fact) is not None and found.subject != loan_of(fact):
        return Bad(found.id, "subject-disagrees", "the subject is not the loan in the data", "/subject")
    return Posted(found.source, found.id, found.time, local_date(found.time, zone), found.type, fact)


def place_in_event(type_: str, pointer: str) -> str:
    """Where in an event of *type_*, as posted, *pointer* into its fact leads."""
    first, *deeper = pointer.split("/")[1:] or [""]
    sent = {ours: theirs for theirs, ours in FACT_FIELDS.get(type_, {}).items()}
    return "/".join(["/data", sent.get(first, first), *deeper]) if pointer else "/data"


def local_date(at: datetime, zone: ZoneInfo) -> date:
    """The date of *at* in the business calendar."""
    return at.astimezone(zone).date()


def _attribute(value: Any) -> str | None:
    if isinstance(value, str) and 0 < len(value) <= ID_CHARACTERS_MAX and value.isprintable():
        return value
    return None


def _instant(value: Any) -> datetime | None:
    """An RFC 3339 instant in the years that every calendar here can hold."""
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.utcoffset() is not None and 1970 <= at.year <= 9000 else None
    except (TypeError, ValueError, OverflowError):
        return None
