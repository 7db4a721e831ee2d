"""Cancelling: what the borrower pays or says ends at once what was planned or reserved."""

from datetime import timedelta
from decimal import Decimal
from functools import reduce

import pytest

from services.contact.domain.attempts import withdrawn_in
from services.contact.domain.borrower import CLOSED_LOANS_MAX, Borrower, blank
from services.contact.domain.commands import NoteUnclear, PlaceHold
from services.contact.domain.evolve import evolve
from shared.codec import decode, encode
from shared.events import (
    AddressInvalid,
    ComplaintRaised,
    ConsentGiven,
    ConsentWithdrawn,
    ContactCancelled,
    ContactPlanned,
    ContactStopped,
    DisputeResolved,
    FactVoided,
    HardshipClaimed,
    LoanClosed,
    PaymentReversed,
    PreferenceStated,
    RepresentativeNamed,
    Scope,
    VulnerabilityNoted,
)
from tests.contact.borrowers import (
    EVERYTHING,
    MAIL,
    Told,
    a_late_borrower,
    a_reserved_borrower,
    agreed,
    at,
    day,
    disputed,
    late,
    opened,
    paid,
    profile,
    promised,
    replied,
)

STOPS = {
    "a payment that settles it": (paid("03-05"), "paid"),
    "a payment valued later": (paid("03-09"), "paid"),
    "nothing past due any more": (late("03-05", None, "0.00", "current"), "paid"),
    "the end of the loan": (LoanClosed("L1", day("03-05")), "loan-closed"),
    "a promise": (promised(), "promise"),
    "an arrangement": (agreed(), "arrangement"),
    "a dispute": (disputed(), "dispute"),
    "a stop": (ContactStopped("S1", EVERYTHING, at("03-05 10:01")), "stopped"),
    "a stop on the loan": (ContactStopped("S1", Scope("loans", ("L1",)), at("03-05 10:01")), "stopped"),
    "a complaint": (ComplaintRaised("K1", "conduct", day("03-05"), day("03-20")), "complaint"),
    "a hardship": (HardshipClaimed("H1", ("L1",), "short_relief", "short", day("03-05")), "hold"),
    "a representative": (RepresentativeNamed("V1", "attorney", day("03-05")), "hold"),
    "a vulnerability": (VulnerabilityNoted("N1", ("extra_time",), "suspected"), "hold"),
    "an unsure reply that it is disputed": (replied("dispute"), "dispute"),
    "an unsure reply to stop": (replied("stop"), "stopped"),
    "an unsure reply that it was paid": (replied("question", "already_paid"), "hold"),
    "an unsure reply from somebody else": (replied("wrong_person"), "hold"),
    "a person's hold": (PlaceHold("X1", "regulator", EVERYTHING, "lead"), "hold"),
    "a restriction of processing": (profile(restricted=True), "hold"),
}


@pytest.mark.parametrize(("fact", "reason"), STOPS.values(), ids=STOPS)
def test_what_is_planned_is_cancelled_by(fact, reason):
    told = a_late_borrower()
    contact = told.borrower.step.contact_id
    told.hears(fact)
    cancelled = told.the(ContactCancelled)
    assert (cancelled.contact_id, cancelled.reason, cancelled.attempt_id) == (contact, reason, None)
    assert told.borrower.step is None


@pytest.mark.parametrize(("fact", "reason"), STOPS.values(), ids=STOPS)
def test_what_is_reserved_is_withdrawn_by(fact, reason):
    told = a_reserved_borrower()
    attempt = told.borrower.step.reservation.attempt_id
    told.hears(fact)
    assert told.the(ContactCancelled).reason == reason
    assert withdrawn_in(told.said) == (attempt,)
    assert told.borrower.step is None


LEAVES = {
    "a part payment": paid("03-05", "40.00"),
    "a promise on another loan": promised(loan_ids=("L2",)),
    "a dispute of another loan": disputed(("L2",)),
    "a stop on another channel": ContactStopped("S1", Scope("channel", channel="sms"), at("03-05 10:01")),
    "a reply that asks something": replied("question"),
    "a payment on another loan": paid("03-05", loan_id="L2"),
}


@pytest.mark.parametrize("fact", LEAVES.values(), ids=LEAVES)
def test_what_is_planned_is_left_alone_by(fact):
    told = a_late_borrower()
    step = told.borrower.step
    told.hears(fact)
    assert told.of(ContactCancelled) == []
    assert told.borrower.step == step


def test_the_cause_of_a_cancellation_is_named():
    assert a_late_borrower().hears(promised(promise_id="PR7")).the(ContactCancelled).because == "PR7"


def test_a_part_payment_withdraws_a_text_whose_amount_it_makes_wrong():
    told = a_reserved_borrower().hears(paid("03-05", "40.00"))
    assert told.the(ContactCancelled).reason == "paid"


def test_a_plan_for_several_loans_goes_on_for_those_still_owed():
    told = Told(at("03-05 10:00")).hears(opened(), opened("L2"), late("03-05", "03-01"))
    told.hears(late("03-05", "03-02", loan_id="L2"), profile())
    assert told.the(ContactPlanned).loan_ids == ("L1", "L2")
    assert told.hears(paid("03-05")).of(ContactCancelled) == []
    told.wakes()
    assert told.said[-1].loan_ids == ("L2",)


def test_a_reserved_contact_about_several_loans_falls_with_any_of_them():
    told = Told(at("03-05 10:00")).hears(opened(), opened("L2"), late("03-05", "03-01"))
    told.hears(late("03-05", "03-02", loan_id="L2"), profile()).wakes()
    assert told.hears(disputed(("L2",))).the(ContactCancelled).reason == "dispute"


def test_the_same_step_is_not_planned_twice_for_one_date():
    told = a_late_borrower()
    first = told.borrower.step.contact_id
    told.hears(disputed(), DisputeResolved("D1", ("L1",), "rejected", day("03-05")))
    planned = told.the(ContactPlanned)
    assert planned.contact_id != first
    assert planned.business_date == day("03-06")


CLOSED_WAYS = {
    "stopped": ContactStopped("S1", Scope("channel", channel="email"), at("03-05 10:01")),
    "stopped by address": ContactStopped("S1", Scope("address", address_ref=MAIL), at("03-05 10:01")),
    "dead": AddressInvalid(MAIL, "email", "dead"),
    "blocked by a wish": PreferenceStated("W1", "address_block", at("03-05 10:01"), address_ref=MAIL),
}


@pytest.mark.parametrize("fact", CLOSED_WAYS.values(), ids=CLOSED_WAYS)
def test_a_way_that_closes_is_left_for_another(fact):
    told = a_late_borrower().hears(fact)
    assert told.the(ContactCancelled).reason == "stopped"
    assert told.the(ContactPlanned).channel == "sms"


def test_a_consent_taken_back_closes_its_channel():
    sms = Scope("channel", channel="email")
    told = a_late_borrower().hears(ConsentGiven("G1", "channel", sms, at("03-05 10:01")))
    assert told.said == []
    told.hears(ConsentWithdrawn("G1", at("03-05 10:02")))
    assert told.the(ContactPlanned).channel == "sms"


def test_a_wish_moves_the_plan_at_the_moment_of_sending():
    told = a_late_borrower()
    told.hears(PreferenceStated("W1", "inconvenient_days", at("03-05 10:01"), days=("THU",)))
    told.wakes()
    assert told.tells() == ["ContactDeferred"]
    assert told.said[0].not_before == at("03-06 08:00")


REVERSALS = {
    "a payment reversed before its day": PaymentReversed("P-L1-03-09", "L1", day("03-06")),
    "a payment voided before its day": FactVoided("/core", "F1", "L1", "PaymentReceived", "P-L1-03-09"),
}


@pytest.mark.parametrize("fact", REVERSALS.values(), ids=REVERSALS)
def test_money_that_did_not_come_is_asked_for_again(fact):
    told = a_late_borrower().hears(paid("03-09"))
    told.now = at("03-06 10:00")
    assert told.hears(fact).the(ContactPlanned).step == "gentle-reminder"


def test_money_with_a_later_value_date_survives_a_figure_that_does_not_contain_it():
    told = a_late_borrower().hears(paid("03-09"), late("03-06", "03-01", "100.00"))
    assert told.of(ContactPlanned) == []
    assert told.hears(late("03-09", "03-01", "30.00")).the(ContactPlanned)


def test_nine_payments_underway_are_all_remembered():
    told = a_late_borrower()
    told.hears(*(paid("03-09", "11.00", payment_id=f"P{n}") for n in range(9)))
    assert told.borrower.loans["L1"].owed == Decimal("1.00")
    assert len(told.borrower.loans["L1"].payments) == 8


def test_a_loan_whose_closing_is_voided_is_asked_about_again():
    told = a_late_borrower().hears(LoanClosed("L1", day("03-05")))
    told.hears(FactVoided("/core", "F1", "L1", "LoanClosed"))
    assert told.the(ContactPlanned)


def test_an_unclear_attempt_is_not_cancelled_by_a_payment():
    told = a_reserved_borrower()
    told.hears(NoteUnclear(told.borrower.step.reservation.attempt_id, "timeout"))
    told.now += timedelta(minutes=1)
    assert told.hears(paid("03-05")).the(ContactCancelled).contact_id != told.every[1].contact_id
    assert isinstance(told.every[1], ContactPlanned)


def test_the_loan_closed_first_is_forgotten_first_whether_the_state_was_stored_in_between_or_not():
    names = [f"L{n}" for n in range(CLOSED_LOANS_MAX + 1, 0, -1)]
    state = reduce(evolve, [opened(name) for name in names], blank("C1"))
    for day_of_march, name in enumerate(names, start=1):
        fresh = evolve(state, LoanClosed(name, day(f"03-{day_of_march:02}")))
        state = evolve(decode(Borrower, encode(state)), LoanClosed(name, day(f"03-{day_of_march:02}")))
        assert state == fresh
    assert sorted(state.loans) == sorted(names[1:])
