"""From plan to reservation under a pack that ships: its caps count the calls that were recorded, whoever made them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from services.contact.domain.borrower import Contact
from services.contact.domain.contacting import with_contact
from services.contact.domain.profile import ChannelProfile
from services.contact.domain.strategy import Strategy, parse_strategy
from shared.events import (
    ContactCancelled,
    ContactPlanned,
    ContactReserved,
    DelinquencyChanged,
    LoanImported,
    PastContact,
)
from tests.contact.borrowers import MAIL, PHONE, Told, day, default_data, profile

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 3, 11, 16, tzinfo=UTC)
"""Noon in New York, on a Wednesday."""


@cache
def calling() -> Strategy:
    """The strategy that ships, whose first reminder is a call."""
    data = default_data()
    data["ways"].append({"channel": "voice_bot", "cost": {"USD": "0.10", "CNY": "0.10"}})
    for rung in data["ladder"]:
        if rung["name"] in ("gentle-reminder", "pay-date-offer"):
            rung["channels"] = ["voice_bot"]
    found = parse_strategy(data)
    assert isinstance(found, Strategy), found
    return found


def called(
    number: int, outcome: str = "rang_no_answer", before: timedelta = timedelta(days=2)
) -> tuple[PastContact, ...]:
    """So many calls by an agency, each a minute after the other, that long before noon."""
    times = (NOON - before + timedelta(minutes=minute) for minute in range(number))
    return tuple(PastContact(at, "phone", outcome, by="agency:a1", loan_ids=("L1",)) for at in times)


def borrowing(contacts: tuple[PastContact, ...] = (), **more) -> Told:
    """A loan taken over with the calls that others made, a week late."""
    loan = LoanImported(
        "L1", "C1", "cash", "USD", Decimal("1200.00"), day("01-05"), jurisdiction="US-FED", as_of=day("03-10"),
        unpaid=(), recent_contacts=contacts,
    )  # fmt: skip
    mail = ChannelProfile("email", MAIL, consent=True, consent_at=NOON - timedelta(days=20))
    phone = ChannelProfile("voice_bot", PHONE, consent=True, place="mobile")
    person = profile(mail, phone, language="en", jurisdiction="US-FED", time_zone=NEW_YORK.key)
    lateness = DelinquencyChanged(
        "L1", day("03-11"), Decimal("100.00"), "USD", stage="early", overdue_since=day("03-04")
    )
    return Told(NOON, more=more).hears(loan, person, lateness)


def local(at: datetime) -> str:
    return at.astimezone(NEW_YORK).strftime("%m-%d %H:%M")


def test_in_the_united_states_a_reminder_is_planned_and_reserved_under_their_pack():
    told = borrowing()
    planned = told.the(ContactPlanned)
    assert (planned.channel, local(planned.not_before)) == ("email", "03-11 12:00")
    reserved = told.wakes().the(ContactReserved)
    assert (reserved.decision.pack, reserved.decision.rule) == ("US-FED+HOUSE", None)
    assert "provenance-unknown" not in reserved.decision.flags


CALLS = {
    "six calls in seven dates": (called(6), "03-11 12:00", None),
    "seven calls in seven dates": (called(7), "03-16 08:00", "US-REGF-14(b)(2)(i)(A)"),
    "seven calls, seven dates ago": (called(7, before=timedelta(days=7)), "03-11 12:00", None),
    "a conversation the day before yesterday": (called(1, "conversation"), "03-16 08:00", "US-REGF-14(b)(2)(i)(B)"),
}


@pytest.mark.parametrize(("contacts", "begins", "rule"), CALLS.values(), ids=CALLS)
def test_a_call_is_planned_after_what_others_called(contacts, begins, rule):
    planned = borrowing(contacts, strategy=calling()).the(ContactPlanned)
    assert (planned.channel, local(planned.not_before)) == ("voice_bot", begins)
    assert planned.decision.rule == rule


def test_a_call_that_was_planned_gives_way_to_those_that_came_before_it():
    told = borrowing(called(6), strategy=calling())
    told.borrower = with_contact(told.borrower, _call(NOON - timedelta(minutes=1)))
    told.wakes()
    assert told.of(ContactReserved) == []
    assert told.the(ContactCancelled).reason == "expired"
    planned = told.the(ContactPlanned)
    assert (planned.decision.rule, local(planned.not_before)) == ("US-REGF-14(b)(2)(i)(A)", "03-16 08:00")


def test_the_seventh_call_is_reserved_and_says_what_it_counted():
    reserved = borrowing(called(6), strategy=calling()).wakes().the(ContactReserved)
    assert reserved.channel == "voice_bot"
    counted = {one.rule: one.count for one in reserved.decision.evidence if one.count is not None}
    assert counted["US-REGF-14(b)(2)(i)(A)"] == 7


def _call(at: datetime) -> Contact:
    return Contact(at, "phone", "rang_no_answer", ("L1",), by="agency:a1")
