"""The policies of feedback: each jurisdiction has its own by name, and nobody is given another law's days unnamed."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.feedback.domain.borrower import blank
from services.feedback.domain.commands import ClaimHardship, RaiseComplaint, RaiseDispute
from services.feedback.domain.context import Context
from services.feedback.domain.decide import decide
from services.feedback.domain.evolve import evolve
from services.feedback.domain.policy import CN, DEFAULT, HOUSE, POLICIES, US_FED, Deadlines, policies_of_bank
from shared.events import LoanOpened

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
BY_LAW = {
    "CN": ("CN", CN),
    "US-FED": ("US-FED", US_FED),
    "Massachusetts, upon the federal rules": ("US-MA", US_FED),
    "Washington, upon the federal rules": ("US-WA", US_FED),
    "a law that is not ours": ("UK", HOUSE),
    "none stated": (None, HOUSE),
}


@pytest.mark.parametrize(("law", "policies"), BY_LAW.values(), ids=BY_LAW)
def test_cases_are_answered_by_the_days_of(law, policies):
    loan = LoanOpened("L1", "C1", "cash", "CNY", Decimal(1000), date(2026, 1, 1), jurisdiction=law)
    borrower, context = evolve(blank("C1"), loan), Context(NOW)
    assert context.policies_of(borrower.jurisdiction) == policies
    [dispute] = decide(borrower, RaiseDispute("D1", ("L1",), "amount"), context)
    [complaint] = decide(borrower, RaiseComplaint("K1", "hours"), context)
    hardship = decide(borrower, ClaimHardship("H1", "short_relief", "short", ("L1",)), context)[0]
    today, days = policies.date_of(NOW), policies.deadlines
    assert dispute.answer_due_on == days.dispute.last_day(today)
    assert complaint.answer_due_on == days.complaint.last_day(today)
    assert hardship.decision_due_on == days.hardship.last_day(today)


def test_every_policy_says_by_its_version_whose_it_is():
    assert {name: policies.version for name, policies in POLICIES.items()} == {
        "CN": "cn-1", "HOUSE": "house-1", "US-FED": "us-fed-1",
    }  # fmt: skip
    assert POLICIES[DEFAULT] is HOUSE


def test_nobody_waits_longer_because_their_law_is_not_known():
    for kind in (field.name for field in fields(Deadlines)):
        shortest = min(getattr(policies.deadlines, kind).days for policies in POLICIES.values())
        assert getattr(HOUSE.deadlines, kind).days == shortest


def test_a_bank_has_one_calendar_wherever_it_lends():
    found = policies_of_bank("Europe/London")
    assert found == {name: replace(policies, zone="Europe/London") for name, policies in POLICIES.items()}
