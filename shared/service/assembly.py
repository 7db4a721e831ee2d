"""From settings and a house to a running application: doors open, loops running, and an orderly stop."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.requests import Request

from shared import problems
from shared.auth import Authenticator
from shared.consumer import KafkaConsumer, PollingConsumer
from shared.database import is_weather
from shared.fold import House
from shared.heads import Peer
from shared.pull import Pull
from shared.relay import KafkaPublisher, NumberingPublisher, Relay
from shared.service.docs import docs_doors
from shared.service.doors import (
    Count,
    Extra,
    history_door,
    nothing_extra,
    nothing_sending,
    street_doors,
    time_doors,
)
from shared.service.health import Measured, health_doors
from shared.service.loops import STOP_SECONDS_MAX, Loop, Sweep, Watched
from shared.service.operations import audit_door, letter_doors, parked_doors
from shared.service.rates import Rates
from shared.service.settings import Settings
from shared.telemetry import set_up_logs, trace_of
from shared.timers import Timers
from shared.verify import Rulebook, keep_rulebook

CONNECTIONS_MAX: Final = 500
EXIT_NOT_STARTED: Final = 3


@dataclass(frozen=True)
class Assembly:
    """What a house adds to the doors and loops that all have.

    `prepare` runs before the doors open, and `rulebook`, the rules it decides by, is kept by then.
    """

    routers: Sequence[APIRouter]
    peers: dict[str, Peer] = field(default_factory=dict)
    loops: Sequence[Loop] = ()
    extra_heads: Extra = nothing_extra
    sending: Count = nothing_sending
    prepare: Callable[[], Awaitable[None]] | None = None
    rulebook: Rulebook | None = None


def build_app(house: House[Any], settings: Settings, assembly: Assembly) -> FastAPI:
    """The application of *house*; its loops start and stop with it."""
    loops = [Watched(loop) for loop in (*_loops(house, settings, assembly.peers), *assembly.loops)]

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if assembly.rulebook is not None:
            async with house.database.begin() as connection:
                await keep_rulebook(connection, assembly.rulebook)
        if assembly.prepare is not None:
            await assembly.prepare()
        for loop in loops:
            loop.start()
        try:
            yield
        finally:
            await asyncio.gather(*(loop.stop() for loop in loops))
            for peer in assembly.peers.values():
                await peer.close()
            await house.database.close()

    app = FastAPI(
        title=f"Forbear {house.name}",
        version="1",
        lifespan=lifespan,
        openapi_url=None,
        strict_content_type=False,  # a body of which nothing is said is taken for JSON, at every door
    )
    app.state.authenticator = Authenticator(
        settings.jwks_file, issuers=settings.issuers, token_seconds_max=settings.token_hours_max * 3600
    )
    app.state.turnstile = Rates(settings)
    app.state.stopping = asyncio.Event()
    problems.install(app, is_weather=is_weather, trace_of=_trace)
    app.add_middleware(Measured)
    shared_routers = (
        street_doors(house, by_position=not settings.kafka_bootstrap, extra=assembly.extra_heads),
        history_door(house),
        time_doors(house, assembly.sending),
        parked_doors(house),
        letter_doors(house),
        audit_door(house),
        health_doors(house, loops),
        docs_doors(app, is_open=settings.docs == "open"),
    )
    for router in (*assembly.routers, *shared_routers):
        app.include_router(router)
    return app


class Server(uvicorn.Server):
    """Uvicorn, telling *app* that it stops before it waits for what is under way: a long poll need not run its time."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=STOP_SECONDS_MAX,
                limit_concurrency=CONNECTIONS_MAX,
            )
        )
        self._stopping: asyncio.Event = app.state.stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is under way, then close."""
        self._stopping.set()
        await super().shutdown(sockets)


def serve(app: FastAPI, settings: Settings, house: str) -> None:
    """Run *app* until it is told to stop; requests under way are finished first."""
    set_up_logs(house)
    server = Server(app, settings.host, settings.port)
    server.run()
    if not server.started:
        sys.exit(EXIT_NOT_STARTED)


def _loops(house: House[Any], settings: Settings, peers: dict[str, Peer]) -> list[Loop]:
    loops: list[Loop] = [Timers(house), Sweep(house)]
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


def _trace(request: Request) -> str:
    return trace_of(request.headers.get("traceparent"))
