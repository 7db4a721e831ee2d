"""Statements over whole sets: one array per column in, one round trip, however many rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, JSON, Column, Table, TableValuedAlias, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql.dml import Insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine


def unnest(types: Mapping[str, TypeEngine[Any]], name: str = "given") -> TableValuedAlias:
    """Rows made of arrays: a table with the columns of *types*, whose parameters `arrays` gives."""
    parameters = [cast(bindparam(f"all_{key}"), ARRAY(type_)) for key, type_ in types.items()]
    columns = [column(key, type_) for key, type_ in types.items()]
    return func.unnest(*parameters).table_valued(*columns).render_derived(name=name)


def arrays(names: Iterable[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The parameters of `unnest`: for each name, that field of every row; a field left out is null."""
    return {f"all_{name}": [row.get(name) for row in rows] for name in names}


async def insert_rows(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert *rows* in one statement; a clash of keys is an error."""
    if rows:
        await connection.execute(_insertion(table), _written(_plain(table), rows))


async def upsert_rows(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write *rows* in one statement, replacing those whose primary key exists; of rows with one key the last counts."""
    if not rows:
        return
    key = [c.name for c in table.primary_key]
    last = {tuple(row[name] for name in key): row for row in rows}
    await connection.execute(_upsertion(table), _written(table.columns, list(last.values())))


def _written(columns: Iterable[Column[Any]], rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """As `arrays`; inside an array the driver takes JSON only as text."""
    columns = list(columns)
    found = arrays((c.name for c in columns), rows)
    for name in (c.name for c in columns if isinstance(c.type, JSON)):
        found[f"all_{name}"] = [None if value is None else json.dumps(value) for value in found[f"all_{name}"]]
    return found


def _plain(table: Table) -> list[Column[Any]]:
    """The columns that are ours to fill: all but those the database numbers itself."""
    return [c for c in table.columns if c.identity is None]


@cache
def _insertion(table: Table) -> Insert:
    columns = _plain(table)
    given = unnest({c.name: c.type for c in columns})
    return insert(table).from_select([c.name for c in columns], select(*given.c))


@cache
def _upsertion(table: Table) -> Insert:
    statement = _insertion(table)
    key = [c.name for c in table.primary_key]
    others = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in key}
    if not others:
        return statement.on_conflict_do_nothing(index_elements=key)
    return statement.on_conflict_do_update(index_elements=key, set_=others)
