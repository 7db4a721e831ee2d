"""Feedback's HTTP door over real PostgreSQL, a real ingest beside it: what borrowers say, and what becomes of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.feedback.street import Street, paid, promise, two_houses
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


async def promises_of(street: Street, customer: str = "C1") -> list[tuple[str, str | None, str]]:
    items = (await street.feedback.get(f"/v1/customers/{customer}/promises"))["items"]
    return [(item["promise_id"], item["outcome"], item["paid"]) for item in items]


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
