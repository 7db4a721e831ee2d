"""What stands before every door: bounds on bodies and paths, and an answer for what no door answers."""

import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems.document import problem
from shared.refusal import Refusal

BODY_BYTES_MAX: Final = 4 * 1024 * 1024


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
