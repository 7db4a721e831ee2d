"""Many profiles in one call: each judged alone, sealed like one stated by itself."""

from collections.abc import AsyncIterator

import pytest

from services.contact.schemas import PROFILES_MAX
from tests.contact.test_api import MAIL, NOW, PHONE, PROFILE, running_contact
from tests.harness import Databases
from tests.houses import Client

pytestmark = pytest.mark.postgres


@pytest.fixture
async def contact(databases: Databases, tmp_path) -> AsyncIterator[Client]:
    async with running_contact(databases, tmp_path, NOW) as client:
        yield client


def listed(customer: str, **changed) -> dict:
    return PROFILE | {"customer_id": customer} | changed


async def test_many_are_stated_as_each_would_be_alone(contact):
    answer = await contact.post("/v1/profiles", {"profiles": [listed("C1"), listed("C2", segment="new")]})
    assert (answer.status_code, answer.json()) == (200, {"stated": 2, "refused": []})
    alone = await contact.http.put("/v1/customers/C1/profile", json=PROFILE)
    assert await contact.get("/v1/customers/C1/profile") == alone.json()
    assert (await contact.get("/v1/customers/C2/profile"))["segment"] == "new"
    stored = repr(
        [tuple(row) for name in ("vault", "profiles", "journal") for row in await contact.sql(f"table {name}")]
    )
    assert PHONE not in stored
    assert MAIL not in stored


async def test_one_that_cannot_be_taken_leaves_its_neighbours_alone(contact):
    await contact.http.put("/v1/customers/C3/profile", json=PROFILE | {"restricted": True})
    bad = listed("C2", channels=[{"channel": "sms", "address": "SECRETMARK@example.com"}])
    answer = await contact.post("/v1/profiles", {"profiles": [listed("C1"), bad, listed("C3"), listed("C4")]})
    assert answer.json()["stated"] == 2
    refused = [(one["index"], one["reason"], one["pointer"]) for one in answer.json()["refused"]]
    assert refused == [(1, "bad-address", "/channels/0/address"), (2, "precondition-required", None)]
    assert "SECRETMARK" not in answer.text
    found = [(await contact.http.get(f"/v1/customers/{name}/profile")).status_code for name in ("C1", "C2", "C4")]
    assert found == [200, 404, 200]
    assert (await contact.get("/v1/customers/C3/profile"))["restricted"] is True


BAD_LISTS = {
    "nobody": [],
    "one borrower twice": [listed("C1"), listed("C1")],
    "one too many": [listed(f"C{n}", channels=[]) for n in range(PROFILES_MAX + 1)],
    "a field nobody knows": [listed("C1", nickname="SECRETMARK")],
    "a name with U+0000": [listed("C1", name="a\0b")],
}


@pytest.mark.parametrize("profiles", BAD_LISTS.values(), ids=BAD_LISTS)
async def test_a_list_of_the_wrong_shape_changes_nobody(contact, profiles):
    answer = await contact.post("/v1/profiles", {"profiles": profiles})
    assert answer.status_code == 422
    assert "SECRETMARK" not in answer.text
    assert await contact.sql("select 1 from profiles") == []


async def test_as_many_as_are_allowed_are_taken(contact):
    profiles = [listed(f"C{n}", channels=[], name=None) for n in range(PROFILES_MAX)]
    assert (await contact.post("/v1/profiles", {"profiles": profiles})).json()["stated"] == PROFILES_MAX


async def test_listing_needs_the_scope_of_writing_a_profile(contact):
    answer = await contact.http.post(
        "/v1/profiles", json={"profiles": [listed("C1")]}, headers=contact.bearer("borrowers:read")
    )
    assert answer.status_code == 403
