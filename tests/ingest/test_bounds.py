"""What a caller may send, on both sides of each bound; what lies outside is refused, never a fault, never told."""

import json

import pytest

from services.ingest.api.reading import FACT_BYTES_MAX
from tests.ingest.posting import BATCH, close_days, event, opened, paid, report

pytestmark = pytest.mark.postgres

SECRET = "SECRETMARK"


@pytest.mark.parametrize(("count", "status"), [(1000, 202), (1001, 413)])
async def test_a_call_brings_at_most_a_thousand_events(ingest, count, status):
    body = json.dumps([paid(f"P{n}", amount="0.01") for n in range(count)])
    answer = await ingest.http.post("/v1/events", content=body, headers={"content-type": BATCH})
    assert answer.status_code == status
    assert status == 413 or answer.json()["held"] == count


@pytest.mark.parametrize(("size", "reason"), [(FACT_BYTES_MAX, None), (FACT_BYTES_MAX + 1, "body-too-large")])
async def test_an_event_has_at_most_256_kib_and_one_above_is_still_named(ingest, size, reason):
    await report(ingest, opened())
    bare = json.dumps(paid("P1") | {"filler": ""})
    padded = bare.replace('"filler": ""', f'"filler": "{"x" * (size - len(bare))}"')
    answer = await ingest.http.post("/v1/events", content=f"[{padded}]", headers={"content-type": BATCH})
    assert [(one["id"], one["reason"]) for one in answer.json()["items"]] == ([("pay-P1", reason)] if reason else [])


@pytest.mark.parametrize("attribute", ["id", "source"])
@pytest.mark.parametrize(("length", "accepted"), [(1, 1), (256, 1), (257, 0), (0, 0)])
async def test_an_attribute_has_1_to_256_characters(ingest, attribute, length, accepted):
    await report(ingest, opened())
    receipt = await report(ingest, paid("P1") | {attribute: "x" * length})
    assert receipt["accepted"] == accepted
    assert accepted or receipt["items"][0]["pointer"] == f"/{attribute}"


TIMES = {
    "the first year": ("1970-01-01T00:00:00Z", 1),
    "before it": ("1969-12-31T23:59:59Z", 0),
    "the last year": ("9000-12-31T00:00:00Z", 1),
    "after it": ("9001-01-01T00:00:00Z", 0),
    "the end of all calendars": ("9999-12-31T23:59:59-12:00", 0),
    "without its offset": ("2025-01-01T00:00:00", 0),
}


@pytest.mark.parametrize(("time", "accepted"), TIMES.values(), ids=TIMES)
async def test_an_event_is_recorded_in_years_that_calendars_hold(ingest, time, accepted):
    await report(ingest, opened())
    assert (await report(ingest, paid("P1") | {"time": time}))["accepted"] == accepted


DATES = {
    "the first day": ("1900-01-01", 1),
    "before it": ("1899-12-31", 0),
    "the last day": ("2199-12-31", 1),
    "after it": ("2200-01-01", 0),
    "the end of the calendar": ("9999-12-31", 0),
}


@pytest.mark.parametrize(("on", "accepted"), DATES.values(), ids=DATES)
async def test_a_fact_speaks_of_days_that_loans_have_and_the_loan_stays_readable(ingest, on, accepted):
    await report(ingest, opened())
    receipt = await report(ingest, paid("P1", on=on))
    assert receipt["accepted"] == accepted
    assert accepted or (receipt["items"][0]["reason"], receipt["items"][0]["pointer"]) == (
        "date-out-of-range", "/data/value_on",
    )  # fmt: skip
    await close_days(ingest, "2025-02-10")
    for door in ("", "/position", "/history", "/statement"):
        await ingest.get(f"/v1/loans/L1{door}")


@pytest.mark.parametrize(("day", "status"), [("1900-01-01", 202), ("1899-12-31", 422), ("0001-01-01", 422)])
async def test_a_business_date_lies_in_the_calendar_of_loans(ingest, day, status):
    assert (await ingest.post("/v1/business-dates", {"business_date": day})).status_code == status


@pytest.mark.parametrize("until", ["2199-12-31", "9999-12-31"])
async def test_a_pause_entered_by_a_person_ends_in_the_calendar_of_loans(ingest, until):
    await report(ingest, opened())
    answer = await ingest.post("/v1/loans/L1/pauses", {"from_on": "2025-01-05", "until_on": until})
    assert answer.status_code == (201 if until < "2200" else 422)
    await close_days(ingest, "2025-02-10")
    assert (await ingest.get("/v1/loans/L1/position"))["delinquent_days"] == (0 if until < "2200" else 9)


ASKED = {
    "the first day of all": {"as_of": "0001-01-01"},
    "the last day of all": {"as_of": "9999-12-31"},
    "the first instant of all": {"known_at": "0001-01-01T00:00:00Z"},
    "an instant before all calendars": {"known_at": "0001-01-01T00:00:00+14:00"},
    "the last instant of all": {"known_at": "9999-12-31T23:59:59Z"},
    "an instant after all calendars": {"known_at": "9999-12-31T23:59:59-12:00"},
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
async def test_a_position_on_any_day_is_answered_or_refused(ingest, asked):
    await report(ingest, opened(), paid("P1"))
    await close_days(ingest, "2025-03-10")
    for door in ("position", "statement"):
        answer = await ingest.http.get(f"/v1/loans/L1/{door}", params=asked)
        assert answer.status_code in (200, 404, 422), answer.text


@pytest.mark.parametrize(("limit", "status"), [(1, 200), (1000, 200), (0, 422), (1001, 422)])
@pytest.mark.parametrize("door", ["/v1/held", "/v1/refusals", "/v1/reconciliation?from=2025-01-01&to=2025-01-02"])
async def test_a_page_has_one_to_a_thousand_lines(ingest, door, limit, status):
    mark = "&" if "?" in door else "?"
    assert (await ingest.http.get(f"{door}{mark}limit={limit}")).status_code == status


NUL = "SECRETMARK\x00"
COMMANDS = {
    "a pause": ("POST", "/v1/loans/L1/pauses", {"from_on": NUL, "until_on": "2025-01-09"}),
    "a pause on no loan": (
        "POST", "/v1/loans/SECRETMARK%00/pauses", {"from_on": "2025-01-05", "until_on": "2025-01-09"},
    ),
    "a resume on no loan": ("POST", "/v1/loans/SECRETMARK%00/resumes", {}),
    "a business date": ("POST", "/v1/business-dates", {"business_date": NUL}),
    "a bucket set's name": ("PUT", "/v1/bucket-sets/SECRETMARK%00", [{"min_days": 1, "max_days": 2}]),
    "a bucket's name": ("PUT", "/v1/bucket-sets/ours", [{"min_days": 1, "max_days": 2, "name": NUL}]),
    "ids to look up": ("POST", "/v1/reconciliation", {"source": "/core", "ids": [NUL]}),
    "a source to look up": ("POST", "/v1/reconciliation", {"source": NUL, "ids": ["x"]}),
    "a cursor": ("GET", "/v1/held?after=SECRETMARK%00", None),
    "a cursor of counts": ("GET", "/v1/reconciliation?from=2025-01-01&to=2025-01-02&after=SECRETMARK%00", None),
    "a loan behind which to go on": ("GET", "/v1/reconciliation/differences?after=SECRETMARK%00", None),
    "a borrower's story": ("GET", "/v1/customers/SECRETMARK%00/events", None),
    "a number of a refusal": ("POST", "/v1/refusals/SECRETMARK%00/discard", {}),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body"), COMMANDS.values(), ids=COMMANDS)
async def test_text_with_u0000_is_refused_at_every_door(ingest, method, path, body):
    await report(ingest, opened())
    answer = await ingest.http.request(method, path, json=body)
    assert (answer.status_code, SECRET in answer.text.upper()) == (422, False), answer.text


@pytest.mark.parametrize("field", ["loan_id", "customer_id", "product", "bucket_set"])
async def test_a_fact_with_u0000_is_rejected_with_its_place(ingest, field):
    bad = opened()
    bad["data"][field] = NUL
    (item,) = (await report(ingest, bad))["items"]
    assert (item["verdict"], item["reason"], item["pointer"]) == ("rejected", "invalid-text", f"/data/{field}")


@pytest.mark.parametrize(("count", "accepted"), [(600, 1), (601, 0)])
async def test_a_schedule_has_at_most_six_hundred_instalments(ingest, count, accepted):
    rows = [{"number": n, "due_on": "2025-02-01", "principal": "1.00"} for n in range(1, count + 1)]
    loan = event(
        "loan.opened", "open", loan_id="L1", customer_id="C1", product="cash", currency="CNY",
        principal=f"{count}.00", opened_on="2025-01-01", instalments=rows,
    )  # fmt: skip
    assert (await report(ingest, loan))["accepted"] == accepted
