"""Profiles that are refused: where they are at fault, without an echo, and without a row or a key left of them."""

import json
from collections.abc import AsyncIterator

import pytest

from tests.contact.desk import running_contact
from tests.contact.test_api import NOW, PHONE, PROFILE, state
from tests.harness import Databases
from tests.houses import Client

pytestmark = pytest.mark.postgres

MISDIRECTED = {"channel": "sms", "address": "nobody"}


@pytest.fixture
async def contact(databases: Databases, tmp_path) -> AsyncIterator[Client]:
    async with running_contact(databases, tmp_path, NOW) as client:
        yield client


SMS = {"channel": "sms", "address": PHONE}
BAD_PROFILES = {
    "a mail address for text messages": (
        {"channels": [{"channel": "sms", "address": "SECRETMARK@example.com"}]}, "bad-address", "/channels/0/address",
    ),
    "a channel without addresses": (
        {"channels": [{"channel": "social_public", "address": "SECRETMARK"}]}, "no-address-there", "/channels",
    ),
    "an unknown channel": (
        {"channels": [{"channel": "SECRETMARK", "address": PHONE}]}, "unknown-word", "/channels/0/channel",
    ),
    "a zone that is none": ({"time_zone": "Mars/SECRETMARK"}, "unknown-zone", "/time_zone"),
    "a zone of two lines": ({"time_zone": "Asia\nSECRETMARK"}, "bad-value", "/time_zone"),
    "a signal of two lines": (
        {"location_signals": [{"kind": "residential_address", "tz": "SECRET\nMARK"}]}, "bad-value",
        "/location_signals/0/tz",
    ),
    "a consent before all time": (
        {"channels": [SMS | {"consent_at": "0001-01-01T00:00:00+14:00"}]}, "bad-value", "/channels/0/consent_at",
    ),
    "an unknown field": ({"SECRETMARK": 1}, "unknown-field", None),
    "two lines in a mail address": (
        {"channels": [{"channel": "email", "address": "a@b.c\r\nBcc: SECRETMARK@x.y"}]}, "bad-address",
        "/channels/0/address",
    ),
    "a half pair": ({"name": "SECRETMARK\ud800"}, "invalid-text", "/name"),
    "U+0000": ({"name": "a\x00SECRETMARK"}, "invalid-text", "/name"),
    "too many channels": ({"channels": [SMS] * 17}, "bad-value", "/channels"),
}  # fmt: skip


async def put_profile(contact: Client, body: dict, **headers: str):
    """As it is, half pairs included, which no client library would send."""
    said = {"content-type": "application/json"} | headers
    return await contact.http.put("/v1/customers/C1/profile", content=json.dumps(body).encode(), headers=said)


async def kept(contact: Client) -> dict[str, int]:
    """How many rows there are of all that a profile may leave."""
    tables = ("subjects", "journal", "profiles", "vault", "data_keys")
    return {table: (await contact.sql(f"select count(*) from {table}"))[0][0] for table in tables}


@pytest.mark.parametrize(("changed", "code", "pointer"), BAD_PROFILES.values(), ids=BAD_PROFILES)
async def test_a_bad_profile_is_refused_without_echo_and_leaves_nothing(contact, changed, code, pointer):
    answer = await put_profile(contact, PROFILE | changed)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert [error["pointer"] for error in answer.json().get("errors", [])][:1] == ([pointer] if pointer else [])
    assert "SECRETMARK" not in answer.text
    assert (await contact.http.get("/v1/customers/C1/profile")).status_code == 404
    assert set((await kept(contact)).values()) == {0}


async def test_a_profile_changed_by_who_has_not_seen_it_makes_no_key(contact):
    assert (await put_profile(contact, PROFILE, **{"If-Match": '"seen"'})).status_code == 412
    assert set((await kept(contact)).values()) == {0}


async def test_whoever_was_erased_gets_no_key_by_a_profile_that_is_refused(contact):
    await state(contact)
    await contact.http.delete("/v1/customers/C1/profile")
    listed = {"profiles": [PROFILE | {"customer_id": "C1"}, PROFILE | {"customer_id": "C2", "channels": [MISDIRECTED]}]}
    assert (await state(contact)).status_code == 428
    refused = (await contact.post("/v1/profiles", listed)).json()["refused"]
    assert [one["reason"] for one in refused] == ["precondition-required", "bad-address"]
    assert await contact.sql("select key from data_keys") == []
