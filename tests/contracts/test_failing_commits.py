"""A commit that fails, at real write doors of all four houses: answered 5xx, never 2xx, and nothing is kept."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.secrets import ensure_master_key
from services.scoring.domain.rates import SHIPPED_RATES
from tests.feedback.street import NOWHERE
from tests.harness import Databases
from tests.houses import Client, running
from tests.ingest.posting import BATCH, START, event, opened, paid, report
from tests.shared.refusing import counts_of, refuse_at_commit

pytestmark = pytest.mark.postgres

HOUSES = ("ingest", "scoring", "contact", "feedback")
SINGLE = "application/cloudevents+json"
PAUSED = {"from_on": "2025-01-20", "until_on": "2025-02-10"}
PAUSE = {"from_on": "2025-03-01", "until_on": "2025-03-10"}
RATES = {
    "effective_on": "2025-03-01", "measured_on": "tests",
    "matrix": [[format(rate, "f") for rate in row] for row in SHIPPED_RATES.matrix],
}  # fmt: skip
PROFILE = {
    "language": "en", "jurisdiction": "CN", "time_zone": "Asia/Shanghai", "name": "Li Si",
    "channels": [{"channel": "email", "address": "li@lender.example", "consent": True}],
}  # fmt: skip
HOLD = {"customer_id": "C1", "kind": "dispute"}
STOP = {"customer_id": "C1", "stop_id": "S1", "scope": {"kind": "everything"}, "via": "message"}
CLAIM = {"customer_id": "C1", "claim_id": "H1", "cause": "job_loss", "horizon": "short", "text": "I lost my job"}
DOORS = {
    "one fact": ("ingest", "POST", "/v1/events", opened("L2"), SINGLE),
    "several facts": ("ingest", "POST", "/v1/events", [opened("L2", "C2"), paid("P1")], BATCH),
    "a held fact": ("ingest", "POST", "/v1/events", [paid("P1", loan="unknown")], BATCH),
    "a pause": ("ingest", "POST", "/v1/loans/L1/pauses", PAUSE, None),
    "a resume": ("ingest", "POST", "/v1/loans/L1/resumes", {}, None),
    "a business date": ("ingest", "POST", "/v1/business-dates", {"business_date": "2025-02-02"}, None),
    "a bucket set": ("ingest", "PUT", "/v1/bucket-sets/own", [{"min_days": 0, "max_days": None}], None),
    "bucket rates": ("scoring", "PUT", "/v1/bucket-rates/own-1", RATES, None),
    "a hold": ("contact", "POST", "/v1/holds", HOLD, None),
    "a profile": ("contact", "PUT", "/v1/customers/C1/profile", PROFILE, None),
    "several profiles": ("contact", "POST", "/v1/profiles", {"profiles": [{"customer_id": "C1", **PROFILE}]}, None),
    "the kill switch": ("contact", "PUT", "/v1/killswitch", {"scope": "global", "reason": "tests"}, None),
    "a stop": ("feedback", "POST", "/v1/stops", STOP, None),
    "a hardship claim with words": ("feedback", "POST", "/v1/hardship-claims", CLAIM, None),
}
SAYING = (
    "one fact", "several facts", "a pause", "a resume", "a hold", "a stop", "a hardship claim with words",
)  # fmt: skip
"""What is announced: only the last statements of the fold, and the commit, fail there."""


@asynccontextmanager
async def a_house_whose_commits_fail(
    databases: Databases, folder: Path, house: str, tables: Sequence[str]
) -> AsyncIterator[Client]:
    """A real house that has one loan, if it is ingest, and from then on cannot commit to *tables*."""
    ensure_master_key(folder / "master.key")
    more: dict[str, Any] = {"master_key_file": folder / "master.key"} if house in ("contact", "feedback") else {}
    async with running(databases, folder, house, now=START, peers=dict.fromkeys(HOUSES, NOWHERE), **more) as client:
        if house == "ingest":
            await report(client, opened(), event("delinquency.paused", "D1", loan_id="L1", **PAUSED))
        await refuse_at_commit(client.database.owner_dsn, *tables)
        yield client


@asynccontextmanager
async def houses_that_cannot_commit(databases, folders, *tables: str) -> AsyncIterator[dict[str, Client]]:
    async with AsyncExitStack() as stack:
        yield {
            house: await stack.enter_async_context(
                a_house_whose_commits_fail(databases, folders.mktemp(house), house, tables)
            )
            for house in HOUSES
        }


@pytest.fixture(scope="module")
async def houses(databases: Databases, tmp_path_factory) -> AsyncIterator[dict[str, Client]]:
    async with houses_that_cannot_commit(databases, tmp_path_factory) as found:
        yield found


@pytest.fixture(scope="module")
async def houses_that_cannot_say_it(databases: Databases, tmp_path_factory) -> AsyncIterator[dict[str, Client]]:
    async with houses_that_cannot_commit(databases, tmp_path_factory, "announcements") as found:
        yield found


async def knock(client: Client, method: str, path: str, body: Any, media_type: str | None) -> httpx.Response:
    headers = {"content-type": media_type or "application/json"}
    return await client.http.request(method, path, content=json.dumps(body), headers=headers)


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
async def test_a_commit_that_fails_is_answered_5xx_and_nothing_is_kept(houses, door):
    house, *asked = door
    before = await counts_of(houses[house].database.owner_dsn)
    answer = await knock(houses[house], *asked)
    assert answer.status_code == 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "internal-error"
    assert await counts_of(houses[house].database.owner_dsn) == before


@pytest.mark.parametrize("name", SAYING)
async def test_a_commit_that_fails_over_what_is_said_is_answered_5xx(houses_that_cannot_say_it, name):
    house, *asked = DOORS[name]
    answer = await knock(houses_that_cannot_say_it[house], *asked)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error"), answer.text
    counted = await counts_of(houses_that_cannot_say_it[house].database.owner_dsn)
    assert (counted["announcements"], counted["commands"]) == (2 if house == "ingest" else 0, 0)


async def test_a_fact_that_fails_among_others_is_to_be_sent_again(databases, tmp_path):
    async with running(databases, tmp_path, "ingest", now=START) as client:
        await refuse_at_commit(client.database.owner_dsn, "announcements", when="new.key = 'BAD'")
        found = await report(client, opened("L1", "GOOD"), opened("L2", "BAD"), opened("L3", "ALSO"))
        assert (found["accepted"], found["rejected"], found["busy"]) == (2, 0, 1)
        [item] = found["items"]
        assert (item["index"], item["verdict"], item["reason"]) == (1, "busy", "fault-of-ours")
        again = await client.http.post(
            "/v1/events", content=json.dumps([opened("L2", "BAD")]), headers={"content-type": BATCH}
        )
        assert again.status_code == 500


async def test_what_is_refused_beside_a_fault_does_not_hide_it(databases, tmp_path):
    async with running(databases, tmp_path, "ingest", now=START) as client:
        await refuse_at_commit(client.database.owner_dsn, "announcements")
        body = json.dumps([opened(), event("no.such.type", "X1")])
        answer = await client.http.post("/v1/events", content=body, headers={"content-type": BATCH})
        assert answer.status_code == 500


async def test_profiles_whose_commit_fails_are_not_told_to_be_at_fault(databases, tmp_path):
    async with a_house_whose_commits_fail(databases, tmp_path, "contact", ["subjects"]) as client:
        listed = {"profiles": [{"customer_id": name, **PROFILE} for name in ("C1", "C2")]}
        answer = await knock(client, "POST", "/v1/profiles", listed, None)
        assert (answer.status_code, answer.json()["code"]) == (500, "internal-error"), answer.text
