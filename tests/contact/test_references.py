"""Holds name an address by its reference: what might be the address itself is refused, and travels nowhere."""

from collections.abc import AsyncIterator

import pytest

from tests.contact.desk import running_contact
from tests.harness import Databases
from tests.houses import Client

pytestmark = pytest.mark.postgres


@pytest.fixture
async def contact(databases: Databases, tmp_path) -> AsyncIterator[Client]:
    async with running_contact(databases, tmp_path) as client:
        yield client


@pytest.mark.parametrize("address", ["SECRETMARK@example.org", "+86138SECRETMARK", "0" * 31])
async def test_a_hold_names_an_address_by_its_reference_alone(contact, address):
    scope = {"kind": "address", "address_ref": address}
    answer = await contact.post("/v1/holds", {"customer_id": "C1", "kind": "stop", "scope": scope})
    assert (answer.status_code, answer.json()["code"]) == (422, "not-a-reference"), answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/scope/address_ref"]
    assert "SECRETMARK" not in answer.text
    assert await contact.sql("select count(*) from announcements") == [(0,)]


async def test_a_hold_knows_a_reference_however_it_is_written(contact):
    reference = "00000000-0000-4000-8000-00000000000a"
    scope = {"kind": "address", "address_ref": reference.upper()}
    assert (await contact.post("/v1/holds", {"customer_id": "C1", "kind": "stop", "scope": scope})).status_code == 201
    [hold] = (await contact.get("/v1/holds", customer_id="C1"))["items"]
    assert hold["scope"]["address_ref"] == reference
