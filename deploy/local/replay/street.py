"""The four houses as their callers see them: facts in, the clock moved, quiet awaited, what was said read along."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any

import httpx

EVENTS_AT_ONCE = 500
CALLS_AT_ONCE = 16
QUIET_SECONDS_MAX = 300.0
LOOK_SECONDS = 0.004
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
        """One call; the caller looks at the status."""
        return await self._clients[house].request(method, path, json=body)

    async def get(self, house: str, path: str, **params: Any) -> Any:
        """The JSON at *path*. Raises: httpx.HTTPStatusError."""
        answer = await self._clients[house].get(path, params=params)
        answer.raise_for_status()
        return answer.json()

    async def report(self, facts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """Post *facts* to ingest, and sum up the receipts."""
        total = {"accepted": 0, "duplicates": 0, "held": 0, "rejected": 0, "busy": 0}
        for start in range(0, len(facts), EVENTS_AT_ONCE):
            body = json.dumps(facts[start : start + EVENTS_AT_ONCE])
            kind = {"content-type": "application/cloudevents-batch+json"}
            answer = await self._clients["ingest"].post("/v1/events", content=body, headers=kind)
            answer.raise_for_status()
            receipt = answer.json()
            for name in total:
                total[name] += receipt[name]
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
            raise NotQuiet(json.dumps(dict(zip(self.houses, found, strict=True)), indent=1)) from None

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


def _is_quiet(found: Mapping[str, Mapping[str, Any]]) -> bool:
    idle = all(state[name] == 0 for state in found.values() for name in ("unpublished", "due", "sending", "gaps"))
    return idle and all(
        heard + state["set_aside"][source] == found[source]["said"]
        for state in found.values()
        for source, heard in state["heard"].items()
        if source in found
    )
