"""Holding: what the borrower says stops contact, and what ends that lets it go on."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.contact.domain.commands import EndHold, PlaceHold
from services.contact.domain.waking import wake_at
from shared.events import (
    ArrangementBroken,
    ArrangementCompleted,
    BalanceStated,
    ComplaintRaised,
    ComplaintResolved,
    ConsentGiven,
    ContactCancelled,
    ContactPlanned,
    ContactStopped,
    DisputeRaised,
    DisputeResolved,
    HardshipClaimed,
    HardshipConfirmed,
    HardshipDeclined,
    HardshipEnded,
    HoldEnded,
    HoldPlaced,
    PreferenceStated,
    PromiseBroken,
    PromiseKept,
    PromisePartlyKept,
    PromiseSuperseded,
    Scope,
    TreatmentChosen,
    VulnerabilityNoted,
)
from tests.contact.borrowers import (
    EVERYTHING,
    MONEY,
    a_late_borrower,
    agreed,
    at,
    day,
    disputed,
    late,
    paid,
    profile,
    promised,
    replied,
)

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


def test_more_wishes_than_can_be_kept_are_for_a_person():
    told = a_late_borrower()
    told.hears(*(PreferenceStated(f"W{n}", "inconvenient_days", at("03-05 10:01"), days=("SUN",)) for n in range(32)))
    assert told.of(HoldPlaced) == []
    told.hears(PreferenceStated("W99", "inconvenient_days", at("03-05 10:01"), days=("MON",)))
    assert told.the(HoldPlaced).kind == "review"


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


def test_a_hold_that_runs_out_ends_by_itself():
    told = a_late_borrower().hears(PlaceHold("X1", "disaster", EVERYTHING, "lead", at("03-05 12:00")))
    assert wake_at(told.borrower) == at("03-05 12:00")
    told.wakes()
    assert told.the(HoldEnded).reason == "expired"
    assert told.the(ContactPlanned).business_date == day("03-06")


def test_a_dispute_of_identity_is_named_so():
    told = a_late_borrower().hears(DisputeRaised("D1", ("L1",), "identity_theft", day("03-05")))
    assert told.the(HoldPlaced).kind == "identity_theft"
