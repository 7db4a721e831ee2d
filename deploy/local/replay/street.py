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
REST_SECONDS_MAX = 5.0
AWAY_SECONDS_MAX = 60.0
AGAIN_SECONDS = 0.2
PAGE = 1000


class NotQuiet(Exception):
    """The houses did not come to rest in time; the text says how they stood, *houses* who was still at work."""

    def __init__(self, text: str, *houses: str) -> None:
        super().__init__(text)
        self.houses = houses


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
        self._read = dict.fromkeys(houses, 0)
        self._said = dict.fromkeys(houses, 0)

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
                raise NotQuiet(f"{len(busy)} facts are told to try again, for a minute now", "ingest")
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
        found: dict[str, dict[str, Any]] = {}
        try:
            async with asyncio.timeout(QUIET_SECONDS_MAX):
                while True:
                    before = await self._come_to_rest(found)
                    found = await self._all_at_once()
                    if found == before and _is_quiet(found):
                        self._said = {house: state["said"] for house, state in found.items()}
                        return list(found.values())
        except TimeoutError:
            restless = [house for house in found if not _is_settled(house, found)]
            raise NotQuiet(f"not quiet: {json.dumps(found, indent=1)}", *restless or self.houses) from None

    async def _come_to_rest(self, found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Ask each house in turn, in a long call, until it is at rest and has heard what the others are known to say.

        The houses stand in the order in which most news travels; whom news reached after its turn is asked again.
        """
        waiting = [house for house in self.houses if not found or not _is_settled(house, found)]
        while waiting:
            for house in waiting:
                heard = [f"{source}:{state['said']}" for source, state in found.items() if source != house]
                found[house] = await self.get(house, "/v1/quiet", wait=REST_SECONDS_MAX, heard=heard)
            waiting = [house for house in self.houses if not _is_settled(house, found)]
        return {house: found[house] for house in self.houses}

    async def _all_at_once(self) -> dict[str, dict[str, Any]]:
        found = await asyncio.gather(*(self.get(house, "/v1/quiet") for house in self.houses))
        return dict(zip(self.houses, found, strict=True))

    async def news(self, house: str) -> list[dict[str, Any]]:
        """What *house* had announced when all was quiet, since the last call."""
        items: list[dict[str, Any]] = []
        while self._read[house] < self._said[house]:
            page = (await self.get(house, "/v1/announcements", after=self._cursors[house], limit=PAGE))["items"]
            if not page:
                break
            items += page
            self._cursors[house] = page[-1]["cursor"]
            self._read[house] += len(page)
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
    return all(_is_settled(house, found) for house in found)


def _is_settled(house: str, found: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether nothing is under way in *house*, and it has heard all that the others are known to have said."""
    state = found[house]
    is_idle = all(state[name] == 0 for name in ("unpublished", "due", "sending", "gaps"))
    return is_idle and all(
        heard + state["set_aside"][source] == found[source]["said"]
        for source, heard in state["heard"].items()
        if source in found
    )
