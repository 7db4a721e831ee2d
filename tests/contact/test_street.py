"""Contact beside a real ingest and a real feedback: planned, asked once more, sent once, or given up in time."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.contact.street import Street, three_houses
from tests.harness import Databases

pytestmark = pytest.mark.postgres
START = datetime(2025, 1, 31, tzinfo=UTC)


@pytest.fixture
async def street(databases: Databases, tmp_path) -> AsyncIterator[Street]:
    (tmp_path / "contact").mkdir()
    async with three_houses(databases, tmp_path, START) as street:
        yield street


async def go_late(street: Street) -> None:
    """A loan, a profile, and an instalment that was not paid."""
    await street.open_loan()
    await street.state_profile()
    await street.next_day("2025-02-05")


async def until_sent(street: Street, days: int = 10) -> None:
    """Let time pass, day by day as a replay does, until something was sent."""
    for _ in range(days * 4):
        wake = datetime.fromisoformat(await street.next_wake())
        await street.move_clock(wake.isoformat())
        await street.close_day(wake.date().isoformat())
        await street.settle()
        if "ContactSent" in await street.types_said():
            return
    raise AssertionError(f"nothing was sent: {await street.types_said()}")


async def test_a_late_borrower_is_reminded_once_with_their_own_figures(street):
    await go_late(street)
    await until_sent(street)
    said = await street.types_said()
    assert [name for name in said if name in ("ContactPlanned", "ContactReserved", "ContactSent")][:3] == [
        "ContactPlanned", "ContactReserved", "ContactSent",
    ]  # fmt: skip
    [message] = await street.sandbox.recorded()
    assert message["to"] == "+8613800004711"
    assert all(words in message["body"] for words in ("Li Si", "Example Lender", "100.00 CNY"))
    shown = await street.contact.get("/v1/customers/C1/contacts")
    assert [row["state"] for row in shown["attempts"]] == ["accepted"]
    assert "sent" in {contact["status"] for contact in shown["contacts"]}
    assert "+8613800004711" not in str(shown)


async def test_a_payment_accepted_before_the_hour_cancels_what_was_planned(street):
    await go_late(street)
    assert "ContactPlanned" in await street.types_said()
    await street.pay("P1", "2025-02-05")
    await street.settle()
    assert "ContactCancelled" in await street.types_said()
    assert await street.sandbox.recorded() == []


async def test_a_hold_between_the_reservation_and_the_call_stops_the_call(street):
    await go_late(street)
    wake = await street.next_wake()
    await street.close_day(wake[:10])
    async with street.no_call_begins():
        await street.move_clock(wake)
        await street.until_said("ContactReserved")
        held = await street.contact.post("/v1/holds", {"customer_id": "C1", "kind": "payment_claimed"})
        assert held.status_code == 201
        cancelled = dict(await street.said())["ContactCancelled"]
        assert cancelled["attempt_id"] == dict(await street.said())["ContactReserved"]["attempt_id"]
    await street.settle()
    assert await street.sandbox.recorded() == []
    [attempt] = (await street.contact.get("/v1/customers/C1/contacts"))["attempts"]
    assert (attempt["state"], attempt["reason"]) == ("cancelled", "withdrawn")


async def test_nobody_is_reserved_whose_payment_was_accepted_and_not_heard_yet(street):
    await go_late(street)
    wake = await street.next_wake()
    street.lines["ingest"].deaf = True  # contact hears no announcement any more, only heads
    await street.pay("P1", "2025-02-05")
    await street.move_clock(wake)
    await street.until_asked("ingest")
    assert "ContactReserved" not in await street.types_said()
    street.lines["ingest"].deaf = False
    await street.settle()
    assert "ContactCancelled" in await street.types_said()
    assert await street.sandbox.recorded() == []


async def test_nobody_is_reserved_whose_source_tells_another_story_under_the_same_number(street):
    await go_late(street)
    wake = await street.next_wake()
    await street.close_day(wake[:10])
    await street.settle()
    await street.ingest.sql("update subjects set last_id = gen_random_uuid() where key = 'C1'")
    await street.move_clock(wake)
    await street.until_asked("ingest")
    assert "ContactReserved" not in await street.types_said()
    assert await street.sandbox.recorded() == []


@pytest.mark.parametrize("source", ["ingest", "feedback"])
async def test_nobody_is_reserved_while_a_source_cannot_be_reached(street, source):
    await go_late(street)
    wake = await street.next_wake()
    await street.close_day(wake[:10])
    await street.settle()
    street.lines[source].cut = True
    await street.move_clock(wake)
    await street.until_asked("feedback" if source == "ingest" else "ingest")
    assert "ContactReserved" not in await street.types_said()
    assert (await street.contact.quiet())["due"] == 1
    street.lines[source].cut = False
    await street.settle()
    assert "ContactSent" in await street.types_said()


async def test_who_waits_a_quarter_of_an_hour_is_put_off_to_a_later_slot(street, monkeypatch):
    await go_late(street)
    wake = await street.next_wake()
    street.lines["feedback"].cut = True
    await street.move_clock(wake)
    await street.until_asked("ingest")
    monkeypatch.setattr("services.contact.store.hearing.ticks", lambda: 1e9)
    await street.until_said("ContactDeferred")
    deferred = dict(await street.said())["ContactDeferred"]
    assert deferred["reason"] == "not-heard-out"
    assert datetime.fromisoformat(deferred["not_before"]) > datetime.fromisoformat(wake)
