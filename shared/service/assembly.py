"""From settings and a house to a running application: doors open, loops running, and an orderly stop."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from fastapi import Request as HttpRequest
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from shared import problems
from shared.auth import Authenticator, requires
from shared.consumer import KafkaConsumer, PollingConsumer
from shared.database import is_weather
from shared.fold import House
from shared.heads import Peer
from shared.pull import Pull
from shared.relay import KafkaPublisher, NumberingPublisher, Relay
from shared.service.doors import (
    Count,
    Extra,
    history_door,
    nothing_extra,
    nothing_sending,
    parking_doors,
    street_doors,
    time_doors,
)
from shared.service.settings import Settings
from shared.telemetry import set_up_logs, trace_of
from shared.timers import Timers

STOP_SECONDS_MAX: Final = 20

log = logging.getLogger("forbear.service")


class Loop(Protocol):
    """Something that runs until it is cancelled."""

    async def run(self) -> None: ...


@dataclass(frozen=True)
class Assembly:
    """What a house adds to the doors and loops that all have; `prepare` runs before the doors open."""

    routers: Sequence[APIRouter]
    peers: dict[str, Peer] = field(default_factory=dict)
    loops: Sequence[Loop] = ()
    extra_heads: Extra = nothing_extra
    sending: Count = nothing_sending
    prepare: Callable[[], Awaitable[None]] | None = None


def build_app(house: House[Any], settings: Settings, assembly: Assembly) -> FastAPI:
    """The application of *house*; its loops start and stop with it."""
    loops = [*_loops(house, settings, assembly.peers), *assembly.loops]
    tasks: list[asyncio.Task[None]] = []

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if assembly.prepare is not None:
            await assembly.prepare()
        tasks.extend(asyncio.create_task(loop.run(), name=type(loop).__name__) for loop in loops)
        for task in tasks:
            task.add_done_callback(_tell)
        yield
        await _stop(tasks)
        for peer in assembly.peers.values():
            await peer.close()
        await house.database.close()

    app = FastAPI(title=f"Forbear {house.name}", version="1", lifespan=lifespan, docs_url="/docs", redoc_url=None)
    app.state.authenticator = Authenticator(settings.jwks_file)
    problems.install(app, is_weather=is_weather, trace_of=_trace)
    app.add_middleware(problems.BodyLimit)
    shared_routers = (
        street_doors(house, by_position=not settings.kafka_bootstrap, extra=assembly.extra_heads),
        history_door(house),
        time_doors(house, assembly.sending),
        parking_doors(house),
        _health(house, tasks),
    )
    for router in (*assembly.routers, *shared_routers):
        app.include_router(router)
    return app


def serve(app: FastAPI, settings: Settings, house: str) -> None:
    """Run *app* until it is told to stop; requests under way are finished first."""
    set_up_logs(house)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_SECONDS_MAX,
        limit_concurrency=500,
    )


def _loops(house: House[Any], settings: Settings, peers: dict[str, Peer]) -> list[Loop]:
    loops: list[Loop] = [Timers(house)]
    if settings.kafka_bootstrap:
        loops.append(
            Relay(house, KafkaPublisher(house.name, house.topic + settings.topic_suffix, settings.kafka_bootstrap))
        )
        if house.hears:
            loops.append(
                KafkaConsumer(
                    house,
                    settings.kafka_bootstrap,
                    session_seconds=settings.session_seconds,
                    topic_suffix=settings.topic_suffix,
                )
            )
    else:
        loops.append(Relay(house, NumberingPublisher()))
        loops.extend(PollingConsumer(house, source, peers[source]) for source in house.hears)
    if house.hears:
        loops.append(Pull(house, peers))
    return loops


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=STOP_SECONDS_MAX)


def _tell(task: asyncio.Task[None]) -> None:
    """A loop that ends by itself is an alarm: the house is no longer ready."""
    if not task.cancelled() and task.exception() is not None:
        log.critical("a loop ended", exc_info=task.exception(), extra={"task": task.get_name()})


def _trace(request: Request) -> str:
    return trace_of(request.headers.get("traceparent"))


def _health(house: House[Any], tasks: Sequence[asyncio.Task[None]]) -> APIRouter:
    """Whether the process lives, and whether it is fit to work; open to all, because probes have no token."""
    router = APIRouter(tags=["health"])

    @router.get("/livez")
    async def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @router.get("/readyz")
    async def ready() -> Response:
        """The database answers, and every loop runs."""
        ended = [task.get_name() for task in tasks if task.done()]
        if ended or not await _database_answers(house):
            return JSONResponse({"status": "not ready", "ended": ended}, 503)
        return JSONResponse({"status": "ready"})

    @router.get("/metrics", dependencies=[Depends(requires("metrics:read"))])
    async def metrics(_: HttpRequest) -> Response:
        """Prometheus metrics."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def _database_answers(house: House[Any]) -> bool:
    try:
        async with house.database.answering() as connection:
            await house.clock.read(connection)
            await connection.execute(text("select 1 from subjects limit 1"))
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True
