"""The least that taking facts in costs: the same bytes received, the same statements sent, the same relay, no thought.

Run as `python -m bench.ingest_floor SCRIPT` with the environment of an ingest process.
"""

import asyncio
import gc
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import asyncpg
import uvicorn

from bench.capture import Script, send_again
from services.ingest.app import build_house, context_of
from services.ingest.settings import Settings
from services.ingest.store.rulebook import Rulebook
from shared.database.engine import WORK_CONNECTIONS
from shared.relay import KafkaPublisher, Relay

POOL: Final[Mapping[str, Any]] = {"min_size": 1, "max_size": WORK_CONNECTIONS, "server_settings": {"jit": "off"}}


class Floor:
    """An ASGI application: what call `x-call` made the house send is sent again, and its answer given."""

    def __init__(self, script: Script, settings: Settings) -> None:
        self._script = script
        self._url = settings.database_url.replace("+asyncpg", "")
        self._house = build_house(settings, Rulebook(context_of(settings)))
        topic = self._house.topic + settings.topic_suffix
        self._relay = Relay(self._house, KafkaPublisher(self._house.name, topic, settings.kafka_bootstrap))
        self._pool: asyncpg.Pool | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Live as long as the server, and answer its calls."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        while (await receive()).get("more_body"):
            pass
        answer = await self._repeat(int(dict(scope["headers"])[b"x-call"])) if scope["method"] == "POST" else b""
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 202 if answer else 200, "headers": kind})
        await send({"type": "http.response.body", "body": answer})

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        async with asyncpg.create_pool(self._url, **POOL) as pool:
            self._pool = pool
            publishing = asyncio.create_task(self._relay.run())
            await send({"type": "lifespan.startup.complete"})
            await receive()
            publishing.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _repeat(self, call: int) -> bytes:
        assert self._pool is not None, "the server says first that it lives"
        async with self._pool.acquire() as connection:
            await send_again(connection, self._script.steps[call])
        self._house.spoke.set()
        return self._script.steps[call].answer


def main() -> None:
    """Read the script, put it out of the collector's way, and answer until told to stop."""
    script = Script.load(Path(sys.argv[1]))
    gc.freeze()
    settings = Settings()  # type: ignore[call-arg]  # read from the environment
    floor = Floor(script, settings)
    uvicorn.run(floor, host=settings.host, port=settings.port, access_log=False, lifespan="on", log_config=None)


if __name__ == "__main__":
    main()
