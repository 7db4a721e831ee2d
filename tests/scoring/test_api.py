"""Scoring's HTTP door over real PostgreSQL: assessments in words, features on a day, previews, what is in force."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from deploy import ROOT
from deploy.local.ports import free_port
from deploy.local.tokens import jwks_file
from services.scoring.app import peers_of
from services.scoring.domain.rates import SHIPPED_RATES
from tests.harness import Databases
from tests.houses import Client, running
from tests.scoring.street import NOWHERE, Street, opened, settings_of, two_houses
from tests.scoring.street import paid as paying

pytestmark = pytest.mark.postgres

START = datetime(2025, 4, 10, tzinfo=UTC)
MATRIX = [[format(rate, "f") for rate in row] for row in SHIPPED_RATES.matrix]
RATES = {"effective_on": "2025-04-10", "measured_on": "our loans, 2024", "matrix": MATRIX}


@pytest.fixture(scope="module")
async def street(databases: Databases, tmp_path_factory) -> AsyncIterator[Street]:
    """C1 late with one loan, on time with the other."""
    async with two_houses(databases, tmp_path_factory.mktemp("street"), START) as both:
        await both.report(opened(), opened("L2", "C1", 3), paying("P1", "2025-02-01"))
        await both.close_days("2025-03-05")
        yield both


@pytest.fixture(scope="module")
async def scoring(databases: Databases, tmp_path_factory) -> AsyncIterator[Client]:
    peers = dict.fromkeys(("ingest", "contact", "feedback"), NOWHERE)
    async with running(databases, tmp_path_factory.mktemp("alone"), "scoring", now=START, peers=peers) as client:
        yield client


# Assessments


async def test_the_latest_assessment_says_what_was_announced_with_every_reason_in_words(street):
    found, said = await street.assessment(), (await street.said())[-1]
    assert (found["number"], found["event_id"]) == (said.number, str(said.event_id))
    assert found["heard"] == json.loads(said.basis)["heard"]
    told = json.loads(said.data)
    assert {name: found[name] for name in ("as_of", "default_probability", "valid_until")} == {
        name: told[name] for name in ("as_of", "default_probability", "valid_until")
    }
    reasons = [*found["reasons"], *found["ability"]["reasons"], *found["willingness"]["reasons"]]
    assert len(reasons) > 3
    assert all(one["words"]["en"].endswith(".") and one["words"]["zh-CN"].endswith("。") for one in reasons)


@pytest.mark.parametrize("path", ["assessment", "features"])
async def test_of_a_borrower_never_heard_of_nothing_is_known(scoring, path):
    answer = await scoring.http.get(f"/v1/customers/nobody/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["assessment", "features"])
@pytest.mark.parametrize("customer", ["%00", "a" * 257, "%0A"])
async def test_what_cannot_be_a_customer_is_refused(scoring, path, customer):
    answer = await scoring.http.get(f"/v1/customers/{customer}/{path}")
    assert answer.status_code == 422


# Features


async def test_features_told_again_from_the_sources_equal_those_that_stand(street):
    now = await street.scoring.get("/v1/customers/C1/features")
    again = await street.scoring.get("/v1/customers/C1/features", as_of=now["features"]["as_of"])
    assert again == now
    assert [loan["loan_id"] for loan in now["features"]["loans"]] == ["L2", "L1"]


async def test_a_day_before_anything_was_announced_knows_nothing(street):
    """Everything was announced on the day the clock stands at; what is about earlier days was not known then."""
    found = await street.scoring.get("/v1/customers/C1/features", as_of="2025-04-09")
    assert found["features"]["loans"] == []


async def test_features_as_of_a_day_use_nothing_later(databases: Databases, tmp_path):
    async with two_houses(databases, tmp_path, datetime(2025, 3, 4, tzinfo=UTC)) as both:
        await both.report(opened(), paying("P1", "2025-02-01"))
        await both.close_days("2025-03-04")
        before = await both.scoring.get("/v1/customers/C1/features", as_of="2025-03-04")
        await both.move_clock("2025-03-06T00:00:00Z")
        await both.report(paying("P2", "2025-03-04"))
        await both.close_days("2025-03-06")
        assert await both.scoring.get("/v1/customers/C1/features", as_of="2025-03-04") == before
        after = await both.scoring.get("/v1/customers/C1/features", as_of="2025-03-06")
    behind = [found["features"]["loans"][0]["lateness"]["behind"] for found in (before, after)]
    assert behind == [1, 0]


DAYS = {"tomorrow": ("2025-04-11", 200), "the day after": ("2025-04-12", 422), "no date": ("soon", 422)}


@pytest.mark.parametrize(("as_of", "status"), DAYS.values(), ids=DAYS)
async def test_nothing_is_known_of_days_to_come(street, as_of, status):
    answer = await street.scoring.http.get("/v1/customers/C1/features", params={"as_of": as_of})
    assert answer.status_code == status


async def test_without_its_sources_the_past_cannot_be_told_again(databases: Databases, tmp_path):
    async with two_houses(databases, tmp_path, START) as both:
        await both.report(opened())
        await both.settle()
        both.ingest.app.router.routes.clear()
        answer = await both.scoring.http.get("/v1/customers/C1/features", params={"as_of": "2025-04-10"})
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert (await both.scoring.http.get("/v1/customers/C1/features")).status_code == 200


# What is in force


async def test_what_is_in_force_is_told_and_new_rates_come_into_force_on_their_day(databases: Databases, tmp_path):
    peers = dict.fromkeys(("ingest", "contact", "feedback"), NOWHERE)
    async with running(databases, tmp_path, "scoring", now=START, peers=peers) as client:
        found = await client.get("/v1/models")
        assert (found["bucket_rates"]["version"], found["model"]) == (SHIPPED_RATES.version, None)
        assert found["bucket_rates"]["matrix"] == MATRIX
        tomorrow = RATES | {"effective_on": "2025-04-11"}
        assert (await client.put("/v1/bucket-rates/own-1", tomorrow)).status_code == 200
        assert (await client.get("/v1/models"))["bucket_rates"]["version"] == SHIPPED_RATES.version
        await client.put("/v1/clock", {"now": "2025-04-11T00:00:00Z"})
        found = await client.get("/v1/models")
        assert (found["bucket_rates"]["version"], len(found["versions"])) == ("own-1", 1)
        assert (await client.put("/v1/bucket-rates/own-1", tomorrow)).status_code == 200


PUTS = {
    "today": ("today-1", RATES, 200, None),
    "yesterday": ("past-1", RATES | {"effective_on": "2025-04-09"}, 422, "in-the-past"),
    "the shipped name": (SHIPPED_RATES.version, RATES, 409, "contradiction"),
    "a row that misses 1": ("odd-1", RATES | {"matrix": [["0.5"] + ["0"] * 4, *MATRIX[1:]]}, 422, "bad-value"),
    "four rows": ("odd-1", RATES | {"matrix": MATRIX[1:]}, 422, "bad-value"),
    "floats": ("odd-1", RATES | {"matrix": [[0.2] * 5] * 5}, 422, "float"),
    "no name": ("%20", RATES, 422, "schema"),
}  # fmt: skip


@pytest.mark.parametrize(("version", "body", "status", "code"), PUTS.values(), ids=PUTS)
async def test_rates_are_kept_or_refused_by_name(scoring, version, body, status, code):
    answer = await scoring.put(f"/v1/bucket-rates/{version}", body)
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text


async def test_other_content_under_a_kept_version_is_a_contradiction(scoring):
    assert (await scoring.put("/v1/bucket-rates/kept-1", RATES)).status_code == 200
    answer = await scoring.put("/v1/bucket-rates/kept-1", RATES | {"measured_on": "elsewhere"})
    assert (answer.status_code, answer.json()["code"]) == (409, "contradiction")


async def test_the_portfolio_is_told_by_instalments_unpaid_and_band(street):
    found = await street.scoring.get("/v1/portfolio/risk")
    (stage,) = found["stages"]
    assert (stage["instalments_unpaid"], stage["bands"][0]["borrowers"], stage["bands"][0]["loans"]) == (2, 1, 2)
    assert stage["expected_cash"] == (await street.assessment())["expected_cash"]


# Doors

READS = ("/v1/customers/C1/assessment", "/v1/customers/C1/features", "/v1/models", "/v1/portfolio/risk")


@pytest.mark.parametrize("path", READS)
async def test_no_door_opens_without_its_scope(street, path):
    for scopes, status in (((), 403), (("loans:read",), 403), (("risk:read",), 200)):
        answer = await street.scoring.http.get(path, headers=street.scoring.bearer(*scopes))
        assert answer.status_code == status, answer.text
    body = {"content": json.dumps(RATES), "headers": street.scoring.bearer("risk:read")}
    assert (await street.scoring.http.put("/v1/bucket-rates/own-9", **body)).status_code == 403


async def test_every_own_answer_has_an_example_that_fits_its_schema(scoring):
    paths = (await scoring.http.get("/openapi.json")).json()["paths"]
    own = [path for path in paths if path.startswith(("/v1/assessments", "/v1/models", "/v1/bucket", "/v1/portfolio"))]
    own += ["/v1/customers/{customer_id}/assessment", "/v1/customers/{customer_id}/features"]
    for path in own:
        for operation in paths[path].values():
            content = operation["responses"]["200"]["content"]["application/json"]
            assert content["example"], path
    body = paths["/v1/assessments/preview"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert (await scoring.post("/v1/assessments/preview", body)).status_code == 200


def test_a_missing_neighbour_is_named_at_the_start(tmp_path):
    with pytest.raises(ValueError, match="feedback"):
        peers_of(settings_of(tmp_path, "postgresql+asyncpg://unused", peers={"ingest": NOWHERE, "contact": NOWHERE}))


async def test_the_house_starts_by_its_environment_alone(databases: Databases, tmp_path: Path):
    database, port = await databases.fresh("scoring"), free_port()
    settings_of(tmp_path, database.app_url)
    environment = {
        "PATH": os.environ["PATH"],
        "FORBEAR_DATABASE_URL": database.app_url,
        "FORBEAR_PORT": str(port),
        "FORBEAR_JWKS_FILE": str(jwks_file(tmp_path)),
        "FORBEAR_SERVICE_TOKEN_FILE": str(tmp_path / "scoring.jwt"),
        "FORBEAR_JURISDICTION": "CN",
        "FORBEAR_PEERS": json.dumps(dict.fromkeys(("ingest", "contact", "feedback"), NOWHERE)),
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.scoring.app", env=environment, cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http, asyncio.timeout(30):
            while not await is_ready(http):
                assert child.returncode is None
                await asyncio.sleep(timedelta(milliseconds=100).total_seconds())
    finally:
        child.terminate()
        assert await asyncio.wait_for(child.wait(), 25) is not None


async def is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False
