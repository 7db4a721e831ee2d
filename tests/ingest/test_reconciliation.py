"""Comparing books: counts, sums and digests that core banking can make itself, ids looked up, balances compared."""

import json
from functools import reduce
from hashlib import sha256

import pytest

from tests.ingest.posting import close_days, event, opened, owed, paid, report, voided

pytestmark = pytest.mark.postgres

DAY = {"from": "2025-01-01", "to": "2025-01-31"}


def digest(*ids: str) -> str:
    """What core banking reckons on its side."""
    return f"{reduce(lambda one, other: one ^ other, (int(sha256(id_.encode()).hexdigest(), 16) for id_ in ids)):064x}"


def usd(loan: str, customer: str) -> dict:
    made = opened(loan, customer)
    made["data"]["currency"] = "USD"
    return made


async def counts(client, **asked) -> list[tuple]:
    items = (await client.get("/v1/reconciliation", **(DAY | asked)))["items"]
    return [(one["day"], one["source"], one["type"], one["currency"], one["count"], one["sum"]) for one in items]


async def test_what_was_accepted_is_counted_per_day_source_type_and_currency(ingest):
    later = paid("P3", amount="1.50") | {"time": "2025-01-02T09:00:00+08:00"}
    elsewhere = paid("P4", amount="2.00") | {"source": "/cards"}
    await report(ingest, opened(), usd("L2", "C2"), paid("P1"), paid("P2", amount="0.55"), later, elsewhere)
    await report(ingest, paid("P5", "L2", amount="7.00"), paid("P6", "unknown"), paid("P1"), voided("pay-P2"))
    assert await counts(ingest) == [
        ("2025-01-01", "/cards", "payment.received", "CNY", 1, "2.00"),
        ("2025-01-01", "/core", "fact.voided", "CNY", 1, None),
        ("2025-01-01", "/core", "loan.opened", "CNY", 1, "300.00"),
        ("2025-01-01", "/core", "loan.opened", "USD", 1, "300.00"),
        ("2025-01-01", "/core", "payment.received", "CNY", 2, "100.55"),
        ("2025-01-01", "/core", "payment.received", "USD", 1, "7.00"),
        ("2025-01-02", "/core", "payment.received", "CNY", 1, "1.50"),
    ]  # fmt: skip


async def test_the_digest_is_that_of_the_same_ids_in_any_order_and_of_no_others(ingest):
    await report(ingest, opened(), paid("P2"), paid("P1"), paid("P3"))
    items = (await ingest.get("/v1/reconciliation", **DAY))["items"]
    found = {one["type"]: one["digest"] for one in items}
    assert found == {"loan.opened": digest("open-L1"), "payment.received": digest("pay-P1", "pay-P2", "pay-P3")}
    assert found["payment.received"] != digest("pay-P1", "pay-P2", "pay-P4")


async def test_the_day_is_that_of_the_business_calendar(ingest):
    late = paid("P1") | {"time": "2025-01-09T16:00:00Z"}  # midnight in Shanghai
    before = paid("P2") | {"time": "2025-01-09T15:59:59Z"}
    await report(ingest, opened(), late, before)
    assert [one[0] for one in await counts(ingest) if one[2] == "payment.received"] == ["2025-01-09", "2025-01-10"]


@pytest.mark.parametrize("limit", [1, 3, 4, 100])
async def test_counts_are_paged_without_loss_or_repeat(ingest, limit):
    days = [paid(f"P{n}", amount="1.00") | {"time": f"2025-01-{n:02}T09:00:00+08:00"} for n in range(1, 12)]
    await report(ingest, opened(), *days)
    found, after = [], {}
    while after is not None:
        page = await ingest.get("/v1/reconciliation", limit=limit, **DAY, **after)
        found += [(one["day"], one["type"]) for one in page["items"]]
        after = {"after": page["next"]} if page["next"] else None
    assert found == [(one[0], one[2]) for one in await counts(ingest)]
    assert len(found) == 12


SPANS = {
    "one day": ("2025-01-01", "2025-01-01", 200),
    "thirty-one days": ("2025-01-01", "2025-01-31", 200),
    "thirty-two days": ("2025-01-01", "2025-02-01", 422),
    "backwards": ("2025-01-02", "2025-01-01", 422),
    "all days": ("0001-01-01", "9999-12-31", 422),
    "no date": ("yesterday", "2025-01-01", 422),
}


@pytest.mark.parametrize(("first", "last", "status"), SPANS.values(), ids=SPANS)
async def test_a_month_of_days_is_counted_at_once_and_no_more(ingest, first, last, status):
    answer = await ingest.http.get("/v1/reconciliation", params={"from": first, "to": last})
    assert (answer.status_code, "yesterday" in answer.text) == (status, False)


async def test_ids_are_looked_up_in_the_books(ingest):
    await report(ingest, paid("P1", amount="1.001"), paid("P9", "L9"))
    await report(ingest, opened(), paid("P2"), voided("pay-P2"), paid("P3", amount="-1.00"))
    ids = ["pay-P9", "pay-P1", "open-L1", "pay-P2", "pay-P3", "nowhere", "open-L1"]
    answer = await ingest.post("/v1/reconciliation", {"source": "/core", "ids": ids})
    assert answer.json() == {
        "accepted": ["open-L1", "pay-P2"], "held": ["pay-P9"], "refused": ["pay-P1"], "unknown": ["pay-P3", "nowhere"],
    }  # fmt: skip
    other = await ingest.post("/v1/reconciliation", {"source": "/cards", "ids": ["open-L1"]})
    assert other.json()["unknown"] == ["open-L1"]


ASKED = {
    "a thousand": ({"source": "/core", "ids": [str(n) for n in range(1000)]}, 200),
    "one more": ({"source": "/core", "ids": [str(n) for n in range(1001)]}, 422),
    "none": ({"source": "/core", "ids": []}, 422),
    "256 characters": ({"source": "/core", "ids": ["x" * 256]}, 200),
    "one character more": ({"source": "/core", "ids": ["SECRETMARK" + "x" * 247]}, 422),
    "U+0000": ({"source": "/core", "ids": ["SECRETMARK\0"]}, 422),
    "U+0000 in the source": ({"source": "SECRETMARK\0", "ids": ["x"]}, 422),
    "a lone surrogate": ({"source": "/core", "ids": ["SECRETMARK\ud800"]}, 422),
    "no source": ({"ids": ["x"]}, 422),
}


@pytest.mark.parametrize(("body", "status"), ASKED.values(), ids=ASKED)
async def test_what_is_looked_up_is_bounded_and_never_repeated_when_refused(ingest, body, status):
    answer = await ingest.post("/v1/reconciliation", body)
    assert (answer.status_code, "SECRETMARK" in answer.text) == (status, False)


def stated(loan: str, on: str, outstanding: str, overdue: str, id_: str) -> dict:
    return event("balance.stated", id_, loan_id=loan, as_of=on, outstanding=outstanding, overdue_amount=overdue)


async def test_the_balance_stated_last_is_compared_with_what_follows_from_the_facts(ingest):
    await report(ingest, *(opened(f"L{n}", f"C{n}") for n in range(1, 6)), paid("P1", "L1"))
    await report(
        ingest,
        stated("L1", "2025-02-05", "200.00", "0.00", "agrees"),
        stated("L2", "2025-02-05", "250.00", "50.00", "differs"),
        stated("L3", "2025-02-05", "1.00", "1.00", "stated before"),
        stated("L3", "2025-02-06", "300.00", "100.00", "stated last"),
        stated("L4", "2025-02-05", "1.00", "1.00", "void"), voided("void"),
    )  # fmt: skip
    await close_days(ingest, "2025-02-10")
    found = (await ingest.get("/v1/reconciliation/differences"))["items"]
    assert found == [
        {"loan_id": "L2", "as_of": "2025-02-05", "currency": "CNY", "outstanding": "-50.00", "overdue_amount": "-50.00"}
    ]
    await report(ingest, paid("P2", "L2", amount="50.00"))
    assert (await ingest.get("/v1/reconciliation/differences"))["items"] == []
    assert await owed(ingest, "L2") == "250.00"


async def test_differences_are_paged_by_loan(ingest):
    await report(ingest, *(opened(f"L{n}", f"C{n}") for n in range(5)))
    await report(ingest, *(stated(f"L{n}", "2025-02-05", f"{n}.00", "0.00", f"S{n}") for n in range(5)))
    found, after = [], ""
    while after is not None:
        page = await ingest.get("/v1/reconciliation/differences", limit=2, after=after)
        found, after = found + [one["loan_id"] for one in page["items"]], page["next"]
    assert found == [f"L{n}" for n in range(5)]


@pytest.mark.parametrize(("scopes", "status"), [((), 403), (("loans:read",), 200)])
async def test_only_who_may_compares(ingest, scopes, status):
    headers = ingest.bearer(*scopes)
    assert (await ingest.http.get("/v1/reconciliation", params=DAY, headers=headers)).status_code == status
    body = json.dumps({"source": "/core", "ids": ["x"]})
    posted = await ingest.http.post(
        "/v1/reconciliation", content=body, headers=headers | {"content-type": "application/json"}
    )
    assert posted.status_code == status
