"""Calls to ingest, written out before the clock starts: batches of facts as core banking posts them."""

import asyncio
import json
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

import httpx

from bench.stories import SOURCE, posted_on
from shared.codec import encode
from shared.events import Event

EVENTS_PER_CALL: Final = 500
CALLS_AT_ONCE: Final = 4
WARM_UP: Final = 0.1
CALL_SECONDS_MAX: Final = 60.0
AGAIN_SECONDS: Final = 0.2
KIND: Final = {"content-type": "application/cloudevents-batch+json"}


def event_of(fact: Event, day: Any) -> dict[str, Any]:
    """*fact* as a CloudEvent recorded on *day*."""
    posted = posted_on(fact, day)
    return {
        "specversion": "1.0", "id": posted.id, "source": SOURCE, "type": posted.type,
        "time": posted.time.isoformat(), "data": json.loads(encode(fact)),
    }  # fmt: skip


def bodies(events: Sequence[dict[str, Any]], each: int = EVENTS_PER_CALL) -> list[bytes]:
    """*events* in calls of *each*."""
    return [json.dumps(events[at : at + each]).encode() for at in range(0, len(events), each)]


def caller(port: int, token: str) -> httpx.AsyncClient:
    """A client of the house at *port*."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=CALL_SECONDS_MAX, trust_env=False
    )


async def post_all(client: httpx.AsyncClient, calls: Iterable[bytes]) -> float:
    """Post *calls*, a few at once, and answer the seconds that all but the first tenth took; all must be accepted."""
    waiting = list(enumerate(calls))
    warm, started = int(len(waiting) * WARM_UP), time.monotonic()
    waiting.reverse()

    async def one_after_another() -> None:
        nonlocal started
        while waiting:
            number, body = waiting.pop()
            if number == warm:
                started = time.monotonic()
            await post(client, body, number)

    await asyncio.gather(*(one_after_another() for _ in range(CALLS_AT_ONCE)))
    return time.monotonic() - started


async def until_published(client: httpx.AsyncClient) -> None:
    """Return when the house has published all that it said. Raises: TimeoutError."""
    async with asyncio.timeout(CALL_SECONDS_MAX):
        while (await client.get("/v1/quiet", params={"wait": 5})).raise_for_status().json()["unpublished"]:
            pass


async def post(client: httpx.AsyncClient, body: bytes, number: int = 0) -> bytes:
    """Post one call, of which every fact must be accepted; *number* tells the floor which one it is.

    A house that says it is too busy is asked again, as core banking would. Raises: TimeoutError, httpx.HTTPStatusError.
    """
    async with asyncio.timeout(CALL_SECONDS_MAX):
        while True:
            answer = await client.post("/v1/events", content=body, headers={**KIND, "x-call": str(number)})
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            await asyncio.sleep(AGAIN_SECONDS)
    answer.raise_for_status()
    receipt = answer.json()
    assert not receipt["items"], receipt["items"][:3]
    return answer.content
