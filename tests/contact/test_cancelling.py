"""Cancelling and holding: what the borrower pays or says stops contact at once, and what ends that lets it go on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.contact.domain.attempts import withdrawn_in
from services.contact.domain.commands import EndHold, NoteUnclear, PlaceHold
from services.contact.domain.waking import wake_at
from shared.events import (
    AddressInvalid,
    ArrangementAgreed,
    ArrangementBroken,
    ArrangementCompleted,
    BalanceStated,
    ComplaintRaised,
    ComplaintResolved,
    ConsentGiven,
    ConsentWithdrawn,
    ContactCancelled,
    ContactPlanned,
    ContactStopped,
    DisputeRaised,
    DisputeResolved,
    FactVoided,
    HardshipClaimed,
    HardshipConfirmed,
    HardshipDeclined,
    HardshipEnded,
    HoldEnded,
    HoldPlaced,
    LoanClosed,
    PaymentReversed,
    PreferenceStated,
    PromiseBroken,
    PromiseKept,
    PromisePartlyKept,
    PromiseSuperseded,
    Reading,
    ReplyReceived,
    RepresentativeNamed,
    Scope,
    TreatmentChosen,
    VulnerabilityNoted,
)
from tests.contact.borrowers import (
    MAIL,
    Told,
    a_late_borrower,
    a_reserved_borrower,
    at,
    day,
    disputed,
    late,
    opened,
    paid,
    profile,
    promised,
)

MONEY = Decimal("100.00")
EVERYTHING = Scope("everything")


def agreed(arrangement_id: str = "A1") -> ArrangementAgreed:
    return ArrangementAgreed(arrangement_id, "instalment_plan", ("L1",), "CNY", (), day("03-06"))


def replied(*intents: str, certain: bool = False, confirmed: bool = False) -> ReplyReceived:
    readings = tuple(Reading(intent, Decimal("0.5"), certain) for intent in intents)
    return ReplyReceived("R1", "sms", at("03-05 10:01"), readings, confirmed_by_person=confirmed)


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


ENDS = {
    "a promise kept": (promised(), PromiseKept("PR1", ("L1",), day("03-06"), MONEY, "CNY")),
    "a promise partly kept": (promised(), PromisePartlyKept("PR1", ("L1",), day("03-06"), MONEY, MONEY, "CNY")),
    "a promise broken": (promised(), PromiseBroken("PR1", ("L1",), day("03-06"), Decimal(0), MONEY, "CNY")),
    "a promise given up": (promised(), PromiseSuperseded("PR1", ("L1",), "withdrawn")),
    "an arrangement broken": (agreed(), ArrangementBroken("A1", ("L1",), "missed", day("03-06"), "CNY")),
    "an arrangement completed": (agreed(), ArrangementCompleted("A1", ("L1",), day("03-06"), "CNY", MONEY)),
    "a hardship declined": (
        HardshipClaimed("H1", ("L1",), "short_relief", "short", day("03-05")),
        HardshipDeclined("H1", ("L1",), "no_evidence", day("03-06")),
    ),
    "a hardship over": (
        HardshipConfirmed("H1", ("L1",), "short_relief", "short", day("03-05"), day("04-05")),
        HardshipEnded("H1", ("L1",), "recovered", day("03-06")),
    ),
    "a dispute answered": (disputed(), DisputeResolved("D1", ("L1",), "rejected", day("03-06"))),
    "a complaint answered": (
        ComplaintRaised("K1", "conduct", day("03-05"), day("03-20")),
        ComplaintResolved("K1", "rejected", "none", day("03-06")),
    ),
    "care no longer needed": (
        VulnerabilityNoted("N1", ("extra_time",), "confirmed"),
        VulnerabilityNoted("N2", (), "ended"),
    ),
    "a hold released by a person": (PlaceHold("X1", "regulator", EVERYTHING, "lead"), EndHold("X1", "lead")),
    "a claimed payment that came, in part": (replied("already_paid"), paid("03-05", "40.00")),
}


@pytest.mark.parametrize(("begins", "ends"), ENDS.values(), ids=ENDS)
def test_planning_goes_on_after(begins, ends):
    told = a_late_borrower().hears(begins)
    placed = told.the(HoldPlaced)
    assert told.hears(late("03-06", "03-01", "110.00")).of(ContactPlanned) == []
    told.now = at("03-06 10:00")
    told.hears(ends)
    assert told.the(HoldEnded).hold_id == placed.hold_id
    told.hears(late("03-06", "03-01", "109.00"))
    assert told.borrower.step is not None
    assert told.borrower.step.not_before >= at("03-06 10:00")


def test_the_same_step_is_not_planned_twice_for_one_date():
    told = a_late_borrower()
    first = told.borrower.step.contact_id
    told.hears(disputed(), DisputeResolved("D1", ("L1",), "rejected", day("03-05")))
    planned = told.the(ContactPlanned)
    assert planned.contact_id != first
    assert planned.business_date == day("03-06")


def test_two_holds_must_both_end():
    told = a_late_borrower().hears(promised(), disputed())
    told.hears(PromiseBroken("PR1", ("L1",), day("03-21"), Decimal(0), MONEY, "CNY"))
    assert told.of(ContactPlanned) == []
    assert told.hears(DisputeResolved("D1", ("L1",), "rejected", day("03-06"))).the(ContactPlanned)


def test_whoever_is_on_hold_is_treated_as_such():
    chosen = a_late_borrower().hears(disputed()).the(TreatmentChosen)
    assert (chosen.treatment, chosen.situation) == ("hold", "dispute")


def test_a_confirmed_hardship_takes_the_place_of_the_claim_and_runs_out():
    told = a_late_borrower().hears(HardshipClaimed("H1", ("L1",), "short_relief", "short", day("03-05")))
    claimed = told.the(HoldPlaced)
    confirmed = told.hears(HardshipConfirmed("H1", ("L1",), "short_relief", "short", day("03-06"), day("04-05")))
    placed = confirmed.the(HoldPlaced)
    assert placed.hold_id == claimed.hold_id
    assert wake_at(told.borrower) == placed.until == datetime(2026, 4, 6, 12, tzinfo=UTC)
    told.wakes()
    assert told.tells() == ["HoldEnded", "TreatmentChosen", "ContactPlanned"]
    assert told.the(HoldEnded).reason == "expired"


def test_a_confirmed_reply_is_released_where_it_was_misread():
    told = a_late_borrower().hears(replied("dispute", "stop"))
    assert [hold.awaits_confirmation for hold in told.of(HoldPlaced)] == [True, True]
    told.hears(replied("stop", confirmed=True))
    assert [(hold.kind, hold.reason) for hold in told.of(HoldEnded)] == [("dispute", "released")]
    assert told.of(ContactPlanned) == []


ORDERS = {
    "before the event that follows": (replied("dispute", confirmed=True), disputed()),
    "after the event that follows": (disputed(), replied("dispute", confirmed=True)),
}


@pytest.mark.parametrize("facts", ORDERS.values(), ids=ORDERS)
def test_a_reading_that_came_true_gives_way_to_its_event_when_confirmed(facts):
    told = a_late_borrower().hears(replied("dispute"), *facts)
    [hold] = told.borrower.holds
    assert hold.awaits_confirmation is None
    assert told.hears(DisputeResolved("D1", ("L1",), "rejected", day("03-06"))).the(ContactPlanned)


def test_an_unsure_reading_outlives_a_dispute_that_may_be_another():
    told = a_late_borrower().hears(
        replied("dispute"), disputed(), DisputeResolved("D1", ("L1",), "rejected", day("03-06"))
    )
    assert told.of(ContactPlanned) == []
    told.hears(replied(confirmed=True))
    assert told.the(ContactPlanned)


def test_a_certain_reading_gives_way_to_its_event_without_a_person():
    told = a_late_borrower().hears(replied("dispute", certain=True), disputed())
    assert [hold.awaits_confirmation for hold in told.borrower.holds] == [None]


def test_what_a_person_confirmed_to_be_deceased_only_a_person_releases():
    told = a_late_borrower().hears(replied("deceased"), replied("deceased", confirmed=True))
    placed = told.of(HoldPlaced)[-1]
    assert placed.person_releases
    assert not placed.awaits_confirmation
    assert told.hears(EndHold(placed.hold_id, "lead")).the(HoldEnded)


def test_a_fresh_consent_reopens_the_channel_that_was_stopped():
    email = Scope("channel", channel="email")
    told = a_late_borrower().hears(ContactStopped("S1", email, at("03-05 10:01")))
    assert told.the(ContactPlanned).channel == "sms"
    told.hears(ConsentGiven("G1", "channel", email, at("03-06 10:00")))
    assert told.the(HoldEnded).kind == "stop"


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


def test_more_wishes_than_can_be_kept_are_for_a_person():
    told = a_late_borrower()
    told.hears(*(PreferenceStated(f"W{n}", "inconvenient_days", at("03-05 10:01"), days=("SUN",)) for n in range(32)))
    assert told.of(HoldPlaced) == []
    told.hears(PreferenceStated("W99", "inconvenient_days", at("03-05 10:01"), days=("MON",)))
    assert told.the(HoldPlaced).kind == "review"


def test_a_wish_moves_the_plan_at_the_moment_of_sending():
    told = a_late_borrower()
    told.hears(PreferenceStated("W1", "inconvenient_days", at("03-05 10:01"), days=("THU",)))
    told.wakes()
    assert told.tells() == ["ContactDeferred"]
    assert told.said[0].not_before == at("03-06 08:00") or told.said[0].not_before == at("03-06 00:00")


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


BALANCES = {
    "the same figure": ("03-05", "100.00", False),
    "another figure": ("03-05", "99.99", True),
    "another figure, of a day before ours": ("03-04", "99.99", False),
}


@pytest.mark.parametrize(("as_of", "amount", "holds"), BALANCES.values(), ids=BALANCES)
def test_the_core_states(as_of, amount, holds):
    told = a_late_borrower().hears(BalanceStated("L1", day(as_of), Decimal("900.00"), Decimal(amount)))
    assert bool(told.of(HoldPlaced)) == holds
    assert (told.borrower.step is None) == holds


def test_figures_that_agree_again_end_the_hold():
    told = a_late_borrower().hears(BalanceStated("L1", day("03-05"), Decimal("900.00"), Decimal("99.00")))
    told.hears(BalanceStated("L1", day("03-06"), Decimal("900.00"), Decimal("100.00")))
    assert told.the(HoldEnded).reason == "resolved"


HOLD = PlaceHold("X1", "regulator", EVERYTHING, "lead")
REFUSED = {
    "with other content": (PlaceHold("X1", "disaster", EVERYTHING, "lead"), "hold-exists"),
    "that names nothing": (PlaceHold("X2", "disaster", Scope("loans"), "lead"), "bad-scope"),
    "that is over": (PlaceHold("X2", "disaster", EVERYTHING, "lead", at("03-05 10:00")), "already-over"),
    "that nobody placed, to end it": (EndHold("X9", "lead"), "unknown-hold"),
}


@pytest.mark.parametrize(("command", "code"), REFUSED.values(), ids=REFUSED)
def test_a_hold_is_refused(command, code):
    told = a_late_borrower().hears(HOLD)
    assert told.hears(HOLD).said == [], "saying the same twice is saying it once"
    [refusal] = told.hears(command).said
    assert refusal.code == code


def test_a_hold_that_only_a_person_releases_has_no_end():
    told = a_late_borrower().hears(PlaceHold("X1", "deceased", EVERYTHING, "lead", at("04-05 10:00")))
    placed = told.the(HoldPlaced)
    assert (placed.until, placed.person_releases) == (None, True)


def test_a_hold_on_a_segment_binds_whoever_is_in_it():
    told = a_late_borrower().hears(PlaceHold("X1", "disaster", Scope("segment", segment="coast"), "lead"))
    assert told.of(ContactCancelled) == []
    assert told.hears(profile(segment="coast")).the(ContactCancelled).reason == "hold"


def test_a_person_ends_a_hold_before_it_runs_out():
    told = a_late_borrower().hears(PlaceHold("X1", "disaster", EVERYTHING, "lead", at("03-05 12:00")))
    assert wake_at(told.borrower) == at("03-05 12:00")
    told.wakes()
    assert told.the(HoldEnded).reason == "expired"
    assert told.the(ContactPlanned).business_date == day("03-06")


def test_an_unclear_attempt_is_not_cancelled_by_a_payment():
    told = a_reserved_borrower()
    told.hears(NoteUnclear(told.borrower.step.reservation.attempt_id, "timeout"))
    told.now += timedelta(minutes=1)
    assert told.hears(paid("03-05")).the(ContactCancelled).contact_id != told.every[1].contact_id
    assert isinstance(told.every[1], ContactPlanned)


def test_a_dispute_of_identity_is_named_so():
    told = a_late_borrower().hears(DisputeRaised("D1", ("L1",), "identity_theft", day("03-05")))
    assert told.the(HoldPlaced).kind == "identity_theft"
