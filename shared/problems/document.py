"""The problem document: what a caller is told, by RFC 9457, and which status each code has."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi.responses import JSONResponse

from shared.refusal import Refusal

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2

# Refusals that mean something else than "understood, and not acceptable" (422).
STATUS_OF_CODE: Final[dict[str, int]] = {
    "bad-request": 400,
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
_TITLES: Final = {
    400: "Bad request",
    404: "Not found",
    409: "Conflict",
    422: "Not acceptable",
    429: "Too many calls",
    503: "Try again",
}


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
