"""How an application answers what its doors let out: refusals, bodies of the wrong shape, faults and bugs."""

import logging
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared.problems.bodies import refusal_of_errors
from shared.problems.document import problem
from shared.problems.limits import BodyLimit, Faults, NoNul
from shared.refusal import Refusal, Refused

_CODE_OF_STATUS: Final = {401: "unauthenticated", 403: "scope-missing", 404: "no-such-route", 405: "method-not-allowed"}

log = logging.getLogger("forbear.problems")


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

    app.state.ours = Names(app)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(BodyLimit)
    app.add_middleware(NoNul)
    app.add_middleware(Faults, answer=fault)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return problem(error.refusal)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return problem(refusal_of_errors(error.errors(), request.app.state.ours.names))


async def _http(_: Request, error: Exception) -> JSONResponse:
    """What the framework refuses by itself; what a door refuses while its body is read, the framework has wrapped."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, Refused):
        return problem(error.__cause__.refusal)
    code = _CODE_OF_STATUS.get(error.status_code, "bad-request")
    return problem(Refusal(code, "the service does not answer this"), headers=error.headers, status=error.status_code)


class Names:
    """Every name of a field or parameter that *app* itself has published: only these may a pointer show."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    @cached_property
    def names(self) -> frozenset[str]:
        """Read off the description of the API, once."""
        return frozenset(_names_in(self._app.openapi())) | {"path", "query", "header"}


def _names_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from node["properties"]
        if "in" in node and isinstance(node.get("name"), str):
            yield node["name"]
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _names_in(inner)
