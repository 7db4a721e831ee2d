"""Asking another house: its heads, its announcements. The one module that speaks HTTP to the street (httpx)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import UUID

import httpx

from shared.announcements import PAGE_MAX, Announcement, BadEnvelope, from_json
from shared.codec import encode
from shared.database import Weather

TIMEOUT_SECONDS: Final = 5.0
CONNECTIONS_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Illegible:
    """What stands where an announcement should, and why it cannot be read."""

    error: BadEnvelope
    content: bytes

    @property
    def key(self) -> str | None:
        """The key, where that can be read."""
        return self.error.key


Told: TypeAlias = Announcement | Illegible


class PeerUnreachable(Weather):
    """Another house did not answer, or not with what was asked: weather."""


@dataclass(frozen=True, slots=True)
class Heads:
    """The last number a source has said about each key, and its id; ingest adds its business date."""

    numbers: Mapping[str, int]
    ids: Mapping[str, UUID | None]
    business_date: date | None

    def are_heard(self, key: str, number: int, id_: UUID | None) -> bool:
        """Whether what was heard of *key*, up to *number* and its id, is all that was said: no less, no other story.

        Where more was heard since, the answer is no: ask again. A *number* without an id was discarded unread.
        """
        if self.numbers.get(key, 0) != number:
            return False
        return self.ids.get(key) == id_ or (number > 0 and id_ is None)


class Peer:
    """Another house, as seen over HTTP."""

    def __init__(self, name: str, base_url: str, token_file: Path | None, transport: Any = None) -> None:
        self.name = name
        self._token_file = token_file
        limits = httpx.Limits(max_connections=CONNECTIONS_MAX)
        self._client = httpx.AsyncClient(
            base_url=base_url, timeout=TIMEOUT_SECONDS, limits=limits, transport=transport, trust_env=False
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def heads(self, keys: Sequence[str]) -> Heads:
        """The heads of *keys*, at most 1,000 of them. Raises: PeerUnreachable."""
        return _heads(await self._ask("POST", "/v1/heads", "heads", "ids", json={"keys": list(keys)}))

    async def heads_page(self, after: str) -> Heads:
        """All heads behind *after* (exclusive) in the order of keys, at most 1,000. Raises: PeerUnreachable."""
        return _heads(await self._ask("GET", "/v1/heads", "heads", "ids", params={"after": after, "limit": PAGE_MAX}))

    async def announcements_after(self, after: int, limit: int, wait: float) -> list[tuple[int, Told]]:
        """What was announced behind the cursor *after*; waits up to *wait* seconds for it. Raises: PeerUnreachable."""
        params = {"after": after, "limit": limit, "wait": wait}
        body = await self._ask("GET", "/v1/announcements", "items", params=params, timeout=TIMEOUT_SECONDS + wait)
        return [(item["cursor"], _told(item)) for item in body["items"]]

    async def wanted_page(self, after_by_key: Mapping[str, int], limit_each: int) -> tuple[list[Told], bool]:
        """For each key what is behind its number (exclusive), by key and number, and whether that is cut at some bytes.

        Raises: PeerUnreachable.
        """
        asked = {"after": dict(after_by_key), "limit_each": limit_each}
        body = await self._ask("POST", "/v1/announcements/wanted", "items", json=asked)
        return [_told(item) for item in body["items"]], body.get("cut") is True

    async def wanted(self, after_by_key: Mapping[str, int], limit_each: int) -> list[Announcement]:
        """The same, page after page, every one readable. Raises: PeerUnreachable."""
        found: list[Announcement] = []
        left, is_cut = dict(after_by_key), True
        while left and is_cut:
            page, is_cut = await self.wanted_page(left, limit_each)
            found += [_readable(one) for one in page]
            if found:
                last = found[-1]
                left = {key: number for key, number in left.items() if key > last.key} | {last.key: last.number}
        return found

    async def _ask(self, method: str, path: str, *names: str, **request: Any) -> Any:
        try:
            answer = await self._client.request(method, path, headers=self._headers(), **request)
            answer.raise_for_status()
            body = answer.json()
        except (httpx.HTTPError, ValueError, OSError) as error:
            raise PeerUnreachable(f"{self.name}: {type(error).__name__}") from error
        if not (isinstance(body, dict) and body.keys() >= set(names)):
            raise PeerUnreachable(f"{self.name}: not the answer of a house")
        return body

    def _headers(self) -> dict[str, str]:
        if self._token_file is None:
            return {}
        return {"Authorization": f"Bearer {self._token_file.read_text().strip()}"}


def _heads(body: Mapping[str, Any]) -> Heads:
    day = body.get("business_date")
    ids = {key: UUID(id_) if id_ else None for key, id_ in body["ids"].items()}
    return Heads(body["heads"], ids, date.fromisoformat(day) if day else None)


def _told(item: Any) -> Told:
    """One announcement, or what is wrong with it. Raises: PeerUnreachable for what is no object at all."""
    if not isinstance(item, dict):
        raise PeerUnreachable("not the answer of a house")
    try:
        return from_json(item)
    except BadEnvelope as error:
        return Illegible(error, encode(item))


def _readable(told: Told) -> Announcement:
    if isinstance(told, Illegible):
        raise PeerUnreachable(f"an announcement that cannot be read: {told.error.reason}")
    return told
