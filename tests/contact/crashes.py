"""Crash points, counted: the process dies at the nth thing that it does to the world, for every n there is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from services.contact.gateways import Accepted, Gateway, Outgoing, Result
from shared.database import Database


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Fuse:
    """Burns down by one at every point; at zero everything ends, and nothing can be done any more."""

    left: int
    is_burnt: bool = False

    def point(self) -> None:
        if self.is_burnt or self.left == 0:
            self.is_burnt = True
            raise Crash
        self.left -= 1


class Connection:
    """A connection that dies before a statement."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner, self._fuse = inner, fuse

    async def execute(self, *arguments: Any, **named: Any) -> Any:
        self._fuse.point()
        return await self._inner.execute(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class CrashingDatabase:
    """Transactions that die before a statement, before their commit, and right after it."""

    def __init__(self, inner: Database, fuse: Fuse) -> None:
        self._inner, self._fuse = inner, fuse

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        async with self._inner.begin() as connection:
            yield Connection(connection, self._fuse)
            self._fuse.point()
        self._fuse.point()


class CrashingGateway:
    """A call that dies before it reaches the provider, and after the provider has taken the message."""

    def __init__(self, inner: Gateway, fuse: Fuse) -> None:
        self.name, self.capabilities = inner.name, inner.capabilities
        self._inner, self._fuse = inner, fuse

    async def send(self, message: Outgoing) -> Result:
        self._fuse.point()
        result = await self._inner.send(message)
        self._fuse.point()
        return result

    async def look_up(self, reference: str) -> Accepted | None:
        self._fuse.point()
        found = await self._inner.look_up(reference)
        self._fuse.point()
        return found

    async def close(self) -> None:
        await self._inner.close()
