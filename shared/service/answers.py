"""From an outcome of the fold to an HTTP answer, said once for all commands of all houses."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Annotated, Any, Final

from fastapi import Header, Request
from fastapi.responses import Response

from shared.announcements import Announcement
from shared.codec import encode
from shared.fold import Answer, Busy, Contradicted, Failed, InProgress, Outcome, Parked, Replayed
from shared.fold import Request as Via
from shared.refusal import Refusal, Refused
from shared.telemetry import trace_of

IDEMPOTENCY_KEY_CHARACTERS_MAX: Final = 128

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=IDEMPOTENCY_KEY_CHARACTERS_MAX,
        pattern=r"^[\x21-\x7e]+$",
        description="A repeat with the same key and body is answered as the first time, for 30 days",
    ),
]


def kept(
    request: Request,
    principal: str,
    key: str | None,
    body: bytes,
    answer: Callable[[Sequence[Announcement]], Answer],
) -> Via:
    """How a command came in: by whom, under which trace, and what a repeat of it will be answered."""
    asked = f"{request.method} {request.url.path}\n".encode() + body
    trace = trace_of(request.headers.get("traceparent"))
    return Via(principal, trace, None, key, sha256(asked).digest(), answer)


def answer_of(outcome: Outcome) -> Response:
    """The stored or fresh answer of an applied command. Raises: Refused."""
    if isinstance(outcome, Replayed):
        return Response(outcome.answer.body, outcome.answer.status, media_type="application/json")
    raise Refused(refusal_of(outcome))


def refusal_of(outcome: Outcome) -> Refusal:
    """Why a command that was not applied was not."""
    match outcome:
        case Refusal():
            return outcome
        case Contradicted(refusal):
            return refusal
        case InProgress():
            return Refusal("in-progress", "the same request is being worked on; ask again in a moment")
        case Busy():
            return Refusal("busy", "somebody else is at work on this borrower; try again")
        case Failed() | Parked():
            return Refusal("internal-error", "a fault of ours; it is logged")
        case _:
            raise AssertionError("a command is applied or refused")


def as_json(status: int, body: Any) -> Answer:
    """An answer whose body is the JSON of *body*."""
    return Answer(status, encode(body))
