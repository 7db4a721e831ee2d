"""The car-loan records of two securitised pools as facts: what was scheduled, what was paid, when a loan ended.

The mapping is that of the events specification: one loan.opened on the 1st of the first period, one instalment a month
carried as principal, one payment.received for each month with money. Only the borrowers' profiles are made up.
"""

import csv
import gzip
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from deploy.local.replay.portfolio import Borrower, Portfolio, crc, fact_event, month_end, month_start, payment

LOANS = "sec_auto_loans.csv.gz"
PAYMENTS = "sec_auto_payments.csv.gz"
ZONE = "America/New_York"
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
KEPT = ("vehicle", "credit_score", "payment_to_income", "original_amount_usd", "annual_rate")

Row = dict[str, str]
Fact = tuple[date, dict[str, Any]]


class NoSuchData(Exception):
    """The folder given holds no car-loan records."""


def car_loans(folder: Path, limit: int | None = None) -> Portfolio:
    """The portfolio in *folder*; with *limit* only its first so many loans. Raises: NoSuchData."""
    if not (folder / LOANS).exists() or not (folder / PAYMENTS).exists():
        raise NoSuchData(f"{folder} holds no {LOANS} and {PAYMENTS}")
    zone = ZoneInfo(ZONE)
    loans = {row["loan_id"]: row for row in list(_rows(folder / LOANS))[:limit]}
    months: dict[str, list[Row]] = {loan: [] for loan in loans}
    for row in _rows(folder / PAYMENTS):
        if row["loan_id"] in months:
            months[row["loan_id"]].append(row)
    facts: list[Fact] = []
    skipped = 0
    for loan_id, loan in loans.items():
        facts.append(_opening(loan, zone))
        found, negative = _months(loan, sorted(months[loan_id], key=lambda row: row["period"]), zone)
        facts += found
        skipped += negative
    first = min(day for day, _ in facts)
    notes = [
        "interest is not split: principal is the scheduled payment times the months",
        f"{skipped} negative repossession proceeds left out",
        "profiles of the borrowers are synthetic",
        "consent to texts is as old as the loan: after 60 days Regulation F withholds texts about what is past due",
    ]
    return Portfolio(
        title="car loans, real records 2017-2023",
        synthetic=False,
        jurisdiction="US-FED",
        zone=ZONE,
        start_on=first,
        facts=facts,
        borrowers=_people(loans),
        notes=notes,
    )


def _rows(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", newline="") as text:
        yield from csv.DictReader(text)


def _first(row: Row) -> date:
    return date.fromisoformat(f"{row['first_period']}-01")


def _dues(loan: Row) -> list[date]:
    """One due date a month, from the first period to the month of maturity, both inclusive."""
    first, last = _first(loan), date.fromisoformat(f"{loan['maturity_month']}-01")
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    day = 1 + crc(loan["loan_id"]) % 28
    return [month_start(first, n).replace(day=day) for n in range(count)]


def _opening(loan: Row, zone: ZoneInfo) -> Fact:
    amount, dues = Decimal(loan["scheduled_payment_usd"]).quantize(Decimal("0.01")), _dues(loan)
    data = {
        "loan_id": loan["loan_id"], "customer_id": f"B-{loan['loan_id']}", "product": "car-loan", "currency": "USD",
        "principal": str(amount * len(dues)), "opened_on": _first(loan).isoformat(), "jurisdiction": "US-FED",
        "instalments": [
            {"number": n, "due_on": due.isoformat(), "principal": str(amount)} for n, due in enumerate(dues, 1)
        ],
        "facts": {name.removesuffix("_usd"): loan[name] for name in KEPT if loan[name]},
    }  # fmt: skip
    return fact_event("loan.opened", f"{loan['loan_id']}-open", _first(loan), zone, data)


def _months(loan: Row, rows: list[Row], zone: ZoneInfo) -> tuple[list[Fact], int]:
    """The facts of each recorded month, and how many negative amounts were left out."""
    loan_id, facts, skipped = loan["loan_id"], list[Fact](), 0
    scheduled = Decimal(loan["scheduled_payment_usd"]).quantize(Decimal("0.01"))
    day, total = 1 + crc(loan_id) % 28, Decimal(0)
    first, is_closed = _first(loan), False
    for row in rows:
        month = date.fromisoformat(f"{row['period']}-01")
        paid = Decimal(row["paid_usd"])
        if paid > 0:
            total += paid
            due_so_far = (month.year - first.year) * 12 + month.month - first.month + 1
            on_time = total >= scheduled * due_so_far
            paid_on = month.replace(day=day) if on_time else _late(month, day)
            facts.append(payment(f"{loan_id}-{row['period']}", loan_id, _cents(paid), paid_on, zone))
        recovered, negative = _recoveries(loan_id, row, month, zone)
        facts += recovered
        skipped += negative
        if Decimal(row["end_balance_usd"]) == 0 and not is_closed:
            is_closed = True
            last = month_end(month)
            closing = {"loan_id": loan_id, "on": last.isoformat()}
            facts.append(fact_event("loan.closed", f"{loan_id}-closed", last, zone, closing))
    return facts, skipped


def _late(month: date, day: int) -> date:
    """The 25th, or ten days after the due day, whichever is later, but inside the month."""
    return min(max(month.replace(day=25), month.replace(day=day) + timedelta(days=10)), month_end(month))


def _recoveries(loan_id: str, row: Row, month: date, zone: ZoneInfo) -> tuple[list[Fact], int]:
    facts, skipped = list[Fact](), 0
    for name in ("charged_off_recovered_usd", "repossession_proceeds_usd"):
        amount = Decimal(row[name] or 0)
        if amount > 0:
            id_ = f"{loan_id}-{row['period']}-{name.split('_')[0]}"
            facts.append(payment(id_, loan_id, _cents(amount), month_end(month), zone, "recovery"))
        skipped += amount < 0
    return facts, skipped


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))


def _people(loans: dict[str, Row]) -> list[Borrower]:
    found = []
    for loan_id in loans:
        number = crc(loan_id)
        customer = f"B-{loan_id}"
        zone, channel = ZONES[number % 4], ("sms", "email")[number // 4 % 2]
        address = f"{customer.lower()}@borrowers.example" if channel == "email" else f"+1-555-{number % 10**7:07}"
        found.append(Borrower(customer, zone, "en", channel, consent=True, address=address, name=f"Test {loan_id}"))
    return found
