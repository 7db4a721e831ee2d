"""What the borrower's conduct shows: promises, answers, arrangements."""

from decimal import Decimal

from services.scoring.domain.features import features_of
from shared import events as said
from tests.scoring.builders import at, day, known

REACHED = ("agent:1", "debtor", True)
PROMISE = {"loan_ids": ("L1",), "currency": "CNY"}


def test_promises_kept_against_promises_judged():
    made = [said.PromiseMade(f"P{n}", ("L1",), Decimal(1), "CNY", day("03-01"), 3) for n in range(4)]
    judged = [
        said.PromiseKept("P0", judged_on=day("03-02"), paid=Decimal(1), **PROMISE),
        said.PromiseBroken("P1", judged_on=day("03-02"), paid=Decimal(0), promised=Decimal(1), **PROMISE),
        said.PromiseSuperseded("P2", ("L1",), "new_promise"),
    ]
    found = features_of(known(*made, *judged), day("03-03"))
    assert (found.promises_made, found.promises_judged, found.promises_kept_share) == (3, 2, 0.5)
    again = said.PromiseRejudged(
        "P1", judged_on=day("03-09"), before="broken", verdict="kept", paid=Decimal(1), because="payment", **PROMISE
    )
    assert features_of(known(*made, *judged, again), day("03-10")).promises_kept_share == 1


def test_a_promise_judged_a_year_ago_is_forgotten():
    borrower = known(said.PromiseKept("P0", judged_on=day("03-02"), paid=Decimal(1), **PROMISE))
    assert features_of(borrower, day("2026-02-28")).promises_judged == 1
    assert features_of(borrower, day("2026-03-01")).promises_judged == 0


def test_answers_against_contacts_that_arrived():
    sent = [said.ContactSent(f"C{n}", f"A{n}", "sms") for n in range(5)]
    failed = said.ContactFailed("C0", "A0", "sms", "undelivered")
    reply = said.ReplyReceived("R1", "sms", at("02-05", 12), ())
    call = said.ConversationHeld("C9", "phone", "out", "conversation", at("02-06", 12), *REACHED)
    found = features_of(known(*sent, failed, reply, call), day("02-07"))
    assert (found.contacts, found.answered_share) == (4, 0.5)
    assert (found.answer_channel, found.answer_hour) == ("phone", 12)


def test_too_few_contacts_say_nothing_of_answering():
    assert features_of(known(*[said.ContactSent("C", "A", "sms")] * 2), day("02-07")).answered_share is None
    assert features_of(known(*[said.ContactSent("C", "A", "sms")] * 3), day("02-07")).answered_share == 0


def test_an_arrangement_that_the_core_refused_was_not_broken_by_the_borrower():
    refused = said.ArrangementBroken("A", ("L1",), "core_refused", day("02-05"), "CNY")
    missed_out = said.ArrangementBroken("A", ("L1",), "missed", day("02-05"), "CNY", 2)
    assert features_of(known(refused), day("02-06")).arrangements_broken == 0
    assert features_of(known(missed_out), day("02-06")).arrangements_broken == 1
