"""Where a body comes in: as JSON of a stated size, read strictly, whoever looks at its fields afterwards."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from shared.codec import Unreadable, parse
from shared.codec.strict import BYTES_MAX
from shared.problems.bodies import refused_body
from shared.problems.limits import BODY_BYTES_MAX
from shared.refusal import refuse

JSON: Final = "application/json"


class Door(APIRoute):
    """A route whose body the framework reads: as strictly as every other, before pydantic sees it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's own handler, given a request that reads strictly."""
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            if self.body_field is not None:
                check_media_type(request)
            return await handle(_Strict(request.scope, request.receive))

        return strictly


class _Strict(Request):
    """A request whose JSON holds no float, no text that cannot be stored, and nothing too deep or too large."""

    async def json(self) -> Any:
        """Raises: Refused."""
        return await read_json(self, BODY_BYTES_MAX)


def check_media_type(request: Request) -> None:
    """Raises: Refused unless the body is said to be JSON, or nothing is said of it."""
    stated = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if stated != JSON:
        raise refuse("media-type-not-supported", f"send {JSON}")


async def read_body(request: Request) -> bytes:
    """The bytes of a body that is said to be JSON. Raises: Refused."""
    check_media_type(request)
    return await request.body()


async def read_json(request: Request, bytes_max: int = BYTES_MAX, names: frozenset[str] = frozenset()) -> Any:
    """The JSON of a body; a pointer may show what the API has published, and *names*. Raises: Refused."""
    body = await read_body(request)
    try:
        return parse(body, bytes_max, request.app.state.ours.names | names)
    except Unreadable as error:
        raise refused_body(error) from None
