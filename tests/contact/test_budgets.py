"""Budgets: what cannot be paid for waits until there is money again, and no cent is spent twice, whoever reserves."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.contact.settings import HERE
from services.contact.store.budgets import read_funds, set_budget
from services.contact.store.hearing import ASKED, Asked
from shared.codec import decode, encode
from shared.events import ContactDeferred, ContactPlanned, ContactReserved, Wake
from shared.fold import Applied, Heard, Request, apply
from shared.heads import Heads
from tests.contact.borrowers import MONEY, Told, a_late_borrower, at, late, opened, profile
from tests.contact.desk import SHANGHAI, Shop, open_shop, running_contact
from tests.harness import Databases
from tests.houses import Client

CENT = Decimal("0.01")
TODAY, NOON = date(2026, 3, 5), at("03-05 12:00")
RENEWED = {"CNY": at("03-06 00:00")}
NOTHING = {"budget": {"CNY": Decimal(0)}, "budget_renewed_at": RENEWED}


def test_a_step_that_cannot_be_paid_for_today_is_planned_for_when_it_can():
    told = a_late_borrower(**NOTHING)
    planned = told.the(ContactPlanned)
    assert (planned.decision.decision, planned.decision.rule) == ("defer", "HOUSE-budget")
    assert planned.not_before == planned.decision.earliest_permitted == at("03-06 09:30")
    assert planned.decision.objections[0].rule == "HOUSE-budget"


LEFT = {
    "the cent it costs": (CENT, None),
    "less than it costs": (Decimal("0.00"), "HOUSE-budget"),
    "less than nothing": (-CENT, "HOUSE-budget"),
}


@pytest.mark.parametrize(("left", "rule"), LEFT.values(), ids=LEFT)
def test_a_step_is_planned_at_once_while_the_budget_holds_its_cost(left, rule):
    told = a_late_borrower(budget={"CNY": left}, budget_renewed_at=RENEWED)
    assert told.the(ContactPlanned).decision.rule == rule


def test_a_step_that_is_due_behind_the_renewal_is_none_of_this_budgets_business():
    told = Told(at("03-05 22:00"), more=NOTHING).hears(opened(), profile(), late("03-05", "03-01"))
    planned = told.the(ContactPlanned)
    assert planned.decision.rule != "HOUSE-budget"
    assert planned.not_before >= at("03-06 08:00")


def test_a_slot_that_cannot_be_paid_for_is_put_off_by_the_house():
    deferred = a_late_borrower().wakes(**NOTHING).the(ContactDeferred)
    assert (deferred.reason, deferred.decision.rule) == ("budget", "HOUSE-budget")
    assert deferred.not_before == at("03-06 09:30")


def test_an_empty_budget_of_the_month_gives_up_what_is_not_worth_making_then():
    told = a_late_borrower().wakes(budget={"CNY": Decimal(0)}, budget_renewed_at={"CNY": at("04-01 00:00")})
    assert told.tells()[:1] == ["ContactCancelled"]
    assert told.the(ContactPlanned).not_before >= at("04-01 08:00")


def test_a_reservation_says_what_it_costs():
    reserved = a_late_borrower().wakes().the(ContactReserved)
    assert (reserved.cost, reserved.currency) == (CENT, "CNY")


@pytest.fixture
async def shop(databases: Databases, tmp_path) -> AsyncIterator[Shop]:
    async with open_shop(databases, tmp_path, clock="simulated", templates=HERE / "templates") as shop:
        await shop.sql("insert into clock (now) values ($1)", at("03-05 09:30"))
        yield shop


async def at_once(_work: object) -> Asked:
    """Everybody is heard out, and the ledger is closed up to yesterday."""
    return Asked(dict.fromkeys(ASKED, Heads({}, {}, date(2026, 3, 4))))


async def go_late(shop: Shop, keys: list[str]) -> None:
    for fact in (opened(), profile(), late("03-05", "03-01")):
        outcomes = await apply(shop.house, [Heard(key, fact, Request("tests")) for key in keys])
        assert all(isinstance(outcome, Applied) for outcome in outcomes), outcomes


async def wake(shop: Shop, keys: list[str]) -> None:
    house = replace(shop.house, prepare=at_once)
    await apply(house, [Heard(key, Wake(at("03-05 12:00")), None) for key in keys])


async def allow(shop: Shop, amount: str | None, period: str = "day", on: date = TODAY) -> None:
    async with shop.house.database.begin() as connection:
        await set_budget(connection, "CNY", period, on, None if amount is None else Decimal(amount), "tests")


async def left(shop: Shop, now: datetime = NOON) -> Decimal | None:
    async with shop.house.database.begin() as connection:
        return (await read_funds(connection, now, SHANGHAI, to_spend=False)).left.get("CNY")


async def reserved(shop: Shop) -> int:
    return len(await shop.sql("select * from attempts"))


async def noon(shop: Shop) -> None:
    await shop.sql("update clock set now = $1", at("03-05 12:00"))


KEYS = [f"C{n}" for n in range(6)]


@pytest.mark.postgres
@pytest.mark.parametrize("period", ["day", "month"])
async def test_of_many_in_one_batch_only_so_many_reserve_as_the_budget_holds(shop, period):
    await go_late(shop, KEYS)
    await allow(shop, "0.04", period)
    await noon(shop)
    await wake(shop, KEYS)
    assert (await reserved(shop), await left(shop)) == (4, Decimal("0.00"))
    rows = await shop.sql("select data from announcements where type = 'ContactDeferred'")
    deferred = [decode(ContactDeferred, row["data"]) for row in rows]
    assert [(event.reason, event.decision.rule) for event in deferred] == [("budget", "HOUSE-budget")] * len(deferred)


@pytest.mark.postgres
async def test_batches_at_the_same_time_do_not_spend_the_same_cent(shop):
    await go_late(shop, KEYS)
    await allow(shop, "0.03")
    await noon(shop)
    await asyncio.gather(*(wake(shop, [key]) for key in KEYS))
    assert (await reserved(shop), await left(shop)) == (3, Decimal("0.00"))


@pytest.mark.postgres
async def test_each_decision_is_kept_with_what_was_left_when_it_was_made(shop):
    await go_late(shop, KEYS[:3])
    await allow(shop, "0.02")
    await noon(shop)
    await wake(shop, KEYS[:3])
    rows = await shop.sql("select context from journal where context is not null order by key, position")
    contexts = [decode(dict, row["context"]) for row in rows]
    assert sorted(context["budget"]["CNY"] for context in contexts if "heads" in context) == ["0.00", "0.01", "0.02"]


SPENT = {
    "sent": ({"state": "accepted"}, "1.00"),
    "sent, and dearer than planned": ({"state": "accepted", "cost": MONEY, "currency": "CNY"}, "100.00"),
    "sent, and paid in another currency": ({"state": "accepted", "cost": MONEY, "currency": "USD"}, "1.00"),
    "unclear": ({"state": "unknown", "reason": "timeout"}, "1.00"),
    "reserved": ({"state": "reserved", "sending_at": None}, "1.00"),
    "refused by the provider": ({"state": "rejected", "reason": "rejected"}, "1.00"),
    "not connected": ({"state": "rejected", "reason": "not-connected"}, "0"),
    "never begun": ({"state": "rejected", "reason": "address-invalid", "sending_at": None}, "0"),
    "withdrawn": ({"state": "cancelled", "reason": "withdrawn", "sending_at": None}, "0"),
    "reserved on another day": ({"state": "accepted", "planned_on": date(2026, 3, 4)}, "0"),
}


@pytest.mark.postgres
@pytest.mark.parametrize(("row", "spent"), SPENT.values(), ids=SPENT)
async def test_what_counts_as_spent(shop, row, spent):
    await allow(shop, "500.00")
    known = {"planned_cost": Decimal("1.00"), "planned_currency": "CNY", "planned_on": TODAY}
    begun = {"sending_at": datetime.now(UTC), "request_hash": b"h"}
    attempt_id = await shop.reserve(**known | begun | row)
    assert await shop.attempt(attempt_id)
    assert await left(shop) == Decimal("500.00") - Decimal(spent)


@pytest.mark.postgres
async def test_the_last_word_in_force_counts_and_the_tighter_of_two_budgets_binds(shop):
    assert await left(shop) is None
    await allow(shop, "5.00")
    await allow(shop, "3.00")
    await allow(shop, "1.00", on=date(2026, 3, 6))
    assert await left(shop) == Decimal("3.00")
    assert await left(shop, at("03-06 00:00")) == Decimal("1.00")
    await allow(shop, "2.00", "month")
    assert await left(shop) == Decimal("2.00")
    await allow(shop, None, "month")
    assert await left(shop) == Decimal("3.00")
    await allow(shop, None)
    assert await left(shop) is None


@pytest.fixture
async def contact(databases: Databases, tmp_path) -> AsyncIterator[Client]:
    async with running_contact(databases, tmp_path, datetime(2026, 3, 10, 4, tzinfo=UTC)) as client:
        yield client


BUDGET = {"currency": "CNY", "period": "month", "effective_from": "2026-03-10", "amount": "5000.00"}


@pytest.mark.postgres
async def test_a_budget_is_set_and_shown_with_what_is_left_of_it(contact):
    answer = await contact.put("/v1/budgets", BUDGET)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["spent"], shown["left"], shown["set_by"]) == ("0", "5000.00", "tests")
    assert shown["renewed_at"] == "2026-03-31T16:00:00Z"
    later = BUDGET | {"effective_from": "2026-04-01", "amount": None}
    assert (await contact.put("/v1/budgets", later)).json()["left"] is None
    items = (await contact.get("/v1/budgets"))["items"]
    assert [(item["effective_from"], item["amount"]) for item in items] == [
        ("2026-03-10", "5000.00"), ("2026-04-01", None),
    ]  # fmt: skip


BAD = {
    "a day that is over": ({"effective_from": "2026-03-09"}, "already-past", "/effective_from"),
    "a number": ({"amount": 5}, "not-a-decimal", "/amount"),
    "a float": ({"amount": 5.5}, "float", "/amount"),
    "no number": ({"amount": "SECRETMARK"}, "wrong-type", "/amount"),
    "an exponent in text": ({"amount": "1e3"}, "not-a-decimal", "/amount"),
    "a huge exponent in text": ({"amount": "1e400000"}, "bad-value", "/amount"),
    "infinity in text": ({"amount": "Infinity"}, "bad-value", "/amount"),
    "huge": ({"amount": "99999999999999999999"}, "bad-value", "/amount"),
    "more decimals than the currency has": ({"amount": "1.001"}, "bad-value", "/amount"),
    "below zero": ({"amount": "-1.00"}, "bad-value", "/amount"),
    "no currency": ({"currency": "XXX"}, "bad-value", "/currency"),
    "an unknown period": ({"period": "year"}, "unknown-word", "/period"),
    "a day that no calendar holds": ({"effective_from": "9999-12-31"}, "bad-value", "/effective_from"),
    "an unknown field": ({"SECRETMARK": 1}, "unknown-field", None),
}


@pytest.mark.postgres
@pytest.mark.parametrize(("changed", "code", "pointer"), BAD.values(), ids=BAD)
async def test_a_bad_budget_is_refused_and_leaves_nothing(contact, changed, code, pointer):
    answer = await contact.put("/v1/budgets", BUDGET | changed)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [error["pointer"] for error in answer.json().get("errors", [])] == ([pointer] if pointer else [])
    assert "SECRETMARK" not in answer.text
    assert (await contact.get("/v1/budgets"))["items"] == []


@pytest.mark.postgres
async def test_a_budget_by_an_endless_exponent_is_refused(contact):
    body = json.dumps(BUDGET).replace('"5000.00"', "1e400000")
    answer = await contact.http.put("/v1/budgets", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "float")
    assert answer.json()["errors"] == [{"pointer": "/amount"}]
    assert (await contact.get("/v1/budgets"))["items"] == []


@pytest.mark.postgres
async def test_only_who_may_sets_a_budget(contact):
    answer = await contact.http.put("/v1/budgets", json=BUDGET, headers=contact.bearer("contacts:read"))
    assert answer.status_code == 403


def test_money_in_a_journal_is_text():
    assert encode({"budget": {"CNY": CENT}}) == b'{"budget":{"CNY":"0.01"}}'
