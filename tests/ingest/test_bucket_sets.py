"""Bucket sets at their door: stated, changed by whoever has seen them, in force from their day on."""

import asyncio
import json

import pytest

from tests.ingest.posting import close_days, opened, report

pytestmark = pytest.mark.postgres

FINER = [{"min_days": 1, "max_days": 10}, {"min_days": 11, "max_days": 30}, {"min_days": 31, "max_days": None}]
COARSE = [{"min_days": 1, "max_days": None, "name": "late"}]


async def put(client, name: str, body, **headers):
    return await client.http.put(
        f"/v1/bucket-sets/{name}", content=json.dumps(body), headers={"content-type": "application/json"} | headers
    )


async def bucket(client, loan: str = "L1", **asked) -> str | None:
    return (await client.get(f"/v1/loans/{loan}/position", **asked))["bucket"]


async def changes(client, customer: str = "C1") -> list[tuple[str, str]]:
    items = (await client.get(f"/v1/customers/{customer}/events"))["items"]
    told = [json.loads(one["data"]) for one in items if one["type"] == "DelinquencyChanged"]
    return [(one["as_of"], one["bucket_to"]) for one in told]


async def basis_of_last(client) -> dict:
    said = (await client.get("/v1/customers/C1/events"))["items"][-1]
    return json.loads(said["basis"]) if isinstance(said["basis"], str) else said["basis"]


async def test_the_shipped_sets_are_shown(ingest):
    answer = await ingest.get("/v1/bucket-sets")
    assert [one["name"] for one in answer["items"]] == ["cn-5", "cn-m", "default"]
    assert answer["items"][2]["versions"][0]["ranges"][0] == {"name": "1-3", "min_days": 1, "max_days": 3}


@pytest.mark.parametrize("body", [FINER, {"ranges": FINER}, {"ranges": FINER, "basis": "delinquent_days"}])
async def test_a_new_set_is_taken_and_a_loan_may_name_it_at_once(ingest, body):
    assert (await report(ingest, opened(bucket_set="ours")))["rejected"] == 1
    answer = await put(ingest, "ours", body)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert (await put(ingest, "ours", body)).headers["etag"] == '"1"'
    assert (await report(ingest, opened(id_="again", bucket_set="ours")))["accepted"] == 1
    await close_days(ingest, "2025-02-12")
    assert await bucket(ingest) == "11-30"


async def test_a_change_needs_the_version_it_follows(ingest):
    assert (await put(ingest, "default", FINER)).status_code == 428
    assert (await put(ingest, "default", FINER, **{"If-Match": '"2"'})).status_code == 412
    changed = await put(ingest, "default", FINER, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (await put(ingest, "default", FINER, **{"If-Match": '"1"'})).status_code == 200  # the same call repeated
    assert (await put(ingest, "default", COARSE, **{"If-Match": '"1"'})).status_code == 412
    assert (await put(ingest, "default", COARSE, **{"If-Match": "*"})).headers["etag"] == '"3"'
    shown = await ingest.http.get("/v1/bucket-sets/default")
    assert (shown.headers["etag"], [one["version"] for one in shown.json()["versions"]]) == ('"3"', [1, 2, 3])


async def test_of_two_changes_at_once_one_is_told_that_it_came_too_late(ingest):
    answers = await asyncio.gather(*(put(ingest, "default", body, **{"If-Match": '"1"'}) for body in (FINER, COARSE)))
    assert sorted(one.status_code for one in answers) == [200, 412]


async def test_past_due_loans_are_graded_anew_on_the_day_and_days_before_stay_as_they_were(ingest):
    await report(ingest, opened(), opened("L2", "C2", bucket_set="cn-m"))
    await close_days(ingest, "2025-02-12")
    assert await bucket(ingest) == "4-30"
    changed = {"ranges": FINER, "effective_on": "2025-02-15"}
    assert (await put(ingest, "default", changed, **{"If-Match": '"1"'})).status_code == 200
    await close_days(ingest, "2025-02-14")
    assert (await bucket(ingest), (await ingest.get("/v1/loans/L1"))["bucket"]) == ("4-30", "4-30")
    assert (await basis_of_last(ingest))["versions"]["bucket_sets"] == "0"
    await close_days(ingest, "2025-02-15")
    assert (await bucket(ingest), (await ingest.get("/v1/loans/L1"))["bucket"]) == ("11-30", "11-30")
    assert (await basis_of_last(ingest))["versions"]["bucket_sets"] == "1"
    assert (await bucket(ingest, as_of="2025-02-14"), await bucket(ingest, "L2")) == ("4-30", "M1")
    rows = (await ingest.get("/v1/loans/L1/history"))["items"]
    assert [(one["from_on"], one.get("bucket")) for one in rows][-2:] == [
        ("2025-02-05", "4-30"),
        ("2025-02-15", "11-30"),
    ]
    changes = [
        one for one in (await ingest.get("/v1/customers/C1/events"))["items"] if one["type"] == "DelinquencyChanged"
    ]
    assert [json.loads(one["data"])["as_of"] for one in changes] == ["2025-02-02", "2025-02-05", "2025-02-15"]
    said_of_other = [one["type"] for one in (await ingest.get("/v1/customers/C2/events"))["items"]]
    assert said_of_other.count("DelinquencyChanged") == 1


async def test_days_closed_at_once_pass_through_the_change(ingest):
    await report(ingest, opened(months=1))
    await close_days(ingest, "2025-02-12")
    await put(ingest, "default", {"ranges": FINER, "effective_on": "2025-02-20"}, **{"If-Match": '"1"'})
    await close_days(ingest, "2025-03-10")
    assert await changes(ingest) == [
        ("2025-02-02", "1-3"), ("2025-02-05", "4-30"), ("2025-02-20", "11-30"), ("2025-03-04", "31+"),
    ]  # fmt: skip


async def test_whoever_dies_before_waking_the_loans_is_made_up_for_by_a_repeat(ingest):
    await report(ingest, opened(months=1))
    await close_days(ingest, "2025-02-12")
    changed = {"ranges": FINER, "effective_on": "2025-02-15"}
    await put(ingest, "default", changed, **{"If-Match": '"1"'})
    await ingest.sql("update subjects set wake_at = '2025-03-04T00:00:00Z'")
    await put(ingest, "default", changed, **{"If-Match": '"1"'})
    await close_days(ingest, "2025-02-15")
    assert (await ingest.get("/v1/loans/L1"))["bucket"] == "11-30"


SECRET = "SECRETMARK"
BAD = {
    "nothing": ({}, "missing-field", "/ranges"),
    "no object": ("SECRETMARK", "wrong-type", ""),
    "no ranges": ([], "bucket-count", "/ranges"),
    "a gap": ([{"min_days": 1, "max_days": 3}, {"min_days": 5, "max_days": 9}], "buckets-gap", "/ranges"),
    "an open end by silence": ([{"min_days": 1}], "missing-field", "/ranges/0/max_days"),
    "days in text": ([{"min_days": "1", "max_days": 3}], "wrong-type", "/ranges/0/min_days"),
    "a float": ([{"min_days": 1.5, "max_days": 3}], "float", "/ranges/0/min_days"),
    "an unknown basis": ({"ranges": FINER, "basis": SECRET}, "unknown-word", "/basis"),
    "no date": ({"ranges": FINER, "effective_on": SECRET}, "wrong-type", "/effective_on"),
    "U+0000": ([{"min_days": 1, "max_days": 3, "name": SECRET + "\0"}], "invalid-text", "/ranges/0/name"),
    "a control character": ([{"min_days": 1, "max_days": 3, "name": SECRET + "\x07"}], "bad-value", "/ranges/0/name"),
}


@pytest.mark.parametrize(("body", "code", "pointer"), BAD.values(), ids=BAD)
async def test_a_set_that_makes_no_sense_is_refused_with_its_place(ingest, body, code, pointer):
    answer = await put(ingest, "ours", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json().get("errors", []) == ([{"pointer": pointer}] if pointer else [])
    assert SECRET not in answer.text
    assert (await ingest.http.get("/v1/bucket-sets/ours")).status_code == 404


KEEP = """
insert into bucket_sets (name, version, effective_on, basis, ranges, set_by, set_at)
select coalesce($1, 's' || n), case when $1 is null then 1 else n end, date '0001-01-01', 'past_due_days',
       '[{"min_days": 1, "max_days": 9}]', 'tests', now()
from generate_series($2::int, $3::int) n
"""


async def test_there_are_at_most_a_hundred_sets_of_a_hundred_versions(ingest):
    await ingest.sql(KEEP, None, 1, 96)
    assert (await put(ingest, "ours", FINER)).status_code == 200
    assert (await put(ingest, "more", FINER)).json()["code"] == "too-many-bucket-sets"
    await ingest.sql(KEEP, "ours", 2, 99)
    assert (await put(ingest, "ours", FINER, **{"If-Match": '"99"'})).status_code == 200
    assert (await put(ingest, "ours", COARSE, **{"If-Match": '"100"'})).json()["code"] == "too-many-versions"


@pytest.mark.parametrize(("scopes", "read", "written"), [((), 403, 403), (("policies:read",), 200, 403)])
async def test_only_who_may_changes_rules(ingest, scopes, read, written):
    headers = ingest.bearer(*scopes)
    assert (await ingest.http.get("/v1/bucket-sets", headers=headers)).status_code == read
    assert (await put(ingest, "ours", FINER, **headers)).status_code == written
