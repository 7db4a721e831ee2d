"""Time that comes due at feedback, with a real ingest beside it: a promise is judged when the bank's day is known."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.feedback.street import Street, paid, promise, promises_of, reversed_, two_houses
from tests.harness import Databases

pytestmark = pytest.mark.postgres

START = datetime(2025, 2, 2, 1, tzinfo=UTC)
"""Nine in the morning of 2 February in Shanghai."""


@pytest.fixture
async def street(databases: Databases, tmp_path) -> AsyncIterator[Street]:
    async with two_houses(databases, tmp_path, START) as houses:
        await houses.close_days("2025-02-02")
        await houses.open_loan()
        yield houses


async def test_a_promise_made_and_paid_is_kept_once_the_bank_has_closed_its_last_day(street):
    made = await street.tell("/v1/promises", promise())
    assert made["promise_id"] == "P1"
    assert [one["type"] for one in made["announcements"]] == ["PromiseMade"]
    assert await promises_of(street) == [("P1", None, "0")]
    await street.report(paid("A", "2025-02-03", "60.00"), paid("B", "2025-02-05", "40.00"))
    await street.settle()
    assert await promises_of(street) == [("P1", None, "100.00")]
    await street.next_day("2025-02-05")
    assert await street.types_said() == ["PromiseMade"]
    await street.next_day("2025-02-06")
    await street.move_clock("2025-02-06T01:00:00+08:00")
    await street.settle()
    assert await promises_of(street) == [("P1", "kept", "100.00")]
    assert (await street.said())[-1] == (
        "PromiseKept",
        {"promise_id": "P1", "loan_ids": ["L1"], "judged_on": "2025-02-06", "paid": "100.00", "currency": "CNY"},
    )


async def judge_on(street: Street, day: str) -> None:
    """Let *day* begin, and a minute of it pass, so that what could not be judged at once is looked at again."""
    await street.next_day(day)
    await street.move_clock(f"{day}T00:05:00+08:00")
    await street.settle()


async def look_again(street: Street) -> None:
    """Let all that was said be heard first: nobody is judged before; then let the next look come."""
    standing = await street.settle()
    await street.move_clock(standing["next_wake_at"])
    await street.settle()


async def test_an_unpaid_promise_is_broken_only_after_the_banks_day(street):
    await street.tell("/v1/promises", promise(tolerance_days=2))
    for day in ("2025-02-05", "2025-02-06", "2025-02-07"):
        await judge_on(street, day)
        assert await street.types_said() == ["PromiseMade"]
    await judge_on(street, "2025-02-08")
    assert await promises_of(street) == [("P1", "broken", "0")]


async def test_a_promise_paid_in_part_is_partly_kept(street):
    await street.tell("/v1/promises", promise())
    await street.report(paid("A", "2025-02-04", "60.00"))
    await judge_on(street, "2025-02-06")
    assert await promises_of(street) == [("P1", "partly_kept", "60.00")]


async def test_a_promise_is_judged_again_after_a_reversal(street):
    await street.tell("/v1/promises", promise())
    await street.report(paid("A", "2025-02-04"))
    await judge_on(street, "2025-02-06")
    await street.report(reversed_("A", "2025-02-06"))
    await street.settle()
    assert await promises_of(street) == [("P1", "broken", "0")]
    assert (await street.said())[-1][1] == {
        "promise_id": "P1", "loan_ids": ["L1"], "judged_on": "2025-02-06", "before": "kept", "verdict": "broken",
        "paid": "0", "currency": "CNY", "because": "reversal",
    }  # fmt: skip


async def test_money_dated_in_time_that_comes_late_turns_a_broken_promise_into_a_kept_one(street):
    await street.tell("/v1/promises", promise())
    await judge_on(street, "2025-02-06")
    await street.report(paid("A", "2025-02-05"))
    await street.settle()
    assert await street.types_said() == ["PromiseMade", "PromiseBroken", "PromiseRejudged"]
    assert await promises_of(street) == [("P1", "kept", "100.00")]


async def test_while_the_banks_day_is_late_nothing_is_due_and_it_is_judged_when_the_day_comes(street):
    await street.tell("/v1/promises", promise())
    await street.move_clock("2025-02-06T00:00:00+08:00")
    standing = await street.settle()
    assert standing["due"] == 0
    assert standing["next_wake_at"] == "2025-02-05T16:01:00+00:00"
    await street.move_clock("2025-02-06T09:00:00+08:00")
    standing = await street.settle()
    assert (standing["due"], await street.types_said()) == (0, ["PromiseMade"])
    assert standing["next_wake_at"] <= "2025-02-06T02:03:00+00:00"
    await street.close_days("2025-02-06")
    await look_again(street)
    assert await street.types_said() == ["PromiseMade", "PromiseBroken"]


async def test_while_ingest_cannot_be_asked_nothing_is_judged_and_nothing_is_due(street):
    await street.tell("/v1/promises", promise())
    street.line.cut = True
    await street.move_clock("2025-02-06T00:00:00+08:00")
    await street.close_days("2025-02-06")
    await _wait_until_not_due(street)
    assert await street.types_said() == ["PromiseMade"]
    street.line.cut = False
    await look_again(street)
    assert await street.types_said() == ["PromiseMade", "PromiseBroken"]


async def _wait_until_not_due(street: Street) -> None:
    async with asyncio.timeout(20):
        while True:
            standing = await street.feedback.quiet()
            if standing["due"] == 0 and (standing["next_wake_at"] or "") > "2025-02-05T16:00:00+00:00":
                return
            await asyncio.sleep(0.02)


async def test_nobody_who_is_not_heard_out_is_judged(street):
    """The payment was accepted before the day was closed, and has not reached feedback: the promise waits for it."""
    await street.tell("/v1/promises", promise())
    street.line.deaf = True
    await street.report(paid("A", "2025-02-05"))
    await street.close_days("2025-02-06")
    await street.move_clock("2025-02-06T00:00:00+08:00")
    await _wait_until_not_due(street)
    assert "/v1/heads" in street.line.asked
    assert await street.types_said() == ["PromiseMade"]
    street.line.deaf = False
    await look_again(street)
    assert await street.types_said() == ["PromiseMade", "PromiseKept"]


async def test_nobody_is_judged_of_whom_ingest_tells_another_story_under_the_same_number(street):
    await street.tell("/v1/promises", promise())
    await street.close_days("2025-02-06")
    await street.settle()
    await street.ingest.sql("update subjects set last_id = gen_random_uuid() where key = 'C1'")
    await street.move_clock("2025-02-06T00:00:00+08:00")
    await _wait_until_not_due(street)
    assert "/v1/heads" in street.line.asked
    assert await street.types_said() == ["PromiseMade"]


async def test_ingest_is_asked_only_when_a_promise_is_to_be_judged(street):
    claim = {"claim_id": "H1", "handling": "short_relief", "horizon": "short"}
    await street.tell("/v1/hardship-claims", claim)
    decision = {"decision": "confirmed", "horizon": "short", "until": "2025-02-03"}
    await street.tell("/v1/hardship-claims/H1/decision", decision)
    await street.tell("/v1/promises", promise())
    street.line.asked.clear()
    await street.next_day("2025-02-04")
    assert "/v1/heads" not in street.line.asked
    assert (await street.types_said())[-1] == "HardshipEnded"
