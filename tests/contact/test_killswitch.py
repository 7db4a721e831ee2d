"""The kill switch over the running house: when it answers, no call is under way, and none will start."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from services.contact.store.switches import Thrown
from shared.clock import ticks
from tests.contact.desk import Shop, open_shop, running_contact, write_templates
from tests.contact.providers import Sandbox, running_sandbox
from tests.harness import Databases
from tests.houses import Client

pytestmark = pytest.mark.postgres
REASON = "an amount went out wrong"


@dataclass
class Street:
    """Contact with its sender running, a way to reserve, and the provider."""

    contact: Client
    shop: Shop
    sandbox: Sandbox

    async def throw(self, scope: str = "global", value: str | None = None):
        return await self.contact.put("/v1/killswitch", {"scope": scope, "value": value, "reason": REASON})

    async def states(self) -> dict[str, int]:
        rows = await self.shop.sql("select state, count(*) from attempts group by state")
        return {row["state"]: row["count"] for row in rows}

    async def until(self, states: set[str]) -> None:
        """Until some attempt is in one of *states*."""
        async with asyncio.timeout(20):
            while not states & set(await self.states()):  # noqa: ASYNC110  what is awaited is a row
                await asyncio.sleep(0.01)

    async def until_quiet(self) -> None:
        async with asyncio.timeout(30):
            while (await self.contact.quiet())["sending"]:  # noqa: ASYNC110  asked over HTTP
                await asyncio.sleep(0.02)


@pytest.fixture
async def street(databases: Databases, tmp_path) -> AsyncIterator[Street]:
    with running_sandbox(tmp_path) as sandbox:
        made = {"sandbox_url": sandbox.url, "templates": write_templates(tmp_path)}
        async with (
            running_contact(databases, tmp_path, **made) as contact,
            open_shop(databases, tmp_path, contact.database) as shop,
        ):
            yield Street(contact, shop, sandbox)


async def test_when_it_answers_no_call_is_under_way_and_none_starts_any_more(street):
    await street.sandbox.faults(delay_ms=600)
    for _ in range(20):
        await street.shop.reserve()
    await street.until({"sending"})
    answer = await street.throw()
    assert (answer.status_code, answer.json()["in_flight"]) == (200, 0)
    assert "sending" not in await street.states()
    reached = len(await street.sandbox.recorded())
    assert reached == (await street.states())["accepted"] > 0
    await street.shop.reserve()
    await street.until_quiet()
    assert len(await street.sandbox.recorded()) == reached
    assert await street.states() == {"accepted": reached, "cancelled": 21 - reached}
    [last] = await street.shop.sql("select key, reason from attempts where state = 'cancelled' limit 1")
    assert last["reason"] == "kill-switch"
    assert [name for name, _ in await street.shop.notes(last["key"])] == ["NoteRefusedBySwitch"]


async def test_however_it_races_with_the_sender_nothing_starts_after_its_answer(street):
    for _ in range(6):
        ids = [await street.shop.reserve() for _ in range(12)]
        assert (await street.throw()).status_code == 200
        reached = len(await street.sandbox.recorded())
        await street.until_quiet()
        assert len(await street.sandbox.recorded()) == reached
        assert {(await street.shop.attempt(id_))["state"] for id_ in ids} <= {"accepted", "cancelled"}
        assert (await street.contact.http.delete("/v1/killswitch", params={"scope": "global"})).status_code == 200


async def test_a_call_whose_process_died_is_waited_for_until_it_must_be_over(street):
    attempt_id = await street.shop.reserve(state="reserved", leased_by="a dead one")
    await street.shop.sql(
        "update attempts set state = 'sending', request_hash = 'h', sending_at = clock_timestamp() - interval '13.5 s' "
        "where attempt_id = $1", attempt_id,
    )  # fmt: skip
    began = ticks()
    assert (await street.throw()).status_code == 200
    assert 1.0 < ticks() - began < 10


async def test_released_it_lets_through_what_is_reserved_from_then_on(street):
    await street.throw()
    assert (await street.contact.http.delete("/v1/killswitch", params={"scope": "global"})).status_code == 200
    await street.shop.reserve()
    await street.until_quiet()
    assert await street.states() == {"accepted": 1}
    assert (await street.contact.http.delete("/v1/killswitch", params={"scope": "global"})).status_code == 404


SCOPES = {
    "its channel": ("channel", "sms", True), "another channel": ("channel", "email", False),
    "its provider": ("provider", "sandbox", True), "another provider": ("provider", "smtp", False),
    "its strategy": ("strategy", "default", True), "another strategy": ("strategy", "other", False),
    "a segment, its own unknown": ("segment", "new", True),
    "its borrower": ("borrower", "C1", True), "another borrower": ("borrower", "C2", False),
}  # fmt: skip


@pytest.mark.parametrize(("scope", "value", "stopped"), SCOPES.values(), ids=SCOPES)
async def test_a_switch_stops_what_is_of_its_scope_and_what_may_be(street, scope, value, stopped):
    assert (await street.throw(scope, value)).status_code == 200
    await street.shop.reserve(key="C1")
    await street.until_quiet()
    assert await street.states() == ({"cancelled": 1} if stopped else {"accepted": 1})


async def test_where_the_switches_cannot_be_read_nothing_is_sent(street):
    role = street.contact.database.app_role
    await street.shop.sql(f'revoke select on switches from "{role}"')
    await street.shop.reserve()
    await asyncio.sleep(0.5)
    assert (await street.states(), await street.sandbox.recorded()) == ({"reserved": 1}, [])
    await street.shop.sql(f'grant select on switches to "{role}"')
    await street.shop.age()
    await street.until_quiet()
    assert await street.states() == {"accepted": 1}


BAD_SWITCHES = {
    "global with a value": {"scope": "global", "value": "x", "reason": REASON},
    "a channel without one": {"scope": "channel", "reason": REASON},
    "an unknown scope": {"scope": "SECRETMARK", "value": "x", "reason": REASON},
    "no reason": {"scope": "global"},
}


@pytest.mark.parametrize("body", BAD_SWITCHES.values(), ids=BAD_SWITCHES)
async def test_a_switch_that_makes_no_sense_is_refused(street, body):
    answer = await street.contact.put("/v1/killswitch", body)
    assert answer.status_code == 422
    assert "SECRETMARK" not in answer.text
    assert (await street.contact.get("/v1/killswitch"))["items"] == []


async def test_the_switches_are_listed_with_who_threw_them_and_why(street):
    await street.throw("channel", "sms")
    [row] = (await street.contact.get("/v1/killswitch"))["items"]
    assert (row["scope"], row["value"], row["principal"], row["reason"]) == ("channel", "sms", "tests", REASON)


def test_nothing_thrown_stops_nothing_and_global_stops_all():
    assert not Thrown({}).stops({})
    assert Thrown({"global": frozenset({""})}).stops({"channel": "sms"})
