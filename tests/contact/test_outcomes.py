"""What became of an attempt: told once, whoever tells it, and never guessed."""

from decimal import Decimal

import pytest

from services.contact.domain.attempts import withdrawn_in
from services.contact.domain.commands import NoteAccepted, NoteReceipt, NoteRefusedBySwitch, NoteSettled, NoteUnclear
from shared.events import (
    ContactDeferred,
    ContactDelivered,
    ContactFailed,
    ContactPlanned,
    ContactReserved,
    ContactSent,
    ContactUncertain,
)
from tests.contact.borrowers import (
    MAIL,
    Told,
    a_reserved_borrower,
    at,
    late,
)


def attempt_of(told: Told) -> str:
    return told.borrower.step.reservation.attempt_id


def test_what_the_switch_stopped_before_the_call_takes_another_slot_later():
    told = a_reserved_borrower()
    first = attempt_of(told)
    deferred = told.hears(NoteRefusedBySwitch(first)).the(ContactDeferred)
    assert deferred.reason == "kill-switch"
    assert told.borrower.contacts == ()
    second = told.wakes().the(ContactReserved)
    assert second.contact_id == deferred.contact_id
    assert second.attempt_id != first
    assert len(told.borrower.contacts) == 1


def test_an_accepted_attempt_is_told_once():
    told = a_reserved_borrower()
    attempt = attempt_of(told)
    sent = told.hears(NoteAccepted(attempt, "X1", Decimal("0.01"), "CNY")).the(ContactSent)
    assert (sent.step, sent.treatment, sent.cost, sent.currency) == (
        "gentle-reminder", "reminders", Decimal("0.01"), "CNY",
    )  # fmt: skip
    assert told.hears(NoteAccepted(attempt, "X1"), NoteUnclear(attempt, "timeout")).said == []


def test_an_unclear_attempt_counts_as_made_and_is_never_sent_again():
    told = a_reserved_borrower()
    attempt = attempt_of(told)
    told.hears(NoteUnclear(attempt, "timeout"))
    assert told.the(ContactUncertain).attempt_id == attempt
    assert told.the(ContactPlanned).step == "second-reminder"
    assert told.borrower.contacts[0].outcome == "uncertain"


SETTLED = {
    "accepted": ("accepted", ["ContactSent"]),
    "rejected": ("rejected", ["ContactFailed", "ContactCancelled", "ContactPlanned"]),
    "written off": ("written_off", []),
}


@pytest.mark.parametrize(("outcome", "expected"), SETTLED.values(), ids=SETTLED)
def test_an_unclear_attempt_settled_as(outcome, expected):
    told = a_reserved_borrower()
    attempt = attempt_of(told)
    told.hears(NoteUnclear(attempt, "timeout")).hears(NoteSettled(attempt, outcome, "lead"))
    assert told.tells() == expected
    assert told.hears(NoteSettled(attempt, outcome, "lead")).said == []


RECEIPTS = {
    "delivered": (["delivered"], ["ContactDelivered"]),
    "delivered twice": (["delivered", "delivered"], ["ContactDelivered"]),
    "opened after delivered": (["delivered", "opened"], ["ContactDelivered", "ContactDelivered"]),
    "delivered after opened": (["opened", "delivered"], ["ContactDelivered"]),
    "undelivered after delivered": (["delivered", "undelivered"], ["ContactDelivered"]),
}


@pytest.mark.parametrize(("signals", "expected"), RECEIPTS.values(), ids=RECEIPTS)
def test_receipts(signals, expected):
    told = a_reserved_borrower()
    attempt = attempt_of(told)
    told.hears(NoteAccepted(attempt)).hears(*(NoteReceipt(attempt, signal, told.now) for signal in signals))
    assert told.tells() == expected


def test_a_receipt_settles_what_was_unclear():
    told = a_reserved_borrower()
    attempt = attempt_of(told)
    told.hears(NoteUnclear(attempt, "timeout")).hears(NoteReceipt(attempt, "delivered", told.now))
    assert told.tells() == ["ContactSent", "ContactDelivered"]
    assert told.of(ContactDelivered)[0].delivered_at == told.now


def test_a_receipt_may_come_before_the_answer_it_belongs_to():
    told = a_reserved_borrower()
    attempt = attempt_of(told)
    told.hears(NoteReceipt(attempt, "delivered", told.now))
    assert told.tells()[:2] == ["ContactSent", "ContactDelivered"]
    assert told.hears(NoteAccepted(attempt)).said == []


def test_a_message_that_came_back_closes_its_address_and_the_step_is_made_by_another_way():
    told = a_reserved_borrower()
    attempt = attempt_of(told)
    told.hears(NoteAccepted(attempt)).hears(NoteReceipt(attempt, "address-invalid", told.now))
    assert told.of(ContactFailed)[0].reason == "address-invalid"
    assert told.borrower.invalid == (MAIL,)
    planned = told.the(ContactPlanned)
    assert (planned.step, planned.channel) == ("gentle-reminder", "sms")


@pytest.mark.parametrize(
    "command",
    [NoteAccepted("A9"), NoteUnclear("A9", "timeout"), NoteReceipt("A9", "opened", at("03-05 10:00"))],
    ids=["accepted", "unclear", "receipt"],
)
def test_an_attempt_nobody_knows_is_refused(command):
    [refusal] = a_reserved_borrower().hears(command).said
    assert refusal.code == "unknown-attempt"


def test_what_was_withdrawn_and_went_out_all_the_same_is_told():
    told = a_reserved_borrower()
    attempt = attempt_of(told)
    told.hears(late("03-05", None, "0.00", "current"))
    assert withdrawn_in(told.said) == (attempt,)
    assert told.borrower.contacts[0].outcome == "withdrawn"
    assert told.hears(NoteAccepted(attempt)).tells() == ["ContactSent"]


def test_what_was_withdrawn_in_time_frees_its_slot_once_that_is_certain():
    told = a_reserved_borrower()
    attempt = attempt_of(told)
    told.hears(late("03-05", None, "0.00", "current")).hears(NoteRefusedBySwitch(attempt))
    assert told.said == []
    assert told.borrower.contacts == ()
