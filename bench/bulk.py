"""A whole portfolio in ingest's tables at once: states, chains, journal and read tables as the house makes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import date
from multiprocessing import get_context
from typing import Any, Final, Protocol

import asyncpg

from bench.stories import Teller, Told
from shared.codec import encode

CHUNK: Final = 2500
WORKERS: Final = 2
"""As many as the machine has processors."""

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]


class Portfolio(Protocol):
    """Tells the life of borrowers *first* to *last* (exclusive); other processes must find it in a module."""

    def __call__(self, teller: Teller, first: int, last: int, today: date, /) -> Iterable[Told]: ...


async def put(connection: asyncpg.Connection, portfolio: Portfolio, count: int, today: date) -> None:
    """Copy *count* borrowers into the database, everything published, and stand on the business date *today*."""
    editions: dict[int, Row] = {}
    with ProcessPoolExecutor(WORKERS, get_context("spawn")) as pool:
        starts = range(0, count, CHUNK)
        told = [pool.submit(rows_of, portfolio, first, min(first + CHUNK, count), today) for first in starts]
        for one in told:
            for name, rows in one.result().items():
                if name == "editions":
                    editions |= {row["edition"]: row for row in rows}
                else:
                    await _copy(connection, name, rows)
    await _copy(connection, "editions", list(editions.values()))
    await _copy(connection, "business_dates", [{"business_date": today}])
    await connection.execute("vacuum analyze")


def rows_of(portfolio: Portfolio, first: int, last: int, today: date) -> Rows:
    """What the tables hold of borrowers *first* to *last* (exclusive), by table."""
    teller = Teller()
    told = list(portfolio(teller, first, last, today))
    editions = {edition: versions for one in told for edition, versions in one.editions.items()}
    return {
        "subjects": [_subject(one) for one in told],
        "announcements": [asdict(said) for one in told for said in one.announcements],
        "journal": [entry for one in told for entry in one.journal],
        "editions": [_edition(*one) for one in editions.items()],
        **teller.house.rows([said for one in told for said in one.said]),
    }


def _subject(told: Told) -> Row:
    subject = told.subject
    return {
        "key": subject.key, "said": subject.chain.said, "last_id": subject.chain.last_id, "heard": [], "heard_ids": [],
        "position": subject.position, "schema": told.house.schema, "body": subject.body(),
        "wake_at": subject.wake_at(),
    }  # fmt: skip


def _edition(edition: int, versions: Mapping[str, str]) -> Row:
    return {"edition": edition, "versions": encode(dict(versions)).decode()}


async def _copy(connection: asyncpg.Connection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        columns = list(rows[0])
        await connection.copy_records_to_table(table, records=_records(rows, columns), columns=columns)


def _records(rows: Sequence[Row], columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    return (tuple(row[name] for name in columns) for row in rows)
