"""What a house sends to PostgreSQL, statements and parameters: kept, and sent again without thinking."""

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy import Engine, event

Statement = tuple[str, tuple[Any, ...]]


@dataclass
class Step:
    """One batch: how many records went in, the transactions that this took, and what was answered."""

    records: int
    transactions: list[list[Statement]] = field(default_factory=list)
    answer: bytes = b""

    @property
    def statements(self) -> int:
        """How many there were."""
        return sum(map(len, self.transactions))


@dataclass
class Script:
    """All batches, in order."""

    steps: list[Step] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Leave it at *path*."""
        path.write_bytes(pickle.dumps(self, pickle.HIGHEST_PROTOCOL))

    @staticmethod
    def load(path: Path) -> "Script":
        """What `save` left at *path*."""
        found = pickle.loads(path.read_bytes())  # noqa: S301  written by ourselves a moment ago
        assert isinstance(found, Script)
        return found


@contextmanager
def captured(engine: Engine | type[Engine], step: Step) -> Iterator[None]:
    """Whatever is sent through *engine*, or any, meanwhile goes into *step*; nothing else may be under way."""

    def begun(_connection: Any) -> None:
        step.transactions.append([])

    def sent(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        step.transactions[-1].append((statement, tuple(parameters)))

    heard = (("begin", begun), ("before_cursor_execute", sent))
    for name, listener in heard:
        event.listen(engine, name, listener)
    try:
        yield
    finally:
        for name, listener in heard:
            event.remove(engine, name, listener)


async def send_again(connection: asyncpg.Connection | PoolConnectionProxy, step: Step) -> None:
    """The same transactions: the same statements with the same parameters, their answers read and dropped."""
    for statements in step.transactions:
        async with connection.transaction():
            for statement, parameters in statements:
                await connection.fetch(statement, *parameters)


def bytes_of(steps: Sequence[Step]) -> int:
    """About how many bytes of parameters *steps* carry."""
    return sum(_size(value) for step in steps for sent in step.transactions for _, values in sent for value in values)


def _size(value: Any) -> int:
    if isinstance(value, list | tuple):
        return sum(map(_size, value))
    return len(value) if isinstance(value, str | bytes) else 8
