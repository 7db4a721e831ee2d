"""Contact killed between any two calls at its HTTP doors: all or nothing, and what is asked again happens once."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.consumer import KafkaConsumer
from tests.contact.borrowers import at, late, opened
from tests.contact.desk import settle_down
from tests.contact.living import Contact, living_contact
from tests.contact.signing import signed
from tests.contact.test_api import PROFILE
from tests.contact.test_webhooks import HANDED_OVER, receipt
from tests.harness import Databases
from tests.shared.crash import Crash, Fuse, at_every_point, batch_of, fused

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

NOW = at("03-05 10:00")


@pytest.fixture
async def contact(databases: Databases, tmp_path) -> AsyncIterator[Contact]:
    async with living_contact(databases, tmp_path, NOW) as contact:
        yield contact


async def until_crash(contact: Contact, fuse: Fuse, ask: Callable[[], Awaitable[object]]) -> None:
    with fused(contact.house.database, fuse), suppress(Crash):
        await ask()


async def counted(contact: Contact, key: str, *tables: str) -> list[int]:
    return [(await contact.shop.sql(f"select count(*) from {one} where key = $1", key))[0][0] for one in tables]


async def state(contact: Contact, key: str, **changed) -> None:
    answer = await contact.client.put(f"/v1/customers/{key}/profile", PROFILE | changed)
    assert answer.status_code == 200, answer.text


KEPT = ("vault", "profiles", "journal")


async def test_stating_a_profile_may_die_anywhere(contact):
    async def attempt(n: int, fuse: Fuse) -> None:
        key = f"C{n}"
        await until_crash(contact, fuse, lambda: state(contact, key))
        assert await counted(contact, key, *KEPT) in ([0, 0, 0], [3, 1, 1]), "all of it, or nothing"
        await state(contact, key)
        assert await counted(contact, key, "vault", "profiles", "data_keys") == [3, 1, 1]
        shown = await contact.client.get(f"/v1/customers/{key}/profile")
        assert [one["address"] is not None for one in shown["channels"]] == [True, True]

    assert await at_every_point(attempt) >= 46
    await contact.check()


async def test_erasing_a_profile_may_die_anywhere(contact):
    async def erase(key: str) -> None:
        assert (await contact.client.http.delete(f"/v1/customers/{key}/profile")).status_code == 200

    async def attempt(n: int, fuse: Fuse) -> None:
        key = f"C{n}"
        await state(contact, key)
        await until_crash(contact, fuse, lambda: erase(key))
        restricted = (await contact.client.get(f"/v1/customers/{key}/profile"))["restricted"]
        assert (restricted, *await counted(contact, key, "data_keys")) in ((False, 1), (True, 0))
        await erase(key)
        shown = await contact.client.get(f"/v1/customers/{key}/profile")
        assert (shown["name"], shown["channels"], shown["restricted"]) == (None, [], True)
        assert await counted(contact, key, "vault", "data_keys") == [0, 0]

    assert await at_every_point(attempt) >= 30
    await contact.check()


async def go_late(contact: Contact, key: str) -> None:
    """Reachable and late: a step is planned."""
    await state(contact, key)
    said = contact.sources["ingest"].say(key, NOW, opened(), late("03-05", "03-01"))
    await KafkaConsumer(contact.house, "nobody:9").hear_records(batch_of("ingest", said))
    assert (await contact.types_said(key))[-1] == "ContactPlanned"


async def test_placing_and_ending_a_hold_may_die_anywhere(contact):
    async def place(n: int) -> str:
        asked = {"customer_id": f"C{n}", "kind": "payment_claimed"}
        answer = await contact.client.post("/v1/holds", asked, **{"Idempotency-Key": f"k{n}"})
        assert answer.status_code == 201, answer.text
        return answer.json()["hold_id"]

    async def end(hold_id: str) -> None:
        assert (await contact.client.http.delete(f"/v1/holds/{hold_id}")).status_code in (200, 404)

    async def attempt(n: int, fuse: Fuse) -> None:
        await go_late(contact, f"C{n}")
        begun = len(await contact.types_said(f"C{n}"))

        async def both() -> None:
            await end(await place(n))

        await until_crash(contact, fuse, both)
        hold_id = await place(n)
        assert await place(n) == hold_id
        await end(hold_id)
        said = (await contact.types_said(f"C{n}"))[begun:]
        assert [said.count(name) for name in ("HoldPlaced", "HoldEnded", "ContactCancelled")] == [1, 1, 1], said
        assert (await contact.client.get("/v1/holds", customer_id=f"C{n}"))["items"] == []

    assert await at_every_point(attempt) >= 50
    await contact.check()


async def test_setting_a_budget_may_die_anywhere(contact):
    async def allow(n: int, amount: str) -> dict:
        day = (NOW + timedelta(days=n)).date().isoformat()
        asked = {"currency": "CNY", "period": "day", "effective_from": day, "amount": amount}
        answer = await contact.client.put("/v1/budgets", asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def attempt(n: int, fuse: Fuse) -> None:
        await allow(n, "1.00")
        await until_crash(contact, fuse, lambda: allow(n, "2.00"))
        items = (await contact.client.get("/v1/budgets"))["items"]
        assert {one["amount"] for one in items[-1:]} <= {"1.00", "2.00"}
        assert Decimal((await allow(n, "2.00"))["amount"]) == 2
        assert len((await contact.client.get("/v1/budgets"))["items"]) == n

    assert await at_every_point(attempt) >= 10


async def test_taking_a_receipt_and_telling_it_may_die_anywhere(contact):
    async def tell(n: int, reference: str) -> None:
        body = json.dumps(receipt(reference)).encode()
        headers = signed(body, f"W{n}") | {"Authorization": ""}
        answer = await contact.client.http.post("/v1/webhooks/sandbox", content=body, headers=headers)
        assert answer.status_code == 202, answer.text
        await settle_down(contact.shop.sender({}), rounds=1)

    async def attempt(n: int, fuse: Fuse) -> None:
        before = await contact.shop.attempt(await contact.shop.reserve(**HANDED_OVER))
        await until_crash(contact, fuse, lambda: tell(n, before["reference"]))
        await tell(n, before["reference"])
        after = await contact.shop.attempt(before["attempt_id"])
        assert (after["state"], after["reported"]) == ("delivered", True)
        assert await contact.types_said(before["key"]) == ["ContactSent", "ContactDelivered"]
        assert len(await contact.shop.sql("select * from receipts")) == n

    assert await at_every_point(attempt) >= 72
