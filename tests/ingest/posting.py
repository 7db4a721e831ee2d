"""What core banking posts in the tests of ingest's doors, and what is asked of it, in as few words as possible."""

import asyncio
import json
from datetime import UTC, datetime

from tests.houses import Client

START = datetime(2025, 1, 31, tzinfo=UTC)
BATCH = "application/cloudevents-batch+json"


def event(type_: str, id_: str, time: str = "2025-01-01T09:00:00+08:00", /, **data) -> dict:
    return {"specversion": "1.0", "id": id_, "source": "/core", "type": type_, "time": time, "data": data}


def opened(loan: str = "L1", customer: str = "C1", months: int = 3, id_: str | None = None, **more) -> dict:
    instalments = [{"number": n, "due_on": f"2025-{n + 1:02}-01", "principal": "100.00"} for n in range(1, months + 1)]
    return event(
        "loan.opened", id_ or f"open-{loan}", loan_id=loan, customer_id=customer, product="cash", currency="CNY",
        principal=f"{100 * months}.00", opened_on="2025-01-01", instalments=instalments, **more,
    )  # fmt: skip


def paid(payment: str, loan: str = "L1", amount: str = "100.00", on: str = "2025-01-15", **more) -> dict:
    return event(
        "payment.received", f"pay-{payment}", payment_id=payment, loan_id=loan, amount=amount, value_on=on,
        kind="repayment", **more,
    )  # fmt: skip


def reversed_(payment: str, loan: str = "L1", on: str = "2025-02-20") -> dict:
    return event("payment.reversed", f"rev-{payment}", payment_id=payment, loan_id=loan, reversed_on=on)


async def report(client: Client, *events: dict) -> dict:
    answer = await client.http.post("/v1/events", content=json.dumps(events), headers={"content-type": BATCH})
    assert answer.status_code == 202, answer.text
    return answer.json()


async def close_days(client: Client, day: str) -> None:
    assert (await client.post("/v1/business-dates", {"business_date": day})).status_code == 202
    async with asyncio.timeout(20):
        while (await client.get("/v1/business-dates/current"))["remaining"]:  # noqa: ASYNC110 - asked over HTTP
            await asyncio.sleep(0.02)


async def types_said(client: Client, customer: str = "C1") -> list[str]:
    return [item["type"] for item in (await client.get(f"/v1/customers/{customer}/events"))["items"]]


def verdicts(receipt: dict) -> list[tuple[int, str, str | None]]:
    return [(item["index"], item["verdict"], item["reason"]) for item in receipt["items"]]


def voided(id_: str, by: str | None = None, source: str = "/core") -> dict:
    """That the event *id_* never was, said by the event *by*."""
    return event("fact.voided", by or f"void-{id_}", source=source, id=id_)


def paused(from_on: str, until_on: str, id_: str, loan: str = "L1") -> dict:
    return event("delinquency.paused", id_, loan_id=loan, from_on=from_on, until_on=until_on)


async def owed(client: Client, loan: str = "L1", **asked: str) -> str:
    return (await client.get(f"/v1/loans/{loan}/position", **asked))["outstanding"]
