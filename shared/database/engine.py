"""Connections to one house's PostgreSQL, every wait in them bounded."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

CONNECT_SECONDS_MAX: Final = 5
LOCK_SECONDS_MAX: Final = 2
STATEMENT_SECONDS_MAX: Final = 30
IDLE_IN_TRANSACTION_SECONDS_MAX: Final = 60
ANSWER_SECONDS_MAX: Final = 40
WORK_CONNECTIONS: Final = 8
HEADS_CONNECTIONS: Final = 2


@dataclass(frozen=True, slots=True)
class Database:
    """Two pools: one for work, one for answering heads, so that houses asking each other never wait in a circle."""

    work: AsyncEngine
    heads: AsyncEngine

    @classmethod
    def at(cls, url: str, name: str) -> "Database":
        """Open nothing yet; *url* is `postgresql+asyncpg://…`, *name* shows in `pg_stat_activity`."""
        return cls(_engine(url, name, WORK_CONNECTIONS), _engine(url, f"{name} heads", HEADS_CONNECTIONS))

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed at the end, rolled back by an exception."""
        async with self.work.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One read-only transaction over one snapshot."""
        async with self.work.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[AsyncConnection]:
        """A connection from the pool that is kept for heads."""
        async with self.heads.connect() as connection:
            yield connection

    async def close(self) -> None:
        """Close both pools."""
        await self.work.dispose()
        await self.heads.dispose()


def _engine(url: str, name: str, size: int) -> AsyncEngine:
    server_settings = {
        "application_name": name,
        "jit": "off",
        "timezone": "UTC",
        "lock_timeout": f"{LOCK_SECONDS_MAX}s",
        "statement_timeout": f"{STATEMENT_SECONDS_MAX}s",
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_SECONDS_MAX}s",
    }
    return create_async_engine(
        url,
        pool_size=size,
        max_overflow=0,
        pool_timeout=LOCK_SECONDS_MAX,
        pool_pre_ping=False,
        connect_args={
            "timeout": CONNECT_SECONDS_MAX,
            "command_timeout": ANSWER_SECONDS_MAX,
            "server_settings": server_settings,
        },
    )
