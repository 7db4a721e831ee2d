"""What became of an attempt: told once, whoever tells it, and never guessed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from services.contact.domain.attempts import withdrawn_in
from services.contact.domain.commands import (
    NoteAccepted,
    NoteMissedWindow,
    NoteReceipt,
    NoteRefusedBySwitch,
    NoteSettled,
    NoteUnclear,
    NoteWithdrawn,
)
from services.contact.domain.reserving import SEND_WITHIN
from shared.events import (
    ContactCancelled,
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


LATE = {
    "within its window": (timedelta(seconds=2), SEND_WITHIN),
    "at the end of its window": (SEND_WITHIN, SEND_WITHIN),
    "long after its window": (timedelta(hours=1), timedelta(hours=1)),
}


@pytest.mark.parametrize(("after", "next_slot"), LATE.values(), ids=LATE)
def test_a_call_that_came_too_late_waits_for_the_next_legal_slot_and_is_told_as_that(after, next_slot):
    told = a_reserved_borrower()
    first, reserved_at = attempt_of(told), told.now
    told.now += after
    deferred = told.hears(NoteMissedWindow(first)).the(ContactDeferred)
    assert (deferred.reason, deferred.not_before) == ("missed-window", reserved_at + next_slot)
    assert told.borrower.contacts == ()
    second = told.wakes().the(ContactReserved)
    assert (second.contact_id, second.attempt_id != first) == (deferred.contact_id, True)


def test_a_call_that_came_too_late_in_the_evening_waits_for_the_morning():
    told = a_reserved_borrower()
    told.now = at("03-05 22:30")
    deferred = told.hears(NoteMissedWindow(attempt_of(told))).the(ContactDeferred)
    assert (deferred.reason, deferred.not_before) == ("missed-window", at("03-06 08:00"))


def test_a_call_that_came_after_its_step_was_worth_making_makes_room_for_the_next():
    told = a_reserved_borrower()
    expires_at = told.borrower.step.expires_at
    told.now = expires_at
    told.hears(NoteMissedWindow(attempt_of(told)))
    assert told.the(ContactCancelled).reason == "expired"
    assert told.the(ContactPlanned).not_before >= expires_at


def test_a_call_that_came_too_late_for_a_step_given_up_meanwhile_changes_nothing_but_its_slot():
    told = a_reserved_borrower()
    attempt = attempt_of(told)
    told.hears(late("03-05", None, "0.00", "current")).hears(NoteMissedWindow(attempt))
    assert told.said == []
    assert told.borrower.contacts == ()


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
    told.hears(late("03-05", None, "0.00", "current")).hears(NoteWithdrawn(attempt))
    assert told.said == []
    assert told.borrower.contacts == ()
