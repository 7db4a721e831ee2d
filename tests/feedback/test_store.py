"""What feedback keeps: words sealed and nowhere else, texts swept that nobody took up, nothing left by a crash."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import event

from services.feedback.app import build_house
from services.feedback.domain.commands import RaiseComplaint
from services.feedback.store.vault import FIRST, BadMasterKey, Vault, sweep
from shared.database import Database
from shared.fold import Applied, Heard, House, Request, apply
from shared.service.answers import as_json
from shared.telemetry import JsonLines
from tests.feedback.street import Street, parts, sql_of, two_houses
from tests.harness import Databases, HouseDatabase
from tests.houses import _set_clock

pytestmark = pytest.mark.postgres

START = datetime(2025, 2, 2, 1, tzinfo=UTC)
WORDS = "planted-value 我失业了"
MASTER = bytes(range(32))


@pytest.fixture
async def street(databases: Databases, tmp_path) -> AsyncIterator[Street]:
    async with two_houses(databases, tmp_path, START) as houses:
        await houses.open_loan()
        yield houses


@pytest.fixture
async def empty(databases: Databases) -> AsyncIterator[tuple[HouseDatabase, Database]]:
    fresh = await databases.fresh("feedback")
    await _set_clock(fresh, START)
    database = Database.at(fresh.app_url, "test")
    yield fresh, database
    await database.close()


@pytest.fixture
def logs() -> io.StringIO:
    """Everything that is logged, at every level, as a running house would write it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines("feedback"))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


async def everything_stored(street: Street) -> str:
    """Every row of every table, as text; bytes too."""
    tables = await street.feedback.sql("select tablename from pg_tables where schemaname = 'public'")
    found = []
    for row in tables:
        records = await street.feedback.sql(f'select * from "{row[0]}"')
        found += [_legible(value) for record in records for value in record.values()]
    return "\n".join(found)


def _legible(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


async def test_words_and_causes_are_sealed_and_stand_in_no_row_no_announcement_and_no_log(street, logs):
    claim = {"claim_id": "H1", "cause": "bereavement", "horizon": "short", "text": WORDS}
    await street.tell("/v1/hardship-claims", claim)
    decision = {"decision": "confirmed", "horizon": "short", "evidence": f"{WORDS} proof"}
    await street.tell("/v1/hardship-claims/H1/decision", decision)
    await street.tell("/v1/complaints", {"complaint_id": "K1", "category": "hours", "text": WORDS})
    await street.tell("/v1/complaints/K9/decision", {"outcome": "upheld", "root_cause": "none", "text": WORDS}, 404)
    stored = await everything_stored(street)
    announced = json.dumps(await street.said())
    assert "HardshipClaimed" in announced
    for planted in ("planted-value", "我失业了", "bereavement"):
        assert planted not in stored
        assert planted not in announced
        assert planted not in logs.getvalue()
    assert (await street.said())[0][1]["handling"] == "care"


async def test_words_are_read_by_those_who_may_in_the_order_they_were_said(street, logs):
    await street.tell("/v1/hardship-claims", {"claim_id": "H1", "cause": "illness", "horizon": "short", "text": WORDS})
    await street.tell("/v1/disputes", {"dispute_id": "D1", "loan_ids": ["L1"], "kind": "other", "text": "why?"})
    first = await street.feedback.get("/v1/customers/C1/texts", limit=1)
    rest = await street.feedback.get("/v1/customers/C1/texts", limit=2, after=first["next"])
    assert sorted(
        (one["command"], one["matter_id"], one["words"].get("text"), one["words"].get("cause"))
        for one in first["items"] + rest["items"]
    ) == [("ClaimHardship", "H1", WORDS, "illness"), ("RaiseDispute", "D1", "why?", None)]
    assert (await street.feedback.get("/v1/customers/C2/texts"))["items"] == []
    read = [json.loads(line) for line in logs.getvalue().splitlines() if "texts read" in line]
    assert [(line["operator"], line["count"]) for line in read] == [("tests", 1), ("tests", 1), ("tests", 0)]


async def test_a_text_that_nobody_took_up_is_swept_after_a_day_and_no_sooner(street):
    await street.tell("/v1/complaints", {"complaint_id": "K1", "category": "hours", "text": "kept"})
    await street.tell("/v1/complaints", {"complaint_id": "K1", "category": "hours", "text": "said again"})
    database = Database.at(street.feedback.database.app_url, "test")
    for age, swept, left in (("23 hours 59 minutes", 0, 2), ("24 hours 1 minute", 1, 1), ("2 years", 0, 1)):
        await street.feedback.sql(f"update texts set written_at = now() - interval '{age}'")
        async with database.begin() as connection:
            assert await sweep(connection) == swept
        assert await street.feedback.sql("select count(*) from texts") == [(left,)]
    await database.close()
    texts = await street.feedback.get("/v1/customers/C1/texts")
    assert [one["words"] for one in texts["items"]] == [{"text": "kept"}]


async def test_each_borrower_has_a_key_of_their_own_and_no_seal_stands_for_another(empty):
    fresh, database = empty
    vault = Vault(MASTER)
    async with database.begin() as connection:
        refs = {name: [await vault.put(connection, name, {"text": name}) for _ in range(2)] for name in ("C1", "C2")}
    rows = await sql_of(fresh, "select key, wrapped from data_keys order by key")
    assert [row[0] for row in rows] == ["C1", "C2"]
    assert rows[0][1] != rows[1][1]
    use = "insert into text_uses (ref, key, command, matter_id, at) select ref, key, 'X', 'M', now() from texts"
    await sql_of(fresh, use)
    async with database.reading() as connection:
        opened = await vault.list_texts(connection, "C1", FIRST, 10)
    assert {one.ref for one in opened} == set(refs["C1"])
    assert [one.words for one in opened] == [{"text": "C1"}] * 2
    await sql_of(fresh, "update texts set sealed = (select sealed from texts where ref = $1)", refs["C1"][0])
    async with database.reading() as connection:
        with pytest.raises(InvalidTag):
            await vault.list_texts(connection, "C1", FIRST, 10)


async def test_another_master_key_opens_nothing_and_without_its_data_key_a_text_is_noise(empty):
    fresh, database = empty
    async with database.begin() as connection:
        await Vault(MASTER).put(connection, "C1", {"text": WORDS})
    async with database.begin() as connection:
        with pytest.raises(InvalidTag):
            await Vault(bytes(32)).put(connection, "C1", {"text": WORDS})
    await sql_of(fresh, "delete from data_keys")
    use = "insert into text_uses (ref, key, command, matter_id, at) select ref, key, 'X', 'M', now() from texts"
    await sql_of(fresh, use)
    async with database.reading() as connection:
        assert await Vault(MASTER).list_texts(connection, "C1", FIRST, 10) == []


async def test_words_said_at_one_moment_are_sealed_under_one_key_and_all_of_them_open(street):
    said = [f"words {number}" for number in range(8)]
    complaints = [{"complaint_id": text, "category": "service", "text": text} for text in said]
    await asyncio.gather(*(street.tell("/v1/complaints", complaint) for complaint in complaints))
    assert await street.feedback.sql("select count(*) from data_keys") == [(1,)]
    texts = (await street.feedback.get("/v1/customers/C1/texts"))["items"]
    assert sorted(one["words"]["text"] for one in texts) == said


KEY_FILES = {"too short": b"AAAA", "no base64": b"!" * 44, "empty": b"", "too long": b"A" * 64}


@pytest.mark.parametrize("content", KEY_FILES.values(), ids=KEY_FILES)
def test_a_bad_master_key_is_refused_at_the_start_and_never_shown(tmp_path, content):
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(BadMasterKey) as refused:
        Vault.with_key_in(file)
    assert str(refused.value) == ""


class Crash(BaseException):
    """The process is gone."""


COMPLAINT = RaiseComplaint("K1", "hours", text_ref=uuid4())
LEFT_BEHIND = ("announcements", "unpublished", "journal", "cases", "complaints", "text_uses", "commands")


async def test_a_crash_at_any_statement_of_a_command_leaves_nothing_and_a_repeat_does_it_once(
    databases: Databases, tmp_path: Path
):
    async with two_houses(databases, tmp_path, START) as houses:
        fresh = await databases.fresh("feedback")
        await _set_clock(fresh, START)
        settings, peers, _ = parts(tmp_path, houses.ingest, fresh.app_url)
        house = build_house(settings, peers["ingest"])
        crashes = 0
        for statement in count(1):
            if await _survives(house, statement):
                break
            crashes += 1
            for table in LEFT_BEHIND:
                assert await sql_of(fresh, f"select count(*) from {table}") == [(0,)], (table, statement)
            assert await sql_of(fresh, "select key from subjects where said > 0") == []
        assert crashes >= len(LEFT_BEHIND)
        for table in LEFT_BEHIND:
            assert await sql_of(fresh, f"select count(*) from {table}") == [(1,)], table
        await house.database.close()
        for peer in peers.values():
            await peer.close()


async def _survives(house: House, statement: int) -> bool:
    """Raise the complaint, the process dying before its *statement*-th statement, if it comes so far."""
    numbers = count(1)

    def crash(*_: object) -> None:
        if next(numbers) == statement:
            raise Crash

    via = Request("tests", idempotency_key="k", request_hash=b"h", answer=lambda said: as_json(201, {}))
    event.listen(house.database.work.sync_engine, "before_cursor_execute", crash)
    try:
        (outcome,) = await apply(house, [Heard("C1", COMPLAINT, via)])
    except Crash:
        return False
    finally:
        event.remove(house.database.work.sync_engine, "before_cursor_execute", crash)
    assert isinstance(outcome, Applied)
    return True


async def test_a_key_that_seals_nothing_any_more_is_swept_with_its_last_text(street):
    await street.tell("/v1/complaints", {"complaint_id": "K1", "category": "hours", "text": "kept"})
    database, vault = Database.at(street.feedback.database.app_url, "test"), Vault(bytes(32))
    async with database.begin() as connection:
        await vault.put(connection, "C-nobody", {"text": "by a command that nothing came of"})
    for age, keys in (("23 hours 59 minutes", ["C-nobody", "C1"]), ("24 hours 1 minute", ["C1"])):
        await street.feedback.sql(f"update texts set written_at = now() - interval '{age}'")
        async with database.begin() as connection:
            await sweep(connection)
        assert [row["key"] for row in await street.feedback.sql("select key from data_keys order by key")] == keys
    await database.close()
    assert len((await street.feedback.get("/v1/customers/C1/texts"))["items"]) == 1


async def test_a_key_that_somebody_seals_with_is_not_swept_under_their_hands(street):
    database, vault = Database.at(street.feedback.database.app_url, "test"), Vault(bytes(32))
    async with database.begin() as connection:
        await vault.put(connection, "C9", {"text": "first"})
    await street.feedback.sql("delete from texts")
    async with database.begin() as sealing:
        ref = await vault.put(sealing, "C9", {"text": "second"})
        async with database.begin() as sweeping:
            await sweep(sweeping)
    assert [row["ref"] for row in await street.feedback.sql("select ref from texts where key = 'C9'")] == [ref]
    assert len(await street.feedback.sql("select key from data_keys where key = 'C9'")) == 1
    await database.close()
