"""A command through the HTTP door: once, whoever repeats it, and never 2xx without its commit."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from shared.database.tables import announcements, commands, subjects
from tests.shared.clients import a_client
from tests.shared.refusing import refuse_at_commit
from tests.shared.street import (
    rows_of,
    state_of,
    told,
)
from tests.shared.toy import make_tables, speaker

pytestmark = pytest.mark.postgres


async def asked(client: httpx.AsyncClient, amount: str = "1.00") -> httpx.Response:
    body, headers = {"key": "A", "amount": amount}, {"Idempotency-Key": "k"}
    return await client.post("/v1/payments", json=body, headers=headers)


async def test_the_same_request_at_the_same_time_is_in_progress_or_replayed(first, client):
    answers = await asyncio.gather(*(asked(client) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert [answer.json() for answer in answers if answer.status_code == 201].count({"number": 1}) >= 1
    assert (await state_of(first, "A")).count == 1
    assert (await asked(client, amount="2.00")).json()["code"] == "idempotency-key-reused"


async def test_a_stuck_borrower_is_busy_not_broken(first, client):
    await told(first, "A", "1.00")
    async with first.database.begin() as holder:
        await holder.execute(text("select 1 from subjects where key = 'A' for update"))
        answer = await asked(client)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "busy", "2")


async def make_tables_that_refuse_at_commit(database) -> None:
    """As every house's, but nothing said can be committed."""
    await make_tables(database)
    await refuse_at_commit(database.owner_dsn, "announcements")


async def test_a_commit_that_fails_is_never_answered_with_2xx(databases, keys):
    from shared.database import Database

    place = await databases.fresh("toy", make_tables_that_refuse_at_commit)
    house = speaker(Database.at(place.app_url, "tests"))
    async with a_client(house, keys) as client:
        answer = await asked(client)
        assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
        for table in (announcements, commands):
            assert not await rows_of(house, table)
        assert not [row for row in await rows_of(house, subjects) if row.said]
    await house.database.close()


async def test_a_backend_that_dies_before_the_commit_is_503_and_nothing_is_kept(first, keys, monkeypatch):
    dialect = first.database.work.sync_engine.dialect
    commit = dialect.do_commit

    def die(connection: Any) -> None:
        connection._connection.terminate()
        commit(connection)

    async with a_client(first, keys) as client:
        monkeypatch.setattr(dialect, "do_commit", die)
        answer = await asked(client)
        monkeypatch.undo()
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert not await rows_of(first, announcements)
        assert (await asked(client)).status_code == 201
