"""Reminding: who is told of an instalment before it is due, once, and who is spared."""

import pytest

from services.contact.domain.commands import NoteAccepted
from shared.events import (
    ContactCancelled,
    ContactPlanned,
    LoanCured,
)
from tests.contact.borrowers import (
    Told,
    assessed,
    at,
    coming,
    day,
    late,
    opened,
    paid,
    profile,
)

ON_THE_FENCE = assessed(willingness=50)
"""Not known to pay by themselves: reminded before the due date."""


def test_a_reminder_before_the_due_date_is_one_and_expires_with_it():
    told = Told(at("03-02 10:00")).hears(opened(), profile(), ON_THE_FENCE, coming("03-05"))
    planned = told.the(ContactPlanned)
    assert (planned.step, planned.purpose) == ("before-due", "reminder_before_due")
    assert planned.expires_at <= at("03-06 00:00")
    told.wakes().hears(NoteAccepted(told.borrower.step.reservation.attempt_id))
    assert told.tells() == ["ContactSent"]
    assert told.hears(coming("03-05")).said == []
    told.now = at("03-05 10:00")
    assert told.hears(assessed()).said == []


LATELY = {
    "on the first of the days": ("2025-09-05", True),
    "a day earlier": ("2025-09-04", False),
}
ENDS = {
    "by a cure": lambda until: [late(until, "2025-08-20"), LoanCured("L1", day(until), "payment", day("2025-08-20"))],
    "by ingest's figure": lambda until: [late(until, "2025-08-20"), late("03-01", None, "0.00")],
}


@pytest.mark.parametrize(("until", "is_reminded"), LATELY.values(), ids=LATELY)
@pytest.mark.parametrize("lateness", ENDS.values(), ids=ENDS)
def test_of_whom_nothing_is_known_whoever_was_late_lately_is_reminded_before_the_due_date(lateness, until, is_reminded):
    told = Told(at("03-04 10:00")).hears(opened(), profile(), *lateness(until))
    told.hears(coming("03-07"))
    assert (told.borrower.step is not None) == is_reminded


SPARED = {"low": (39, True), "medium": (59, True), "high": (60, False), "unknown": (None, False)}


@pytest.mark.parametrize(("willingness", "is_reminded"), SPARED.values(), ids=SPARED)
def test_who_pays_anyway_is_not_reminded_before_the_due_date(willingness, is_reminded):
    told = Told(at("03-02 10:00")).hears(opened(), profile(), assessed(willingness=willingness), coming("03-05"))
    assert (told.borrower.step is not None) == is_reminded


def test_each_instalment_has_a_reminder_of_its_own():
    told = Told(at("03-02 10:00")).hears(opened(), profile(), ON_THE_FENCE, coming("03-15", days_before=13)).wakes()
    told.hears(NoteAccepted(told.borrower.step.reservation.attempt_id))
    assert told.tells() == ["ContactSent"]
    told.now = at("04-12 10:00")
    assert told.hears(coming("04-15")).the(ContactPlanned).step == "before-due"


def test_what_is_paid_before_the_due_date_is_not_reminded_of():
    told = Told(at("03-02 10:00")).hears(opened(), profile(), ON_THE_FENCE, coming("03-05"))
    assert told.hears(paid("03-02")).the(ContactCancelled).reason == "paid"
    assert told.borrower.step is None


def test_lateness_takes_the_place_of_the_reminder_before_due():
    told = Told(at("03-02 10:00")).hears(opened(), opened("L2"), profile(), ON_THE_FENCE, coming("03-05"))
    told.hears(late("03-02", "02-20", loan_id="L2"))
    assert told.tells() == ["ContactCancelled", "TreatmentChosen", "ContactPlanned"]
    assert told.the(ContactPlanned).loan_ids == ("L2",)
