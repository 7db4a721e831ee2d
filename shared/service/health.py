"""Whether the process lives and is fit to work, and what it counts while it does."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth import requires
from shared.clock import ticks
from shared.database import is_weather
from shared.database.tables import subjects, unpublished
from shared.fold import House
from shared.service.loops import Watched
from shared.telemetry import REQUESTS, STOPPED, UNPUBLISHED

_UNPUBLISHED = select(func.count()).select_from(unpublished)
_ANYBODY = select(subjects.c.key).limit(1)


def health_doors(house: House[Any], loops: Sequence[Watched]) -> APIRouter:
    """Probes are open to all, because they have no token; metrics are not."""
    router = APIRouter(tags=["health"])

    @router.get("/livez")
    async def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @router.get("/readyz")
    async def ready() -> Response:
        """The database answers, and every loop is well. `stopped`: what is heard no more for too much poison."""
        unwell = [loop.name for loop in loops if not loop.is_well()]
        if unwell or not await _database_answers(house):
            return JSONResponse({"status": "not ready", "unwell": unwell, "stopped": stopped()}, 503)
        return JSONResponse({"status": "ready", "stopped": stopped()})

    @router.get("/metrics", dependencies=[Depends(requires("metrics:read"))])
    async def metrics() -> Response:
        """Prometheus metrics."""
        async with house.database.answering() as connection:
            UNPUBLISHED.set((await connection.execute(_UNPUBLISHED)).scalar_one())
        STOPPED.set(len(stopped()))
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    def stopped() -> list[str]:
        return [name for loop in loops for name in loop.stopped()]

    return router


async def _database_answers(house: House[Any]) -> bool:
    try:
        async with house.database.answering() as connection:
            await house.clock.read(connection)
            await connection.execute(_ANYBODY)
    except Exception as error:
        if not is_weather(error):
            raise
        return False
    return True


class Measured:
    """Times every request under the route it matched; what matched none counts as one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, and note how long it took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = ticks(), 500

        async def noticed(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            REQUESTS.labels(scope["method"], route, status).observe(ticks() - started)
