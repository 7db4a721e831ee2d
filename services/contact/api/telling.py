"""What a provider tells, read once its signature is known to be good."""

from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from shared.codec import Unreadable, parse
from shared.problems import refusal_of_errors, refused_body
from shared.refusal import Refused

BODY_BYTES_MAX: Final = 64 * 1024
M = TypeVar("M", bound=BaseModel)


def stated_in(body: bytes, ours: frozenset[str] = frozenset()) -> Any:
    """The JSON of *body*; a pointer may show the names that are *ours*. Raises: Refused."""
    try:
        return parse(body, BODY_BYTES_MAX, ours)
    except Unreadable as error:
        raise refused_body(error) from None


def read_as(model: type[M], body: bytes, ours: frozenset[str]) -> M:
    """The message of a provider. Raises: Refused."""
    try:
        return model.model_validate(stated_in(body, ours))
    except ValidationError as error:
        raise Refused(refusal_of_errors(error.errors(), ours)) from None
