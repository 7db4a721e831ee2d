"""The vault over real PostgreSQL: sealed, found without opening, swept when nobody took it up, erased for good."""

import base64
import secrets
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import text

from services.contact.store.sealing import BadMasterKey, Sealer, masked, normalised
from services.contact.store.vault import (
    entries_of,
    erase,
    find_borrowers,
    names_of,
    open_refs,
    put_entries,
    sealed_entry,
    sweep,
    wrapped_keys,
)
from shared.database import Database
from tests.harness import Databases, HouseDatabase

pytestmark = pytest.mark.postgres

PHONE, MAIL, NAME = "+86 138-0000-4711", "Li.Si@example.com", "李四光明"


def write_key(folder, content: bytes | None = None):
    file = folder / "master.key"
    file.write_bytes(base64.b64encode(secrets.token_bytes(32)) if content is None else content)
    return file


@pytest.fixture
def sealer(tmp_path) -> Sealer:
    return Sealer(write_key(tmp_path))


@pytest.fixture
async def house_database(databases: Databases) -> HouseDatabase:
    return await databases.fresh("contact")


@pytest.fixture
async def database(house_database) -> AsyncIterator[Database]:
    made = Database.at(house_database.app_url, "vault tests")
    yield made
    await made.close()


async def keep(database, sealer, key="C1", **values) -> dict[str, UUID]:
    async with database.begin() as connection:
        wrapped = (await wrapped_keys(connection, sealer, [key]))[key]
        entries = [sealed_entry(sealer, wrapped, key, kind, value) for kind, value in values.items()]
        await put_entries(connection, {key: entries})
    return {entry.kind: entry.ref for entry in entries}


async def dump(house_database) -> str:
    """Every row of every table, as text and as bytes."""
    connection = await asyncpg.connect(house_database.owner_dsn)
    tables = [row[0] for row in await connection.fetch("select tablename from pg_tables where schemaname = 'public'")]
    rows = [repr(tuple(row)) for table in tables for row in await connection.fetch(f'select * from "{table}"')]
    await connection.close()
    return "\n".join(rows)


async def age_entries(house_database) -> None:
    connection = await asyncpg.connect(house_database.owner_dsn)
    await connection.execute("update vault set stated_at = stated_at - interval '25 hours'")
    await connection.close()


async def test_what_is_kept_comes_back_as_it_was_stated(database, sealer):
    refs = await keep(database, sealer, phone=PHONE, email=MAIL, name=NAME)
    async with database.begin() as connection:
        opened = await open_refs(connection, sealer, list(refs.values()))
        assert await names_of(connection, sealer, ["C1", "C2"]) == {"C1": NAME}
    assert {kind: opened[ref].value for kind, ref in refs.items()} == {"phone": PHONE, "email": MAIL, "name": NAME}


async def test_no_table_holds_a_name_or_an_address_in_the_clear(database, sealer, house_database):
    await keep(database, sealer, phone=PHONE, email=MAIL, name=NAME)
    stored = await dump(house_database)
    for planted in (PHONE, "13800004711", MAIL, MAIL.lower(), NAME, repr(NAME.encode())[2:-1]):
        assert planted not in stored


async def test_a_value_stated_again_keeps_its_reference_and_two_borrowers_never_share_one(database, sealer):
    first = await keep(database, sealer, phone=PHONE)
    again = await keep(database, sealer, phone="+8613800004711")
    other = await keep(database, sealer, "C2", phone=PHONE)
    assert first == again
    assert first != other


async def test_a_number_is_found_in_any_spelling_without_opening_anything(database, sealer):
    await keep(database, sealer, phone=PHONE)
    await keep(database, sealer, "C2", phone="+8613800004711")
    async with database.begin() as connection:
        assert await find_borrowers(connection, sealer, "phone", "+86 (138) 0000 4711") == ["C1", "C2"]
        assert await find_borrowers(connection, sealer, "phone", "+8613800004712") == []
        assert await find_borrowers(connection, sealer, "email", PHONE) == []


async def test_the_latest_name_counts(database, sealer):
    for name in ("王五", NAME):
        await keep(database, sealer, name=name)
    async with database.begin() as connection:
        assert await names_of(connection, sealer, ["C1"]) == {"C1": NAME}


async def test_erasure_leaves_nothing_even_to_who_kept_the_sealed_bytes(database, sealer, house_database):
    refs = await keep(database, sealer, phone=PHONE)
    owner = await asyncpg.connect(house_database.owner_dsn)
    kept = await owner.fetch("select * from vault")
    async with database.begin() as connection:
        await erase(connection, "C1")
    await owner.executemany("insert into vault values ($1, $2, $3, $4, $5, $6)", [tuple(row) for row in kept])
    await owner.close()
    await keep(database, sealer, email=MAIL)  # a new data key
    async with database.begin() as connection:
        with pytest.raises(InvalidTag):
            await open_refs(connection, sealer, list(refs.values()))


async def test_a_sealed_value_opens_in_its_own_place_alone(sealer):
    wrapped = sealer.new_wrapped_key("C1")
    ref, elsewhere = UUID(int=1), UUID(int=2)
    sealed = sealer.seal(wrapped, "C1", ref, PHONE)
    assert sealer.open(wrapped, "C1", ref, sealed) == PHONE
    for key, place, content in (("C1", elsewhere, sealed), ("C1", ref, sealed[:-1] + b"x"), ("C2", ref, sealed)):
        with pytest.raises(InvalidTag):
            sealer.open(wrapped, key, place, content)


async def test_the_same_value_is_never_sealed_to_the_same_bytes(sealer):
    wrapped = sealer.new_wrapped_key("C1")
    assert sealer.seal(wrapped, "C1", UUID(int=1), PHONE) != sealer.seal(wrapped, "C1", UUID(int=1), PHONE)


async def test_another_master_key_opens_and_finds_nothing(database, sealer, tmp_path):
    refs = await keep(database, sealer, phone=PHONE)
    (tmp_path / "other").mkdir()
    other = Sealer(write_key(tmp_path / "other"))
    async with database.begin() as connection:
        assert await find_borrowers(connection, other, "phone", PHONE) == []
        with pytest.raises(InvalidTag):
            await open_refs(connection, other, list(refs.values()))


async def age_keys(house_database, hours: int) -> None:
    connection = await asyncpg.connect(house_database.owner_dsn)
    await connection.execute("update data_keys set made_at = now() - make_interval(hours => $1)", hours)
    await connection.close()


async def keys_left(database) -> list[str]:
    async with database.begin() as connection:
        return list((await connection.execute(text("select key from data_keys order by key"))).scalars())


async def test_a_key_that_seals_nothing_is_swept_after_a_day_and_not_before(database, sealer, house_database):
    await keep(database, sealer, "C1", phone=PHONE)
    await keep(database, sealer, "C2")
    for hours, left in ((23, ["C1", "C2"]), (25, ["C1"])):
        await age_keys(house_database, hours)
        async with database.begin() as connection:
            await sweep(connection)
        assert await keys_left(database) == left


async def test_a_key_that_a_profile_is_being_sealed_with_is_not_swept(database, sealer, house_database):
    await keep(database, sealer, "C1")
    await age_keys(house_database, 25)
    async with database.begin() as sealing:
        await sealing.execute(text("select 1 from data_keys where key = 'C1' for share"))
        async with database.begin() as sweeping:
            await sweep(sweeping)
    assert await keys_left(database) == ["C1"]


async def test_what_nobody_took_up_is_swept_after_a_day_and_not_before(database, sealer, house_database):
    await keep(database, sealer, phone=PHONE)
    async with database.begin() as connection:
        assert await sweep(connection) == 0
    await age_entries(house_database)
    async with database.begin() as connection:
        assert await sweep(connection) == 1
        assert await entries_of(connection, sealer, "C1") == {}


BAD_KEYS = {"short": b"AAAA", "no base64": b"%%%%", "empty": b"", "33 bytes": base64.b64encode(bytes(33))}


@pytest.mark.parametrize("content", BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_bad_master_key_stops_the_start(tmp_path, content):
    with pytest.raises(BadMasterKey):
        Sealer(write_key(tmp_path, content))


def test_a_missing_master_key_stops_the_start(tmp_path):
    with pytest.raises(BadMasterKey):
        Sealer(tmp_path / "none")


MASKS = {
    "phone": ("phone", PHONE, "***11"), "mail": ("email", MAIL, "L***@e***"), "name": ("name", NAME, "李**"),
    "one letter": ("name", "X", "X**"), "a street": ("postal", "1 High Street", "***"),
    "no domain": ("email", "a", "a***@***"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "expected"), MASKS.values(), ids=MASKS)
def test_a_mask_shows_little(kind, value, expected):
    assert masked(kind, value) == expected


SPELLINGS = {
    "a phone": ("phone", "+86 (138) 0000-4711", "+8613800004711"),
    "full-width digits": ("phone", "＋８６１３８", "+86138"),
    "a mail": ("email", " Li.Si@Example.COM ", "li.si@example.com"),
    "a name": ("name", "Anna  MARIA", "anna maria"),
}


@pytest.mark.parametrize(("kind", "value", "expected"), SPELLINGS.values(), ids=SPELLINGS)
def test_values_are_compared_in_one_spelling(kind, value, expected):
    assert normalised(kind, value) == expected
