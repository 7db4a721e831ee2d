"""A portfolio to be replayed: the facts core banking would post, day by day, and who the borrowers are."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

SOURCE = "/replay"


@dataclass(frozen=True, slots=True)
class Borrower:
    """Who a borrower is made out to be; always synthetic. Zones, languages and channels are the profile's."""

    customer_id: str
    zone: str
    language: str
    channel: str
    consent: bool
    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Facts by day (business calendar of *zone*), from *start_on*; *notes* say what was left out or assumed."""

    title: str
    synthetic: bool
    jurisdiction: str
    zone: str
    start_on: date
    facts: Sequence[tuple[date, dict[str, Any]]]
    borrowers: Sequence[Borrower]
    notes: Sequence[str] = field(default_factory=list)

    def days(self) -> Iterator[tuple[date, list[dict[str, Any]]]]:
        """The facts of each day that has any, in order."""
        found: dict[date, list[dict[str, Any]]] = {}
        for day, fact in self.facts:
            found.setdefault(day, []).append(fact)
        yield from sorted(found.items())

    def first_months(self, months: int) -> "Portfolio":
        """What of it is dated in the first *months* calendar months, and the borrowers of loans that open in them."""
        end = month_start(self.start_on, months)
        facts = [(day, fact) for day, fact in self.facts if day < end]
        customers = {fact["data"]["customer_id"] for _, fact in facts if fact["type"] == "loan.opened"}
        people = [one for one in self.borrowers if one.customer_id in customers]
        return replace(
            self, facts=facts, borrowers=people, notes=[*self.notes, f"only the first {months} months of it"]
        )

    def instant_of(self, day: date) -> datetime:
        """When the bank's file of *day* arrives: as the day begins in the business calendar."""
        return datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(UTC)


def fact_event(type_: str, id_: str, day: date, zone: ZoneInfo, data: dict[str, Any]) -> tuple[date, dict[str, Any]]:
    """A CloudEvent of core banking, recorded as *day* begins: the replay posts it then, and knows of nothing later."""
    at = datetime.combine(day, time(), zone)
    event = {"specversion": "1.0", "id": id_, "source": SOURCE, "type": type_, "time": at.isoformat(), "data": data}
    return day, event


def payment(
    payment_id: str, loan_id: str, amount: Decimal, day: date, zone: ZoneInfo, kind: str = "repayment"
) -> tuple[date, dict[str, Any]]:
    """One payment, received and value-dated on *day*."""
    data = {
        "payment_id": payment_id,
        "loan_id": loan_id,
        "amount": str(amount),
        "value_on": day.isoformat(),
        "kind": kind,
    }
    return fact_event("payment.received", payment_id, day, zone, data)


def crc(text: str) -> int:
    """A stable number for *text*."""
    return zlib.crc32(text.encode())


def share(*parts: str) -> float:
    """A stable number in [0, 1) for *parts*: chance that is the same in every run."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def month_start(first: date, months: int) -> date:
    """The first day of the month that is *months* after the month of *first*."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def month_end(day: date) -> date:
    """The last day of the month of *day*."""
    return month_start(day, 1) - timedelta(days=1)
