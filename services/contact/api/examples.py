"""Examples for every answer of a route, as its documentation shows them."""

from collections.abc import Mapping
from typing import Any

from shared.problems import MEDIA_TYPE

Documented = dict[int | str, dict[str, Any]]


def answers(example: Any, *problems: Documented, status: int = 200) -> Documented:
    """The documented answers of a route: *example*, and what may stand in its way."""
    found: Documented = {status: {"content": {"application/json": {"example": example}}}}
    for problem in problems:
        found |= problem
    return found


def problem_of(status: int, code: str, detail: str) -> Documented:
    """A problem document as it is answered."""
    titles: Mapping[int, str] = {404: "Not found", 409: "Conflict", 422: "Not acceptable", 503: "Try again"}
    body = {
        "type": f"/problems/{code}", "title": titles.get(status, "Refused"), "status": status, "code": code,
        "detail": detail,
    }  # fmt: skip
    return {status: {"description": detail, "content": {MEDIA_TYPE: {"example": body}}}}
