"""Messages over real PostgreSQL: what cannot be made is rejected alone, with its reason, and never comes back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from services.contact.gateways import Accepted, SandboxGateway
from services.contact.store.attempts import Attempt
from services.contact.store.sealing import BadMasterKey, Sealer
from services.contact.store.vault import check_master_key
from tests.contact.desk import TEXT, Shop, open_shop, settle_down, taken, write_master_key, write_templates
from tests.harness import Databases

pytestmark = pytest.mark.postgres


@pytest.fixture
async def shop(databases: Databases, tmp_path) -> AsyncIterator[Shop]:
    (write_templates(tmp_path) / "endless.en.txt").write_text(
        TEXT.replace("{{ amount }}", "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}")
    )
    async with open_shop(databases, tmp_path) as shop:
        yield shop


async def tamper_address(shop: Shop, row: Attempt) -> None:
    await shop.sql("update vault set sealed = sealed || 'x' where ref = $1::uuid", row["address_ref"])


async def tamper_name(shop: Shop, row: Attempt) -> None:
    await shop.sql("update vault set sealed = 'x' where key = $1 and kind = 'name'", row["key"])


async def tamper_key(shop: Shop, row: Attempt) -> None:
    await shop.sql("update data_keys set wrapped = 'x' where key = $1", row["key"])


async def garble_figures(shop: Shop, row: Attempt) -> None:
    await shop.sql("update attempts set figures = '{' where attempt_id = $1", row["attempt_id"])


async def list_figures(shop: Shop, row: Attempt) -> None:
    await shop.sql("update attempts set figures = '[1]' where attempt_id = $1", row["attempt_id"])


async def recurse(shop: Shop, row: Attempt) -> None:
    await shop.sql("update attempts set template = 'endless' where attempt_id = $1", row["attempt_id"])


BROKEN: dict[str, tuple[Callable[[Shop, Attempt], Awaitable[None]], str]] = {
    "an address that somebody changed": (tamper_address, "vault-unreadable"),
    "a name that somebody changed": (tamper_name, "vault-unreadable"),
    "a data key that does not open": (tamper_key, "vault-unreadable"),
    "figures that are no JSON": (garble_figures, "text-failed"),
    "figures that are a list": (list_figures, "text-failed"),
    "a text that never ends": (recurse, "text-failed"),
}


@pytest.mark.parametrize(("damage", "reason"), BROKEN.values(), ids=BROKEN)
async def test_what_cannot_be_made_costs_no_neighbour_and_does_not_come_back(
    shop, gateways, sandbox, mailbox, damage, reason
):
    ids = [await shop.reserve() for _ in range(3)]
    await damage(shop, await shop.attempt(ids[1]))
    await settle_down(shop.sender(gateways), rounds=2)
    before, broken, after = [await shop.attempt(attempt_id) for attempt_id in ids]
    assert (before["state"], after["state"]) == ("accepted", "accepted")
    assert (broken["state"], broken["reason"], broken["sending_at"], broken["reported"]) == (
        "rejected", reason, None, True,
    )  # fmt: skip
    assert [(name, told["reason"]) for name, told in await shop.notes(broken["key"])] == [("NoteRejected", "rejected")]
    assert (await taken(sandbox, mailbox))[broken["reference"]] == 0


class Clumsy(SandboxGateway):
    """Trips over whatever it looks for."""

    async def look_up(self, reference: str) -> Accepted | None:
        raise KeyError(reference)


async def test_a_provider_that_trips_over_a_look_up_stops_nobody_elses_message(shop, sandbox, mailbox):
    begun = {"request_hash": b"h", "sending_at": datetime.now(UTC), "reason": "timeout"}
    unclear = await shop.reserve(state="unknown", **begun)
    waiting = await shop.reserve()
    await settle_down(shop.sender({"sandbox": Clumsy(sandbox.url, 1.0)}), rounds=2)
    rows = [await shop.attempt(attempt_id) for attempt_id in (unclear, waiting)]
    assert [row["state"] for row in rows] == ["unknown", "accepted"]


async def test_nothing_of_what_cannot_be_made_stands_in_a_log(shop, gateways, caplog):
    await garble_figures(shop, await shop.attempt(await shop.reserve()))
    await settle_down(shop.sender(gateways), rounds=1)
    assert "Li Si" not in caplog.text
    assert [record.error for record in caplog.records if record.name == "forbear.messages"]


async def test_a_vault_sealed_under_another_master_key_stops_the_start(shop, tmp_path):
    (tmp_path / "other").mkdir()
    other = write_master_key(tmp_path / "other")
    other.write_text("A" * 43 + "=")
    for sealer, opens in ((shop.sealer, True), (shop.sealer, True), (Sealer(other), False)):
        async with shop.house.database.begin() as connection:
            if opens:
                await check_master_key(connection, sealer)
            else:
                with pytest.raises(BadMasterKey, match="another master key"):
                    await check_master_key(connection, sealer)
