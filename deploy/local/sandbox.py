"""A messaging provider that records instead of sending: `python -m deploy.local.sandbox <file> <port>`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from deploy.local.ledger import Ledger

LIST_LIMIT = 1000
SILENCE_SECONDS_MAX = 600.0


class Message(BaseModel):
    """What a gateway hands over; *reference* is the sender's own."""

    model_config = ConfigDict(extra="forbid")
    reference: Annotated[str, Field(min_length=1, max_length=200)]
    to: Annotated[str, Field(min_length=1, max_length=320)]
    channel: Annotated[str, Field(min_length=1, max_length=40)]
    body: Annotated[str, Field(max_length=64 * 1024)]


class Faults(BaseModel):
    """How the provider misbehaves: every fault strikes after the message is recorded."""

    model_config = ConfigDict(extra="forbid")
    delay_ms: Annotated[int, Field(ge=0, le=600_000)] = 0
    fail_after_accept: bool = False
    drop_reply: bool = False


class Provider:
    """The record, and the faults in force."""

    def __init__(self, file: Path) -> None:
        self.ledger = Ledger(file, index="reference")
        self.faults = Faults()

    async def accept(self, message: Message) -> str:
        """Record *message*, then answer as the faults allow; a repeated reference is recorded again, to be seen.

        Raises:
            HTTPException: 500, though the message was accepted.
        """
        number = await asyncio.to_thread(
            self.ledger.append, {**message.model_dump(), "at": datetime.now(UTC).isoformat()}
        )
        await asyncio.sleep(self.faults.delay_ms / 1000)
        if self.faults.fail_after_accept:
            raise HTTPException(500, "the provider failed")
        return name_of(number)


def name_of(number: int) -> str:
    """The provider's id of its *number*th message."""
    return f"SB-{number}"


def create_app(file: Path) -> FastAPI:
    """The provider's HTTP interface over the record in *file*, which is given back when the application ends."""
    provider = Provider(file)

    @asynccontextmanager
    async def keep_record(_app: FastAPI) -> AsyncIterator[None]:
        yield
        provider.ledger.close()

    app = FastAPI(title="Sandbox gateway", docs_url=None, redoc_url=None, lifespan=keep_record)
    app.state.ledger = provider.ledger

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/messages", status_code=202)
    async def post_message(message: Message, request: Request) -> dict[str, str]:
        accepted = await provider.accept(message)
        if provider.faults.drop_reply:
            await silence(request)
        return {"id": accepted}

    @app.get("/messages")
    async def list_messages(
        reference: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=LIST_LIMIT)] = 100,
    ) -> list[dict[str, Any]]:
        found = await asyncio.to_thread(provider.ledger.find, reference, limit)
        return [{"id": name_of(number), **message} for number, message in found]

    @app.put("/faults")
    async def put_faults(faults: Faults) -> Faults:
        provider.faults = faults
        return faults

    return app


async def silence(request: Request) -> None:
    """Say nothing until the caller has given up."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SILENCE_SECONDS_MAX):
            while (await request.receive())["type"] != "http.disconnect":
                pass


if __name__ == "__main__":
    uvicorn.run(create_app(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), access_log=False)
