"""A person settles what nobody could tell: once, by name, and never by sending again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.contact.desk import Shop, open_shop, running_contact
from tests.harness import Databases
from tests.houses import Client

pytestmark = pytest.mark.postgres
UNCLEAR = {"state": "unknown", "reason": "timeout", "request_hash": b"h", "sending_at": datetime.now(UTC)}


@pytest.fixture
async def contact(databases: Databases, tmp_path) -> AsyncIterator[Client]:
    async with running_contact(databases, tmp_path) as client:
        yield client


@pytest.fixture
async def shop(databases: Databases, contact, tmp_path) -> AsyncIterator[Shop]:
    async with open_shop(databases, tmp_path, contact.database) as shop:
        yield shop


async def settle(contact: Client, attempt_id: str, outcome: str):
    return await contact.post(f"/v1/attempts/{attempt_id}/settle", {"outcome": outcome})


async def told(shop: Shop, attempt_id: str):
    """The attempt, once its outcome is told: the door tells it, or the sender, whoever is first."""
    async with asyncio.timeout(20):
        while not (row := await shop.attempt(attempt_id))["reported"]:  # noqa: ASYNC110  what is awaited is a row
            await asyncio.sleep(0.02)
    return row


@pytest.mark.parametrize(
    ("outcome", "said"), [("accepted", ["ContactSent"]), ("rejected", ["ContactFailed"]), ("written_off", [])]
)
async def test_an_unclear_attempt_is_settled_and_the_story_told(contact, shop, outcome, said):
    attempt_id = await shop.reserve(**UNCLEAR)
    [listed] = (await contact.get("/v1/attempts", state="unknown"))["items"]
    assert listed["attempt_id"] == attempt_id
    answer = await settle(contact, attempt_id, outcome)
    assert (answer.status_code, answer.json()["state"]) == (200, outcome)
    row = await told(shop, attempt_id)
    assert (row["state"], row["settled_by"], row["reported"]) == (outcome, "person:tests", True)
    assert [name for name, _ in await shop.notes(row["key"])] == ["NoteSettled"]
    assert [item["type"] for item in (await contact.get(f"/v1/customers/{row['key']}/events"))["items"]] == said
    assert (await contact.get("/v1/attempts", state="unknown"))["items"] == []


async def test_the_same_word_twice_is_said_once_and_another_word_is_refused(contact, shop):
    attempt_id = await shop.reserve(**UNCLEAR)
    answers = [await settle(contact, attempt_id, "accepted") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (await settle(contact, attempt_id, "rejected")).status_code == 409
    row = await told(shop, attempt_id)
    assert [name for name, _ in await shop.notes(row["key"])] == ["NoteSettled"]


NOT_UNCLEAR = {
    "reserved": {"provider": "nobody", "leased_by": "x", "leased_until": datetime(2100, 1, 1, tzinfo=UTC)},
    "accepted": {"state": "accepted", "request_hash": b"h", "sending_at": datetime.now(UTC)},
}


@pytest.mark.parametrize("changed", NOT_UNCLEAR.values(), ids=NOT_UNCLEAR)
async def test_what_is_not_unclear_cannot_be_settled(contact, shop, changed):
    attempt_id = await shop.reserve(**changed)
    answer = await settle(contact, attempt_id, "written_off")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_an_outcome_nobody_knows_is_refused_without_echo(contact, shop):
    answer = await settle(contact, await shop.reserve(**UNCLEAR), "SECRETMARK")
    assert answer.status_code == 422
    assert "SECRETMARK" not in answer.text
