"""Contact's HTTP door over real PostgreSQL: checks, profiles, holds, attempts; what is said and what is never shown."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.contact.desk import running_contact
from tests.harness import Databases
from tests.houses import Client

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
PHONE, MAIL, NAME = "+86 138-0000-4711", "Li.Si@example.com", "李四光明"
PROFILE = {
    "language": "zh-CN", "jurisdiction": "CN", "time_zone": "Asia/Shanghai", "name": NAME,
    "channels": [
        {"channel": "sms", "address": PHONE, "consent": True, "consent_at": "2026-01-01T00:00:00Z"},
        {"channel": "email", "address": MAIL},
    ],
}  # fmt: skip
CASES = Path(__file__).parents[2].parent / "shared" / "examples" / "contact_checks.json"


@pytest.fixture
async def contact(databases: Databases, tmp_path) -> AsyncIterator[Client]:
    async with running_contact(databases, tmp_path, NOW) as client:
        yield client


def check(**proposed) -> dict:
    return {
        "jurisdiction": "CN",
        "debtor": {"time_zone": "Asia/Shanghai", "debts": [{"id": "D1"}]},
        "history": [],
        "proposed": {"at": "2026-03-10T12:00:00+08:00", "channel": "sms", "purpose": "collect_debt", "debt": "D1"}
        | proposed,
    }


async def state(contact: Client, customer: str = "C1", if_match: str | None = None, **changed):
    headers = {"If-Match": if_match} if if_match else {}
    return await contact.http.put(f"/v1/customers/{customer}/profile", json=PROFILE | changed, headers=headers)


async def test_a_contact_check_answers_with_the_whole_decision(contact):
    answer = (await contact.post("/v1/contact-checks", check())).json()
    assert set(answer) >= {"decision", "earliest_permitted", "rule", "objections", "flags", "computed", "trace"}
    night = (await contact.post("/v1/contact-checks", check(at="2026-03-10T23:00:00+08:00"))).json()
    assert (night["decision"], night["earliest_permitted"]) == ("defer", "2026-03-11T00:00:00Z")
    assert night["rule"] in {objection["rule"] for objection in night["objections"]}


async def test_the_check_that_the_documentation_shows_is_answered(contact):
    asked = contact.app.openapi()["paths"]["/v1/contact-checks"]["post"]["requestBody"]["content"]["application/json"]
    answer = await contact.post("/v1/contact-checks", asked["example"])
    assert (answer.status_code, answer.json()["decision"]) == (200, "allow"), answer.text


async def test_a_contact_check_writes_nothing(contact):
    before = await contact.sql("select count(*) from journal")
    await contact.post("/v1/contact-checks", check())
    assert await contact.sql("select count(*) from journal") == before


BAD_CHECKS = {
    "an unknown channel": (check(channel="pigeon"), 422, "/proposed/channel"),
    "an unknown purpose": (check(purpose="SECRETMARK"), 422, "/proposed/purpose"),
    "no debtor": ({"jurisdiction": "CN", "proposed": check()["proposed"]}, 422, "/debtor"),
    "a zone that is none": (check() | {"debtor": {"time_zone": "Mars/SECRETMARK"}}, 422, "/debtor/time_zone"),
    "an unknown outcome": (
        check() | {"history": [{"at": "2026-03-09T10:00:00Z", "channel": "sms", "outcome": "SECRETMARK"}]},
        422, "/history/0/outcome",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "pointer"), BAD_CHECKS.values(), ids=BAD_CHECKS)
async def test_an_unknown_word_is_refused_where_it_stands_and_not_echoed(contact, body, status, pointer):
    answer = await contact.post("/v1/contact-checks", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer)
    assert "SECRETMARK" not in answer.text


@pytest.mark.skipif(not CASES.exists(), reason="the example cases are not part of the repository")
async def test_every_example_case_is_answered_over_http_as_it_expects(contact):
    await contact.put("/v1/clock", {"now": "2026-12-31T00:00:00Z"})  # after everything that the cases tell of
    wrong = []
    for case in json.loads(CASES.read_text())["cases"]:
        expected = case.pop("expected")
        answer = (await contact.post("/v1/contact-checks", case)).json()
        deciding = expected["decision"] != "allow"  # where it is allowed no deciding rule is expected
        told = (answer["decision"], answer["rule"] if deciding else None)
        if told != (expected["decision"], expected["rule"] if deciding else None):
            wrong.append((case["id"], told))
    assert wrong == []


async def test_packs_are_shown_with_the_source_of_every_rule(contact):
    names = {pack["name"] for pack in (await contact.get("/v1/packs"))["items"]}
    assert names >= {"CN", "US-FED", "US-MA", "US-WA", "UK", "IN", "AU", "ID", "PH", "KR"}
    pack = await contact.get("/v1/packs/CN")
    assert all(rule["source"] for rule in pack["rules"])
    assert (await contact.http.get("/v1/packs/NONE")).status_code == 404


async def test_the_years_of_the_calendar_are_loaded_but_for_those_its_sources_tell_differently(contact):
    years = {row["year"] for row in (await contact.get("/v1/calendars"))["items"]}
    assert years >= {2024, 2025, 2026}
    assert 2005 not in years
    made = await contact.sql("select kind from calendars where day = '2026-02-14'")
    assert [row["kind"] for row in made] == ["working"]  # a Saturday before the Spring Festival


async def test_a_profile_is_stated_and_shown_masked(contact):
    answer = await state(contact)
    assert answer.status_code == 200, answer.text
    shown = await contact.get("/v1/customers/C1/profile")
    assert shown == answer.json()
    assert (shown["name"], [one["address"] for one in shown["channels"]]) == ("李**", ["***11", "L***@e***"])
    assert shown["channels"][0]["consent"] is True


async def test_who_reveals_a_profile_says_why_and_is_written_down(contact):
    await state(contact)
    url = "/v1/customers/C1/profile/reveal"
    assert (await contact.post(url, {})).status_code == 422
    revealed = (await contact.post(url, {"reason": "the borrower asks which number we hold"})).json()
    assert (revealed["name"], revealed["channels"][0]["address"]) == (NAME, PHONE)
    [row] = await contact.sql("select key, principal, reason from reveals")
    assert tuple(row) == ("C1", "tests", "the borrower asks which number we hold")
    masked = contact.bearer("borrowers:read")
    assert (await contact.http.post(url, json={"reason": "let me see"}, headers=masked)).status_code == 403


async def test_nothing_in_the_clear_reaches_a_table_a_topic_or_a_log(contact, caplog):
    await state(contact)
    await contact.post("/v1/customers/C1/profile/reveal", {"reason": "a reason of some kind"})
    tables = [row[0] for row in await contact.sql("select tablename from pg_tables where schemaname = 'public'")]
    rows = [row for name in tables for row in await contact.sql(f'select * from "{name}"')]
    stored = "\n".join(repr(tuple(row)) for row in rows)
    for planted in (PHONE, "13800004711", MAIL, MAIL.lower(), NAME, repr(NAME.encode())[2:-1]):
        assert planted not in stored
        assert planted not in caplog.text


async def test_a_changed_profile_is_not_overwritten_by_who_has_not_seen_it(contact):
    first = (await state(contact)).headers["ETag"]
    second = (await state(contact, if_match=first, segment="new")).headers["ETag"]
    assert first != second
    assert (await state(contact, if_match=first)).status_code == 412
    assert (await contact.get("/v1/customers/C1/profile"))["segment"] == "new"


async def test_of_two_who_saw_the_same_profile_one_changes_it(contact):
    seen = (await state(contact)).headers["ETag"]
    answers = await asyncio.gather(*(state(contact, if_match=seen, segment=f"s{n}") for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


async def test_a_name_alone_changes_the_tag_of_a_profile(contact):
    first = (await state(contact)).headers["ETag"]
    assert (await state(contact, name="王五")).headers["ETag"] != first


UNREADABLE = {
    "nothing": (b"", 400, "not-json"),
    "cut off": (b"{", 400, "not-json"),
    "cut off in a list": (b"[1", 400, "not-json"),
    "no UTF-8": (b'{"a": "\xff"}', 400, "not-utf-8"),
    "nested without end": (b"[" * 5000, 400, "nested-too-deep"),
    "a list": (b"[]", 422, "wrong-type"),
    "a float": (b'{"debtor": {"age": 1.5}}', 422, "float"),
    "three hundred kilobytes": (b'{"id": "' + b"x" * 300_000 + b'"}', 413, "body-too-large"),
    "ten megabytes": (b" " * 10_000_000, 413, "body-too-large"),
}


@pytest.mark.parametrize(("body", "status", "code"), UNREADABLE.values(), ids=UNREADABLE)
async def test_a_check_that_cannot_be_read_is_a_problem(contact, body, status, code):
    answer = await contact.http.post("/v1/contact-checks", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_erased_borrower_is_restricted_and_cannot_be_read_any_more(contact):
    await state(contact)
    assert (await contact.http.delete("/v1/customers/C1/profile")).status_code == 200
    shown = await contact.get("/v1/customers/C1/profile")
    assert (shown["restricted"], shown["name"], shown["channels"]) == (True, None, [])
    assert await contact.sql("select * from vault") == []
    assert await contact.sql("select * from data_keys") == []


async def test_a_hold_is_placed_listed_and_ended(contact):
    asked = {"customer_id": "C1", "kind": "payment_claimed"}
    placed = await contact.post("/v1/holds", asked)
    assert placed.status_code == 201, placed.text
    [hold] = (await contact.get("/v1/holds", customer_id="C1"))["items"]
    assert (hold["hold_id"], hold["kind"]) == (placed.json()["hold_id"], "payment_claimed")
    assert len((await contact.get("/v1/holds"))["items"]) == 1
    assert (await contact.http.delete(f"/v1/holds/{hold['hold_id']}")).status_code == 200
    assert (await contact.get("/v1/holds", customer_id="C1"))["items"] == []
    assert (await contact.http.delete(f"/v1/holds/{hold['hold_id']}")).status_code == 404


async def test_a_hold_asked_for_twice_under_one_key_is_placed_once(contact):
    asked = {"customer_id": "C1", "kind": "regulator"}
    answers = [await contact.post("/v1/holds", asked, **{"Idempotency-Key": "once"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len((await contact.get("/v1/holds"))["items"]) == 1


DOORS = {
    "a check": ("POST", "/v1/contact-checks", "contacts:read"),
    "the packs": ("GET", "/v1/packs", "contacts:read"),
    "a profile": ("PUT", "/v1/customers/C1/profile", "pii:write"),
    "a masked profile": ("GET", "/v1/customers/C1/profile", "borrowers:read"),
    "a reveal": ("POST", "/v1/customers/C1/profile/reveal", "pii:read"),
    "an erasure": ("DELETE", "/v1/customers/C1/profile", "pii:write"),
    "a hold": ("POST", "/v1/holds", "holds:write"),
    "the holds": ("GET", "/v1/holds", "contacts:read"),
    "the end of a hold": ("DELETE", "/v1/holds/H1", "holds:write"),
    "the contacts": ("GET", "/v1/customers/C1/contacts", "contacts:read"),
    "the attempts": ("GET", "/v1/attempts?state=unknown", "contacts:read"),
    "a settlement": ("POST", "/v1/attempts/A1/settle", "contacts:write"),
    "an approval": ("POST", "/v1/contacts/K1/approval", "contacts:approve"),
    "the kill switch": ("PUT", "/v1/killswitch", "killswitch:write"),
    "its release": ("DELETE", "/v1/killswitch?scope=global", "killswitch:write"),
}


@pytest.mark.parametrize(("method", "path", "scope"), DOORS.values(), ids=DOORS)
async def test_no_door_opens_without_its_scope(contact, method, path, scope):
    for headers, refused in ((contact.bearer("loans:read"), True), (contact.bearer(scope), False)):
        answer = await contact.http.request(method, path, headers=headers)
        assert (answer.status_code == 403) == refused, answer.text


NUL_DOORS = (
    "GET /v1/attempts?state=unknown&after=%00", "POST /v1/attempts/%00/settle", "POST /v1/contacts/%00/approval",
    "GET /v1/holds?after=%00",
    "GET /v1/holds?customer_id=%00", "DELETE /v1/holds/%00", "GET /v1/customers/%00/contacts",
    "GET /v1/customers/%00/profile", "GET /v1/packs/%00", "DELETE /v1/killswitch?scope=channel&value=%00",
)  # fmt: skip


@pytest.mark.parametrize("door", NUL_DOORS)
async def test_text_that_no_database_holds_is_refused_at_every_door(contact, door):
    method, path = door.split()
    body = {"json": {"outcome": "written_off"}} if method == "POST" else {}
    answer = await contact.http.request(method, path, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "schema")


async def test_a_reason_that_no_database_holds_is_refused(contact):
    await state(contact)
    odd = {"reason": "because\x00of that"}
    revealed = await contact.post("/v1/customers/C1/profile/reveal", odd)
    thrown = await contact.put("/v1/killswitch", {"scope": "channel", "value": "sms", **odd})
    assert (revealed.status_code, thrown.status_code) == (422, 422)


async def test_an_attempt_nobody_knows_cannot_be_settled(contact):
    answer = await contact.post("/v1/attempts/A1/settle", {"outcome": "written_off"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_a_bad_pack_stops_the_start_by_name(databases, tmp_path):
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "XX.yaml").write_text("name: XX\ntitle: broken\nversion: '1'\nrules: [{kind: nonsense}]\n")
    with pytest.raises(RuntimeError, match=r"XX\.yaml: .*rules/0/kind"):
        async with running_contact(databases, tmp_path, NOW, packs=tmp_path / "packs"):
            pass
