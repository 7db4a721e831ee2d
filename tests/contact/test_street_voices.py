"""What a borrower says at any door of a real feedback: a real contact gives up its plan, and sends nothing."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.contact.street import PROFILE, Street, three_houses
from tests.harness import Databases

pytestmark = pytest.mark.postgres
START = datetime(2025, 1, 31, tzinfo=UTC)
SPOKE_NOT = "who said nothing"
EVERYTHING: dict[str, Any] = {"kind": "everything"}
TEXTS: dict[str, Any] = {"kind": "channel", "channel": "sms"}
ALL_DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
DOORS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "who promised": ("/v1/promises", {"amount": "100.00", "currency": "CNY", "due_on": "2025-02-20"}, "promise"),
    "who disputes": ("/v1/disputes", {"kind": "amount"}, "dispute"),
    "whose identity was stolen": ("/v1/disputes", {"kind": "identity_theft"}, "hold"),
    "who complained": ("/v1/complaints", {"category": "hours"}, "complaint"),
    "who cannot pay": ("/v1/hardship-claims", {"cause": "illness", "horizon": "short"}, "hold"),
    "who wants silence": ("/v1/stops", {"scope": EVERYTHING}, "stopped"),
    "who wants no texts": ("/v1/stops", {"scope": TEXTS}, "stopped"),
    "who closed this number": ("/v1/stops", {"scope": {"kind": "address", "address_ref": "%ref"}}, "stopped"),
    "who closed the place of work": ("/v1/stops", {"scope": {"kind": "place", "place": "work"}}, None),
    "who blocked texts": ("/v1/preferences", {"kind": "channel_block", "channel": "sms"}, "stopped"),
    "who blocked this number": ("/v1/preferences", {"kind": "address_block", "address_ref": "%ref"}, "stopped"),
    "who has no time on any day": ("/v1/preferences", {"kind": "inconvenient_days", "days": ALL_DAYS}, None),
    "who is not at this number": (
        "/v1/addresses/invalid", {"address_ref": "%ref", "channel": "sms", "reason": "dead"}, "stopped",
    ),
    "who is represented": ("/v1/representatives", {"role": "attorney", "since": "2025-02-01"}, "hold"),
    "who needs care": ("/v1/vulnerabilities", {"support": ["extra_time"], "strength": "suspected"}, "hold"),
    "who says it is paid": ("/v1/payment-claims", {"channel": "sms"}, "hold"),
    "who took a consent back": ("/v1/consents", {"matter": "channel", "scope": TEXTS}, "stopped"),
}  # fmt: skip
LOAN_DOORS = ("/v1/promises", "/v1/disputes")


@pytest.fixture
async def street(databases: Databases, tmp_path) -> AsyncIterator[Street]:
    (tmp_path / "contact").mkdir()
    async with three_houses(databases, tmp_path, START) as street:
        yield street


async def everybody_goes_late(street: Street) -> None:
    for number, who in enumerate((SPOKE_NOT, *DOORS)):
        await street.open_loan(f"L{number}", who)
        channels = [{**PROFILE["channels"][0], "address": f"+86138000047{number:02}"}]
        await street.state_profile(who, channels=channels)
    await street.next_day("2025-02-05")


async def speak(street: Street, number: int, who: str) -> None:
    path, stated, _ = DOORS[who]
    profile = (await street.contact.get(f"/v1/customers/{who}/profile"))["channels"]
    filled = _filled(stated, profile[0]["address_ref"]) | ({"loan_ids": [f"L{number}"]} if path in LOAN_DOORS else {})
    answer = await street.feedback.post(path, {"customer_id": who, **filled})
    assert answer.status_code == 201, (who, answer.text)
    if path == "/v1/consents":
        path = f"/v1/consents/{answer.json()['consent_id']}/withdrawal"
        assert (await street.feedback.post(path, {"customer_id": who})).status_code == 201


def _filled(stated: Any, reference: str) -> Any:
    if isinstance(stated, dict):
        return {name: _filled(value, reference) for name, value in stated.items()}
    return reference if stated == "%ref" else stated


async def cancelled_because(street: Street, who: str) -> str | None:
    said = [data for type_, data in await street.said(who) if type_ == "ContactCancelled"]
    return said[0]["reason"] if said else None


async def test_whatever_a_borrower_says_at_whichever_door_nothing_is_sent(street):
    await everybody_goes_late(street)
    planned = {who: "ContactPlanned" in await street.types_said(who) for who in (SPOKE_NOT, *DOORS)}
    assert all(planned.values()), planned
    for number, who in enumerate(DOORS, start=1):
        await speak(street, number, who)
    await street.settle()
    found = {who: await cancelled_because(street, who) for who in DOORS}
    assert found == {who: reason for who, (_, _, reason) in DOORS.items()}
    for _ in range(4):
        wake = datetime.fromisoformat(await street.next_wake())
        if wake >= datetime(2025, 2, 8, tzinfo=UTC):
            break
        await street.move_clock(wake.isoformat())
        await street.close_day(wake.date().isoformat())
        await street.settle()
    sent = {message["to"] for message in await street.sandbox.recorded()}
    assert sent == {"+8613800004700"}, "whoever said nothing is written to, and nobody else"
