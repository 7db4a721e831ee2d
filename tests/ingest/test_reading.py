"""A bad event in a call: named by its index and its id, shown its place, never repeated, and harmless to the others."""

import base64
import json

import pytest

from tests.ingest.posting import BATCH, opened, paid, report

pytestmark = pytest.mark.postgres

SECRET = "SECRETMARK"


def posted(**data) -> str:
    """A payment as it is posted, with raw JSON for some of its fields."""
    text = json.dumps(paid("BAD"))
    more = "".join(f', "{name}": {raw}' for name, raw in data.items())  # of a repeated name the last counts
    return text.replace('"kind": "repayment"', f'"kind": "repayment"{more}')


def classified(asset_class: str) -> str:
    data = f'{{"loan_id": "L1", "class": {asset_class}, "on": "2025-01-20"}}'
    return json.dumps(paid("BAD") | {"type": "loan.classified", "data": {}}).replace("{}", data)


def revised(amount: str) -> str:
    data = f'{{"loan_id": "L1", "revision_id": "R", "kind": "reage", "effective_on": "2025-01-20", "instalments": [{{"number": 1, "due_on": "2025-02-01", "principal": "1"}}, {{"number": 2, "due_on": "2025-03-01", "principal": {amount}}}]}}'  # noqa: E501
    return json.dumps(paid("BAD") | {"type": "loan.rescheduled", "data": {}}).replace("{}", data)


FAULTS = {
    "a float": (posted(amount="1.5"), "float", "/data/amount"),
    "a float with an exponent": (posted(amount="1e2"), "float", "/data/amount"),
    "a number beyond every float": (posted(amount="1e400000"), "float", "/data/amount"),
    "a whole number beyond every integer": (posted(amount="9" * 5000), "number-too-large", "/data/amount"),
    "a float where nobody looks": (posted(secretmark="1.5"), "float", "/data"),
    "a float deep inside": (revised("3.5"), "float", "/data/instalments/1/principal"),
    "a float under a name of core banking": (classified("1.5"), "float", "/data/class"),
    "an unknown word under such a name": (classified('"SECRETMARK"'), "unknown-word", "/data/class"),
    "infinity in text": (posted(amount='"Infinity"'), "bad-value", "/data/amount"),
    "U+0000": (posted(channel='"SECRETMARK\\u0000"'), "invalid-text", "/data/channel"),
    "a lone surrogate": (posted(channel='"SECRETMARK\\ud800"'), "invalid-text", "/data/channel"),
    "no Unicode": (posted(channel='"SECRETMARK\udcff"'), "invalid-text", "/data/channel"),
    "a field that is missing": (posted().replace('"kind"', '"sort"'), "missing-field", "/data/kind"),
    "a loan with a control character": (posted(loan_id='"SECRETMARK\\u0007"'), "bad-value", "/data/loan_id"),
    "an amount of zero": (posted(amount='"0.00"'), "amount-not-positive", "/data/amount"),
    "more decimals than yuan have": (posted(amount='"1.001"'), "currency-decimals", "/data/amount"),
    "a float as an extension": (json.dumps(paid("BAD") | {"secretmark": 1.5}), "float", ""),
    "a float as the time": (json.dumps(paid("BAD") | {"time": 1.5}), "bad-value", "/time"),
}  # fmt: skip


@pytest.mark.parametrize(("bad", "code", "pointer"), FAULTS.values(), ids=FAULTS)
async def test_a_bad_event_is_named_and_shown_its_place(ingest, bad, code, pointer):
    await report(ingest, opened())
    body = f"[{json.dumps(paid('P1'))}, {bad}, {json.dumps(paid('P2'))}]".encode(errors="surrogateescape")
    answer = await ingest.http.post("/v1/events", content=body, headers={"content-type": BATCH})
    receipt = answer.json()
    assert (receipt["accepted"], receipt["rejected"]) == (2, 1)
    (item,) = receipt["items"]
    assert (item["index"], item["id"], item["reason"], item["pointer"]) == (1, "pay-BAD", code, pointer)
    assert SECRET not in answer.text.upper()


async def test_an_id_that_cannot_be_one_is_not_repeated_and_is_shown(ingest):
    bad = json.dumps(paid("BAD")).replace('"pay-BAD"', '"SECRETMARK\\u0000"')
    answer = await ingest.http.post("/v1/events", content=f"[{bad}]", headers={"content-type": BATCH})
    (item,) = answer.json()["items"]
    assert (item["index"], item["id"], item["pointer"]) == (0, None, "/id")
    assert SECRET not in answer.text


async def test_a_float_is_found_in_one_event_however_it_comes(ingest):
    await report(ingest, opened())
    whole = json.loads(posted(amount='"1.00"'))
    data = json.dumps(whole.pop("data")).replace('"1.00"', "1.5")
    single = {"content-type": "application/cloudevents+json"}
    binary = {f"ce-{name}": value for name, value in whole.items()} | {"content-type": "application/json"}
    in_base64 = json.dumps(whole | {"data_base64": base64.b64encode(data.encode()).decode()})
    calls = ((posted(amount="1.5"), single), (data, binary), (in_base64, single))
    for body, headers in calls:
        answer = await ingest.http.post("/v1/events", content=body, headers=headers)
        (item,) = answer.json()["items"]
        assert (item["id"], item["reason"], item["pointer"]) == ("pay-BAD", "float", "/data/amount")


async def test_a_pause_entered_by_a_person_is_shown_its_place_in_what_was_entered(ingest):
    await report(ingest, opened())
    answer = await ingest.post("/v1/loans/L1/pauses", {"from_on": "2025-02-05", "until_on": "2025-02-05"})
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"pointer": "/from_on"}])


ALONE = {
    "no JSON": (lambda good: b"{nope", 400, "not-json"),
    "cut off": (lambda good: good[:-1], 400, "not-json"),
    "no UTF-8": (lambda good: with_field(good, b'"\xff"'), 400, "not-utf-8"),
    "nested without end": (lambda good: b'{"id": ' + b"[" * 100_000, 400, "nested-too-deep"),
    "nested a little too deep": (lambda good: with_field(good, b"[" * 32 + b"]" * 32), 400, "nested-too-deep"),
    "more than a fact may be": (lambda good: with_field(good, b'"' + b"x" * 300_000 + b'"'), 413, "body-too-large"),
}


def with_field(good: bytes, value: bytes) -> bytes:
    return good[:-1] + b', "filler": ' + value + b"}"


@pytest.mark.parametrize(("spoil", "status", "code"), ALONE.values(), ids=ALONE)
@pytest.mark.parametrize("mode", ["structured", "binary"])
async def test_one_event_that_cannot_be_read_is_a_problem_like_any_other_body(ingest, spoil, status, code, mode):
    event = paid("P1")
    whole = event if mode == "structured" else event["data"]
    attributes = {f"ce-{name}": value for name, value in event.items() if name != "data"}
    said = {"content-type": "application/cloudevents+json"} if mode == "structured" else attributes
    answer = await ingest.http.post("/v1/events", content=spoil(json.dumps(whole).encode()), headers=said)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await ingest.sql("select count(*) from facts") == [(0,)]
