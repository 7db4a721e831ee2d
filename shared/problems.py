"""Problems: what a caller is told, as RFC 9457 documents that never repeat what was sent."""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import takewhile
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.refusal import Refusal, Refused

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2
BODY_BYTES_MAX: Final = 4 * 1024 * 1024
POINTERS_MAX: Final = 20

# Refusals that mean something else than "understood, and not acceptable" (422).
STATUS_OF_CODE: Final[dict[str, int]] = {
    "bad-request": 400,
    "unreadable-body": 400,
    "not-json": 400,
    "not-utf-8": 400,
    "nested-too-deep": 400,
    "unauthenticated": 401,
    "token-expired": 401,
    "bad-signature": 401,
    "scope-missing": 403,
    "not-found": 404,
    "no-such-route": 404,
    "method-not-allowed": 405,
    "conflict": 409,
    "not-for-approval": 409,
    "contradiction": 409,
    "clock-moves-forward": 409,
    "in-progress": 409,
    "precondition-failed": 412,
    "body-too-large": 413,
    "media-type-not-supported": 415,
    "precondition-required": 428,
    "too-many-calls": 429,
    "busy": 503,
    "unavailable": 503,
    "internal-error": 500,
}
_CODE_OF_STATUS: Final = {401: "unauthenticated", 403: "scope-missing", 404: "no-such-route", 405: "method-not-allowed"}
_TITLES: Final = {
    400: "Bad request",
    404: "Not found",
    409: "Conflict",
    422: "Not acceptable",
    429: "Too many calls",
    503: "Try again",
}

log = logging.getLogger("forbear.problems")


def problem(
    refusal: Refusal,
    trace: str | None = None,
    headers: Mapping[str, str] | None = None,
    status: int | None = None,
) -> JSONResponse:
    """The problem document of *refusal*; `type` is a reference relative to the service."""
    status = status or STATUS_OF_CODE.get(refusal.code, 422)
    body: dict[str, Any] = {
        "type": f"/problems/{refusal.code}",
        "title": _TITLES.get(status, "Refused" if status < 500 else "Failed"),
        "status": status,
        "code": refusal.code,
        "detail": refusal.detail,
    }
    if refusal.pointers:
        body["errors"] = [{"pointer": pointer} for pointer in refusal.pointers]
    if trace:
        body["trace"] = trace
    retry_seconds = refusal.retry_seconds or (RETRY_SECONDS if status == 503 else None)
    extra = {"Retry-After": str(retry_seconds)} if retry_seconds else {}
    if status == 401:
        extra["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status, headers={**extra, **(headers or {})}, media_type=MEDIA_TYPE)


def install(app: FastAPI, *, is_weather: Callable[[BaseException], bool], trace_of: Callable[[Request], str]) -> None:
    """Make every refusal, fault and bug of *app* answer with a problem document.

    *is_weather* tells a broken dependency (503, to be retried) from a bug (500, under its trace).
    """

    async def fault(request: Request, error: Exception) -> JSONResponse:
        trace = trace_of(request)
        if is_weather(error):
            log.warning("a dependency is broken", extra={"error": type(error).__name__, "trace": trace})
            return problem(Refusal("unavailable", "a part this needs does not answer; try again"), trace)
        log.error("a bug", exc_info=error, extra={"trace": trace})
        return problem(Refusal("internal-error", "a fault of ours; it is logged under this trace"), trace)

    ours = _NamesOf(app)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return _invalid(error, ours)

    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(BodyLimit)
    app.add_middleware(NoNul)
    app.add_middleware(Faults, answer=fault)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return problem(error.refusal)


def _invalid(error: RequestValidationError, ours: "_NamesOf") -> JSONResponse:
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem(Refusal("not-json", "the body is not JSON"))
    pointers = dict.fromkeys(_pointer(one["loc"], ours.names) for one in found[:POINTERS_MAX])
    return problem(Refusal("schema", "the request does not fit its schema", tuple(pointers)))


def _pointer(location: Sequence[Any], ours: frozenset[str]) -> str:
    """The place of a complaint, up to the first name that the caller chose: only names of ours are shown."""
    parts = location[1:] if location[0] == "body" else location
    shown = takewhile(lambda part: isinstance(part, int) or part in ours, parts)
    return "".join(f"/{part}" for part in shown)


class _NamesOf:
    """Every name of a field or parameter that *app* itself has published."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(_names_in(self._app.openapi())) | {"path", "query", "header"}


def _names_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from node["properties"]
        if "in" in node and isinstance(node.get("name"), str):
            yield node["name"]
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _names_in(inner)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _CODE_OF_STATUS.get(error.status_code, "bad-request")
    return problem(Refusal(code, "the service does not answer this"), headers=error.headers, status=error.status_code)


class Faults:
    """Answers what no door has answered for, and says so once, under the trace that the caller is told."""

    def __init__(self, app: ASGIApp, answer: Callable[[Request, Exception], Awaitable[JSONResponse]]) -> None:
        self._app, self._answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on; an exception before the first byte becomes a problem document."""
        started = False

        async def noticed(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            response = await self._answer(Request(scope), error)
            await response(scope, receive, send)


class BodyLimit:
    """Refuses bodies above 4 MiB, by their stated length or as they come."""

    def __init__(self, app: ASGIApp, bytes_max: int = BODY_BYTES_MAX) -> None:
        self._app, self._bytes_max = app, bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, unless it says or turns out to be too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        too_large = problem(Refusal("body-too-large", f"a body may have at most {self._bytes_max} bytes"))
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or int(stated[:20]) > self._bytes_max:
            await too_large(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._bytes_max:
                raise _TooLarge
            return message

        async def honest(message: Message) -> None:
            """What the framework makes of a body that broke off would blame its syntax."""
            if seen <= self._bytes_max:
                await send(message)

        with contextlib.suppress(_TooLarge):
            await self._app(scope, counted, honest)
        if seen > self._bytes_max:
            await too_large(scope, receive, send)


class NoNul:
    """Refuses U+0000 in a path or query: no database holds such text, so that nothing can be found under it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, unless it holds one; bodies are looked at by their schemas."""
        pointers = _nul_in(scope) if scope["type"] == "http" else ()
        answer = problem(Refusal("schema", "U+0000 cannot be part of it", pointers)) if pointers else self._app
        await answer(scope, receive, send)


def _nul_in(scope: Scope) -> tuple[str, ...]:
    query: bytes = scope.get("query_string", b"")
    in_path = ("/path",) if "\x00" in scope["path"] else ()
    return in_path + (("/query",) if b"%00" in query or b"\x00" in query else ())


class _TooLarge(Exception):
    """Breaks off the reading of a body."""
