"""Facts that came too early: paged without loss, set free by what they need, and shown to somebody when refused."""

import asyncio

import asyncpg
import pytest

from tests.ingest.posting import event, opened, owed, paid, paused, report, reversed_, verdicts, voided

pytestmark = pytest.mark.postgres


async def held(client, **asked) -> list[str]:
    return [item["id"] for item in (await client.get("/v1/held", **asked))["items"]]


async def refusals(client) -> list[tuple[str, str]]:
    return [(item["id"], item["code"]) for item in (await client.get("/v1/refusals"))["items"]]


async def pages(client, limit: int):
    after = {}
    while True:
        page = await client.get("/v1/held", limit=limit, **after)
        yield [item["id"] for item in page["items"]]
        if page["next"] is None:
            return
        after = {"after": page["next"]}


@pytest.mark.parametrize("limit", [1, 9, 10, 27, 28])
async def test_more_held_facts_than_a_page_are_each_shown_once_though_they_came_in_one_call(ingest, limit):
    early = [paid(f"P{n}", f"L{n % 3}", amount="1.00") for n in range(27)]
    assert (await report(ingest, *early))["held"] == 27
    found = [page async for page in pages(ingest, limit)]
    assert sorted(one for page in found for one in page) == sorted(one["id"] for one in early)
    assert all(len(page) <= limit for page in found)


async def test_what_stays_held_while_others_come_and_go_is_met_exactly_once(ingest):
    await report(ingest, *(paid(f"P{n:02}", f"L{n % 2}", amount="1.00") for n in range(20)))
    seen = []
    async for page in pages(ingest, 3):
        seen += page
        if len(seen) == 6:
            await report(ingest, opened("L0", "C0"), paid("P99", "L7"))
    stayed = [f"pay-P{n:02}" for n in range(20) if n % 2] + ["pay-P99"]
    assert [one for one in seen if one in stayed] == sorted(stayed)
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("cursor", ["x", "AAAA", "WyJhIl0=", "WyJhIiwiXHUwMDAwIl0="])
async def test_a_cursor_of_another_list_is_refused(ingest, cursor):
    answer = await ingest.http.get("/v1/held", params={"after": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")


async def test_an_early_fact_that_is_refused_in_the_end_is_no_longer_held_and_is_shown(ingest):
    assert (await report(ingest, paid("P1", amount="1.001"), paid("P2")))["held"] == 2
    await report(ingest, opened())
    assert await held(ingest) == []
    assert await refusals(ingest) == [("pay-P1", "currency-decimals")]
    assert (await ingest.get("/v1/refusals"))["items"][0]["pointer"] == "/amount"
    assert await owed(ingest) == "200.00"
    assert (await ingest.post("/v1/refusals/1/discard", {})).status_code == 200
    assert await refusals(ingest) == []
    assert (await ingest.post("/v1/refusals/1/discard", {})).status_code == 404
    (row,) = await ingest.sql("select settled_as, settled_by, settled_at is not null as at from refusals")
    assert tuple(row) == ("discarded", "tests", True)


async def test_a_refused_fact_leaves_its_identity_and_its_name_to_the_corrected_one(ingest):
    await report(ingest, paid("P1", amount="1.001"))
    await report(ingest, opened())
    assert (await report(ingest, paid("P1", amount="1.00")))["accepted"] == 1
    assert await refusals(ingest) == []
    assert await owed(ingest) == "299.00"


async def test_a_refused_fact_is_tried_again_once_its_hindrance_is_gone(ingest):
    await report(ingest, paused("2025-02-01", "2025-02-10", "A"), paused("2025-02-05", "2025-02-15", "B"))
    await report(ingest, opened())
    (refused,) = (await ingest.get("/v1/refusals"))["items"]
    assert refused["code"] == "pauses-overlap"
    again = await ingest.post(f"/v1/refusals/{refused['number']}/retry", {})
    assert (again.json()["rejected"], len(await refusals(ingest))) == (1, 1)
    await report(ingest, voided({"A": "B", "B": "A"}[refused["id"]]))
    again = await ingest.post(f"/v1/refusals/{refused['number']}/retry", {})
    assert (again.status_code, again.json()["accepted"], await refusals(ingest)) == (200, 1, [])
    assert (await ingest.post(f"/v1/refusals/{refused['number']}/retry", {})).status_code == 404


async def test_what_a_refused_opening_would_have_set_free_stays_held(ingest):
    await report(ingest, paid("P1"))
    bad = opened(id_="bad")
    bad["data"]["principal"] = "1.00"
    assert verdicts(await report(ingest, bad)) == [(0, "rejected", "principal-mismatch")]
    assert (await held(ingest), await refusals(ingest)) == (["pay-P1"], [])
    await report(ingest, opened())
    assert (await held(ingest), await owed(ingest)) == ([], "200.00")


async def test_a_fact_that_waits_for_its_loan_finds_the_payment_that_came_meanwhile(ingest):
    taken_back = event(
        "chargeback.posted", "back", chargeback_id="B1", loan_id="L1", payment_id="P2", amount="5.00",
        value_on="2025-01-20",
    )  # fmt: skip
    assert (await report(ingest, taken_back, reversed_("P2")))["held"] == 2
    await report(ingest, opened("L2", "C2"), paid("P2", "L2"))
    await report(ingest, opened())
    assert await held(ingest) == []
    assert await refusals(ingest) == [("rev-P2", "another-loan")]
    assert await owed(ingest) == "305.00"


@pytest.mark.parametrize(("scopes", "status"), [((), 403), (("parked:read",), 403), (("parked:write",), 404)])
async def test_only_an_operator_settles_a_refusal(ingest, scopes, status):
    for act in ("retry", "discard"):
        answer = await ingest.http.post(f"/v1/refusals/1/{act}", headers=ingest.bearer(*scopes))
        assert answer.status_code == status


async def test_what_is_set_free_waits_for_a_borrower_somebody_else_is_at_work_on(ingest):
    taken_back = event(
        "chargeback.posted", "back", chargeback_id="B1", loan_id="L1", payment_id="P2", amount="5.00",
        value_on="2025-01-20",
    )  # fmt: skip
    await report(ingest, opened(), opened("L2", "C2"), taken_back)
    somebody = await asyncpg.connect(ingest.database.owner_dsn)
    async with asyncio.timeout(20):
        async with somebody.transaction():
            await somebody.execute("select 1 from subjects where key = 'C1' for update")
            brought = asyncio.create_task(report(ingest, paid("P2", "L2")))
            while not await somebody.fetchval("select count(*) from pg_locks where not granted"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # until the call waits for that row
        assert (await brought)["accepted"] == 1
    await somebody.close()
    assert (await held(ingest), await owed(ingest)) == ([], "305.00")
