"""A database whose commits fail: constraints that are looked at last of all, and never hold."""

import asyncpg

SQLSTATE = "23514"


async def refuse_at_commit(owner_dsn: str, *tables: str, when: str = "true") -> None:
    """Let no commit succeed that wrote to one of *tables* (by default to any) a row of which *when* is true."""
    owner = await asyncpg.connect(owner_dsn)
    await owner.execute(
        "create or replace function refuse() returns trigger language plpgsql as "
        f"$$ begin raise exception 'the commit itself fails' using errcode = '{SQLSTATE}'; end $$"
    )
    for table in tables or await tables_of(owner):
        await owner.execute(
            f'create constraint trigger refused after insert or update on "{table}" deferrable initially deferred '
            f"for each row when ({when}) execute function refuse()"
        )
    await owner.close()


async def tables_of(owner: asyncpg.Connection) -> list[str]:
    found = await owner.fetch("select tablename from pg_tables where schemaname = 'public' order by tablename")
    return [row["tablename"] for row in found]


async def counts_of(owner_dsn: str) -> dict[str, int]:
    """How many rows each table holds."""
    owner = await asyncpg.connect(owner_dsn)
    counted = {table: await owner.fetchval(f'select count(*) from "{table}"') for table in await tables_of(owner)}
    await owner.close()
    return counted
