"""The four houses as their callers see them: facts in, the clock moved, quiet awaited, what was said read along."""

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any

import httpx

EVENTS_AT_ONCE = 500
CALLS_AT_ONCE = 16
QUIET_SECONDS_MAX = 300.0
LOOK_SECONDS = 0.004
AWAY_SECONDS_MAX = 60.0
AGAIN_SECONDS = 0.2
PAGE = 1000


class NotQuiet(Exception):
    """The houses did not come to rest in time; the text says who was still at work."""


class Street:
    """One client for all four; every call that fails raises."""

    def __init__(self, ports: Mapping[str, int], token: str, houses: Sequence[str]) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self.houses = houses
        self._clients = {
            house: httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{ports[house]}", headers=headers, timeout=60, trust_env=False
            )
            for house in houses
        }
        self._cursors = dict.fromkeys(houses, 0)

    async def __aenter__(self) -> "Street":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(client.aclose() for client in self._clients.values()))

    async def call(self, house: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """One call, repeated while the house is away or busy; the caller looks at the status.

        A repeat changes nothing twice: facts have their ids, commands an Idempotency-Key made of what they say.
        """
        content = json.dumps(body).encode() if body is not None else None
        key = hashlib.sha256(f"{method} {path}\n".encode() + (content or b"")).hexdigest()
        headers = {"content-type": "application/json", "idempotency-key": key}
        return await self._patiently(house, method, path, content=content, headers=headers)

    async def get(self, house: str, path: str, **params: Any) -> Any:
        """The JSON at *path*. Raises: httpx.HTTPStatusError."""
        answer = await self._patiently(house, "GET", path, params=params)
        answer.raise_for_status()
        return answer.json()

    async def _patiently(self, house: str, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer that is not "try again", or the last one after a minute. Raises: httpx.TransportError."""
        deadline = time.monotonic() + AWAY_SECONDS_MAX
        while True:
            is_last = time.monotonic() > deadline
            try:
                answer = await self._clients[house].request(method, path, **request)
                if is_last or not _is_try_again(answer):
                    return answer
            except httpx.TransportError:
                if is_last:
                    raise
            await asyncio.sleep(AGAIN_SECONDS)

    async def report(self, facts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """Post *facts* to ingest, and sum up the receipts."""
        total = {"accepted": 0, "duplicates": 0, "held": 0, "rejected": 0}
        left, deadline = list(facts), time.monotonic() + AWAY_SECONDS_MAX
        while left:
            now, left = left[:EVENTS_AT_ONCE], left[EVENTS_AT_ONCE:]
            kind = {"content-type": "application/cloudevents-batch+json"}
            body = json.dumps(now)
            answer = await self._patiently("ingest", "POST", "/v1/events", content=body, headers=kind)
            answer.raise_for_status()
            receipt = answer.json()
            for name in total:
                total[name] += receipt[name]
            busy = [now[item["index"]] for item in receipt["items"] if item["verdict"] == "busy"]
            if busy and time.monotonic() > deadline:
                raise NotQuiet(f"{len(busy)} facts are told to try again, for a minute now")
            await asyncio.sleep(AGAIN_SECONDS if busy else 0)
            left = busy + left
        return total

    async def close_days(self, until: date) -> None:
        """Post the business date."""
        answer = await self.call("ingest", "POST", "/v1/business-dates", {"business_date": until.isoformat()})
        answer.raise_for_status()

    async def set_clocks(self, now: datetime) -> None:
        """Move the simulated clock of every house to *now*."""
        calls = (self.call(house, "PUT", "/v1/clock", {"now": now.isoformat()}) for house in self.houses)
        for answer in await asyncio.gather(*calls):
            answer.raise_for_status()

    async def quiet(self) -> list[dict[str, Any]]:
        """Wait until nobody is at work and everybody has heard everything; answer how each house stands.

        Raises: NotQuiet.
        """
        before: list[dict[str, Any]] | None = None
        found: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(QUIET_SECONDS_MAX):
                while True:
                    found = await asyncio.gather(*(self.get(house, "/v1/quiet") for house in self.houses))
                    if _is_quiet(dict(zip(self.houses, found, strict=True))):
                        if before == found:
                            return found
                        before = found
                        continue
                    before = None
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise NotQuiet(json.dumps(dict(zip(self.houses, found, strict=False)), indent=1)) from None

    async def news(self, house: str) -> list[dict[str, Any]]:
        """What *house* has announced since the last call; complete when all is quiet."""
        items: list[dict[str, Any]] = []
        while page := (await self.get(house, "/v1/announcements", after=self._cursors[house], limit=PAGE))["items"]:
            items += page
            self._cursors[house] = page[-1]["cursor"]
        return items

    async def each(self, calls: Sequence[tuple[str, str, str, Any]]) -> list[httpx.Response]:
        """Make *calls* (house, method, path, body), a few at a time, and answer theirs in order."""
        turn = asyncio.Semaphore(CALLS_AT_ONCE)

        async def one(house: str, method: str, path: str, body: Any) -> httpx.Response:
            async with turn:
                return await self.call(house, method, path, body)

        return list(await asyncio.gather(*(one(*call) for call in calls)))


def _is_try_again(answer: httpx.Response) -> bool:
    """A broken dependency, or the first of two equal requests still under way."""
    if answer.status_code == httpx.codes.CONFLICT:
        return bool(answer.json().get("code") == "in-progress")
    return answer.status_code == httpx.codes.SERVICE_UNAVAILABLE


def _is_quiet(found: Mapping[str, Mapping[str, Any]]) -> bool:
    idle = all(state[name] == 0 for state in found.values() for name in ("unpublished", "due", "sending", "gaps"))
    return idle and all(
        heard + state["set_aside"][source] == found[source]["said"]
        for state in found.values()
        for source, heard in state["heard"].items()
        if source in found
    )
