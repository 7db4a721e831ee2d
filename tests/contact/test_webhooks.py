"""Receipts by webhook: signed, taken once, told to the story; what nobody can place is kept for a person."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.contact.api.webhooks import BODY_BYTES_MAX
from services.contact.store.receipts import outcome_of
from tests.contact.desk import Shop, open_shop, running_contact
from tests.contact.signing import FOREIGN, NEW, OLD, signed, written
from tests.harness import Databases
from tests.houses import Client

TOLD_AT = "2026-11-24T02:00:00Z"
HANDED_OVER = {"state": "accepted", "request_hash": b"h", "sending_at": datetime.now(UTC)}
UNCLEAR = HANDED_OVER | {"state": "unknown", "reason": "timeout"}


OUTCOMES = {
    "nobody's": ("delivered", None, True, "unknown-reference"),
    "before the call was answered": ("delivered", "sending", True, "waiting"),
    "before the story heard of the call": ("delivered", "accepted", False, "waiting"),
    "of what was taken over": ("delivered", "accepted", True, "applied"),
    "of what could not be delivered": ("undelivered", "accepted", True, "applied"),
    "of what expired": ("expired", "accepted", True, "applied"),
    "of what nobody could tell": ("accepted", "unknown", True, "applied"),
    "of the arrival of what nobody could tell": ("delivered", "unknown", True, "applied"),
    "that it was taken over, again": ("accepted", "accepted", True, "repeated"),
    "that it was taken over, after it arrived": ("accepted", "delivered", True, "repeated"),
    "of an arrival, again": ("delivered", "delivered", True, "repeated"),
    "of an arrival after a failure": ("delivered", "undelivered", True, "contradicted"),
    "of a failure after an arrival": ("undelivered", "delivered", True, "contradicted"),
    "of what was refused": ("delivered", "rejected", True, "contradicted"),
    "of what was cancelled": ("delivered", "cancelled", True, "contradicted"),
    "of what was written off": ("delivered", "written_off", True, "contradicted"),
}


@pytest.mark.parametrize(("signal", "state", "reported", "expected"), OUTCOMES.values(), ids=OUTCOMES)
def test_what_becomes_of_a_receipt(signal, state, reported, expected):
    assert outcome_of(signal, state, reported=reported) == expected


@pytest.fixture
def secrets(tmp_path) -> Path:
    file = tmp_path / "sandbox.secrets"
    file.write_text(f"{written(OLD)}\n{written(NEW)}\n")
    return file


@dataclass
class Street:
    """Contact with its sender running, and a provider that tells."""

    contact: Client
    shop: Shop

    async def tell(self, body: Any, webhook_id: str = "W1", provider: str = "sandbox", **how: Any):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        nobody = {"Authorization": ""}
        return await self.contact.http.post(
            f"/v1/webhooks/{provider}", content=raw, headers=signed(raw, webhook_id, **how) | nobody
        )

    async def told(self, reference: str, signal: str = "delivered", webhook_id: str = "W1") -> str:
        answer = await self.tell(receipt(reference, signal), webhook_id)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["outcome"])

    async def in_state(self, attempt_id: str, state: str):
        """The attempt, once it is in *state* and the story was told so."""
        async with asyncio.timeout(20):
            while True:
                row = await self.shop.attempt(attempt_id)
                if row["state"] == state and row["reported"]:
                    return row
                await asyncio.sleep(0.02)

    async def said(self, key: str) -> list[str]:
        return [item["type"] for item in (await self.contact.get(f"/v1/customers/{key}/events"))["items"]]

    async def listed(self, outcome: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.contact.get("/v1/webhooks", outcome=outcome))["items"]
        return found


def receipt(reference: str, signal: str = "delivered") -> dict[str, Any]:
    return {"type": f"message.{signal}", "timestamp": TOLD_AT, "data": {"reference": reference, "more": 1}}


@pytest.fixture
async def street(databases: Databases, tmp_path, secrets) -> AsyncIterator[Street]:
    known = {"sandbox": secrets, "other": secrets}
    async with (
        running_contact(databases, tmp_path, webhook_secrets=known) as contact,
        open_shop(databases, tmp_path, contact.database) as shop,
    ):
        yield Street(contact, shop)


SIGNALS = {
    "delivered": (HANDED_OVER, "delivered", ["ContactSent", "ContactDelivered"]),
    "undelivered": (HANDED_OVER, "undelivered", ["ContactFailed"]),
    "expired": (HANDED_OVER, "expired", ["ContactFailed"]),
    "delivered, though nobody could tell": (UNCLEAR, "delivered", ["ContactSent", "ContactDelivered"]),
    "taken over, though nobody could tell": (UNCLEAR, "accepted", ["ContactSent"]),
}


@pytest.mark.postgres
@pytest.mark.parametrize(("row", "signal", "said"), SIGNALS.values(), ids=SIGNALS)
async def test_a_receipt_moves_its_attempt_and_is_told_to_the_story(street, row, signal, said):
    attempt_id = await street.shop.reserve(**row)
    before = await street.shop.attempt(attempt_id)
    assert await street.told(before["reference"], signal) == "applied"
    after = await street.in_state(attempt_id, signal)
    assert after["settled_by"] == ("receipt" if row is UNCLEAR else None)
    assert await street.said(before["key"]) == said
    if signal != "accepted":
        assert after["receipt_at"] == datetime.fromisoformat(TOLD_AT)


@pytest.mark.postgres
async def test_a_receipt_told_again_changes_nothing_and_another_body_under_its_id_is_refused(street):
    attempt_id = await street.shop.reserve(**HANDED_OVER)
    reference = (await street.shop.attempt(attempt_id))["reference"]
    assert [await street.told(reference) for _ in range(2)] == ["applied", "applied"]
    assert await street.told(reference, webhook_id="W2") in ("waiting", "repeated")
    row = await street.in_state(attempt_id, "delivered")
    assert (await street.said(row["key"])).count("ContactDelivered") == 1
    answer = await street.tell(receipt(reference, "undelivered"))
    assert (answer.status_code, answer.json()["code"]) == (409, "contradiction")
    assert (await street.shop.attempt(attempt_id))["state"] == "delivered"


@pytest.mark.postgres
async def test_a_receipt_that_overtakes_the_answer_to_the_call_waits_for_it(street):
    attempt_id = await street.shop.reserve(**HANDED_OVER | {"state": "sending", "leased_by": "another process"})
    row = await street.shop.attempt(attempt_id)
    assert await street.told(row["reference"]) == "waiting"
    assert [one["reference"] for one in await street.listed("waiting")] == [row["reference"]]
    await street.shop.sql("update attempts set state = 'accepted', reported = false where attempt_id = $1", attempt_id)
    await street.in_state(attempt_id, "delivered")
    assert await street.listed("waiting") == []
    assert await street.said(row["key"]) == ["ContactSent", "ContactDelivered"]


@pytest.mark.postgres
async def test_what_names_no_attempt_of_the_provider_is_kept_for_a_person(street):
    attempt_id = await street.shop.reserve(**HANDED_OVER)
    reference = (await street.shop.attempt(attempt_id))["reference"]
    assert await street.told("nobody's") == "unknown-reference"
    answer = await street.tell(receipt(reference), "W2", provider="other")
    assert answer.json() == {"outcome": "unknown-reference"}
    assert [one["provider"] for one in await street.listed("unknown-reference")] == ["sandbox", "other"]
    assert (await street.shop.attempt(attempt_id))["state"] == "accepted"


@pytest.mark.postgres
async def test_what_contradicts_what_we_know_is_kept_for_a_person(street):
    attempt_id = await street.shop.reserve(state="rejected", reason="rejected")
    assert await street.told((await street.shop.attempt(attempt_id))["reference"]) == "contradicted"
    [kept] = await street.listed("contradicted")
    assert (kept["signal"], (await street.shop.attempt(attempt_id))["state"]) == ("delivered", "rejected")


REFUSED = {
    "signed by somebody else": (receipt("R"), {"secret": FOREIGN}, 401, "bad-signature"),
    "sent too long ago": (receipt("R"), {"ago": 400}, 401, "bad-signature"),
    "a provider that is none": (receipt("R"), {"provider": "SECRETMARK"}, 404, "not-found"),
    "no JSON": (b"SECRETMARK", {}, 400, "not-json"),
    "no reference": ({"type": "message.delivered", "timestamp": TOLD_AT, "data": {}}, {}, 422, "missing-field"),
    "a reference no database holds": (receipt("SECRETMARK\x00"), {}, 422, "invalid-text"),
    "a reference of two lines": (receipt("SECRETMARK\nR"), {}, 422, "bad-value"),
    "a time without its zone": (receipt("R") | {"timestamp": "2026-11-24T02:00:00"}, {}, 422, "bad-value"),
    "a body one byte too large": (b" " * (BODY_BYTES_MAX + 1), {}, 413, "body-too-large"),
}


@pytest.mark.postgres
@pytest.mark.parametrize(("body", "how", "status", "code"), REFUSED.values(), ids=REFUSED)
async def test_a_bad_receipt_is_refused_and_leaves_nothing(street, body, how, status, code):
    answer = await street.tell(body, **how)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert "SECRETMARK" not in answer.text
    assert await street.shop.sql("select * from receipts") == []


@pytest.mark.postgres
async def test_a_type_that_nobody_heeds_is_answered_and_left_alone(street):
    answer = await street.tell(receipt("R", "clicked"))
    assert (answer.status_code, answer.json()) == (202, {"outcome": "ignored"})
    assert await street.shop.sql("select * from receipts") == []


@pytest.mark.postgres
async def test_what_providers_told_is_read_with_a_scope_alone(street):
    for headers, status in ((street.contact.bearer("loans:read"), 403), (street.contact.bearer("contacts:read"), 200)):
        answer = await street.contact.http.get("/v1/webhooks?outcome=waiting", headers=headers)
        assert answer.status_code == status
