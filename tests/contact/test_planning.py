"""Planning: what is planned, for when and by which channel, and what is withheld instead."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.contact.domain.commands import ApproveContact, NoteAccepted, NoteRejected
from services.contact.domain.profile import ChannelProfile
from shared.events import (
    AddressInvalid,
    CauseStated,
    ConsentGiven,
    ConsentWithdrawn,
    ContactCancelled,
    ContactPlanned,
    ContactStopped,
    ContactWithheld,
    PreferenceStated,
    Scope,
    TreatmentChosen,
)
from tests.contact.borrowers import (
    LETTER,
    MAIL,
    PHONE,
    Told,
    a_late_borrower,
    a_reserved_borrower,
    assessed,
    at,
    day,
    late,
    opened,
    profile,
    templates,
)


def test_a_late_loan_gets_a_treatment_and_its_first_reminder():
    told = a_late_borrower()
    assert told.tells() == ["TreatmentChosen", "ContactPlanned"]
    planned = told.the(ContactPlanned)
    assert (planned.step, planned.channel, planned.loan_ids) == ("gentle-reminder", "email", ("L1",))
    assert planned.decision.decision == "allow"
    assert (planned.business_date, planned.treatment) == (day("03-05"), "reminders")


WHEN = {
    "in the morning: the same day, once contacts begin": ("03-05 07:00", "03-05", 9, 12),
    "during the day: now": ("03-05 15:00", "03-05", 15, 15),
    "the last minute before closing: now": ("03-05 21:59", "03-05", 21, 21),
    "at the closing instant: the next day's opening": ("03-05 22:00", "03-06", 8, 8),
    "at night: the next opening": ("03-05 23:30", "03-06", 8, 8),
}


@pytest.mark.parametrize(("now", "on", "first_hour", "last_hour"), WHEN.values(), ids=WHEN)
def test_a_step_is_planned_into_the_next_legal_slot(now, on, first_hour, last_hour):
    planned = a_late_borrower(now).the(ContactPlanned)
    assert planned.business_date == day(on)
    assert first_hour <= (planned.not_before.hour + 8) % 24 <= last_hour


def test_a_step_waits_for_its_day_past_due():
    told = a_late_borrower("03-02 10:00", since="03-01")
    assert told.the(ContactPlanned).business_date == day("03-03")


def test_nothing_is_planned_twice_when_the_same_is_heard_again():
    told = a_late_borrower()
    assert told.hears(late("03-05", "03-01"), late("03-06", "03-01"), assessed(), profile()).said == []


def test_the_next_step_waits_after_the_last_contact():
    told = a_reserved_borrower()
    attempt = told.borrower.step.reservation.attempt_id
    told.hears(NoteAccepted(attempt))
    planned = told.the(ContactPlanned)
    assert (planned.step, planned.business_date) == ("second-reminder", day("03-12"))


def test_a_loan_found_late_begins_with_the_mildest_step():
    told = Told(at("06-05 10:00")).hears(opened(), profile(), assessed(80, 10), late("06-05", "01-05", stage="late"))
    assert told.the(TreatmentChosen).treatment == "firm"
    assert told.the(ContactPlanned).step == "gentle-reminder"


def test_every_milder_step_runs_before_a_notice_which_a_person_must_approve():
    told = Told(at("06-05 10:00")).hears(opened(), profile(), assessed(80, 10), late("06-05", "01-05", stage="late"))
    run = []
    while told.borrower.step is not None:
        told.wakes()
        run.append(told.borrower.step.name)
        told.hears(NoteAccepted(told.borrower.step.reservation.attempt_id))
    assert run == ["gentle-reminder", "second-reminder", "ways-forward", "ways-forward-again"]
    withheld = told.the(ContactWithheld)
    assert (withheld.step, withheld.decision.decision, withheld.decision.rule) == (
        "formal-notice", "review", "HOUSE-approval",
    )  # fmt: skip
    assert told.hears(late("06-06", "01-05", stage="late")).said == []
    told.hears(ApproveContact(withheld.contact_id, "lead"))
    planned = told.the(ContactPlanned)
    assert (planned.step, planned.approved_by) == ("formal-notice", "lead")


def test_only_a_contact_that_waits_for_it_can_be_approved():
    told = a_late_borrower()
    [refusal] = told.hears(ApproveContact("C-1", "lead")).said
    assert refusal.code == "not-for-approval"


def test_a_part_payment_that_moves_the_oldest_due_date_begins_with_the_mildest_step_again():
    told = a_reserved_borrower()
    told.hears(NoteAccepted(told.borrower.step.reservation.attempt_id))
    told.hears(late("03-20", "03-15", "50.00"))
    assert told.the(ContactCancelled).reason == "treatment-changed"
    assert told.the(ContactPlanned).step == "gentle-reminder"


def test_an_older_due_date_found_out_later_goes_on_where_the_steps_stand():
    told = a_reserved_borrower()
    told.hears(NoteAccepted(told.borrower.step.reservation.attempt_id))
    told.hears(late("03-06", "02-20", "200.00"))
    assert told.borrower.step.name == "second-reminder"


CHANNELS = {
    "the cheapest": ((), "email"),
    "the next, when the cheapest is stopped": (
        (ContactStopped("S1", Scope("channel", channel="email"), at("03-04 10:00")),),
        "sms",
    ),
    "the next, when its address is dead": ((AddressInvalid(MAIL, "email", "dead"),), "sms"),
    "the next, when its consent was withdrawn": (
        (
            ConsentGiven("K1", "channel", Scope("channel", channel="email"), at("03-01 10:00")),
            ConsentWithdrawn("K1", at("03-02 10:00")),
        ),
        "sms",
    ),
    "the preferred one": ((PreferenceStated("W1", "preferred_channel", at("03-04 10:00"), channel="sms"),), "sms"),
    "the open one, when the borrower blocked the other": (
        (PreferenceStated("W1", "channel_block", at("03-04 10:00"), channel="email"),),
        "sms",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "channel"), CHANNELS.values(), ids=CHANNELS)
def test_a_step_goes_by(facts, channel):
    told = Told(at("03-05 10:00")).hears(opened(), profile(), *facts, late("03-05", "03-01"))
    assert told.the(ContactPlanned).channel == channel


def test_an_address_that_failed_is_not_tried_again():
    told = a_reserved_borrower()
    told.hears(NoteRejected(told.borrower.step.reservation.attempt_id, "address-invalid"))
    planned = told.the(ContactPlanned)
    assert (planned.step, planned.channel, planned.business_date) == ("gentle-reminder", "sms", day("03-06"))


def test_a_step_that_fails_three_times_waits_for_a_person():
    told = a_reserved_borrower()
    for _ in range(3):
        told.hears(NoteRejected(told.borrower.step.reservation.attempt_id, "provider-error"))
        if told.borrower.step is not None:
            told.wakes()
    assert told.the(ContactWithheld).decision.rule == "HOUSE-tries"


WITHHELD = {
    "without a profile": ((), {}, "HOUSE-no-way", "deny"),
    "without an approved text in the borrower's language": (
        (profile(language="ug"),),
        {},
        "HOUSE-template",
        "review",
    ),
    "while no text is approved": ((profile(),), {"templates": templates(approved=False)}, "HOUSE-template", "review"),
    "when consent is refused everywhere": (
        (profile(ChannelProfile("email", MAIL, consent=False), ChannelProfile("sms", PHONE, consent=False)),),
        {},
        "HOUSE-no-way",
        "deny",
    ),
    "where no pack binds": ((profile(jurisdiction="ZZ"),), {}, "missing-pack", "deny"),
}


@pytest.mark.parametrize(("facts", "context", "rule", "verdict"), WITHHELD.values(), ids=WITHHELD)
def test_a_step_is_withheld_once_with_its_reason(facts, context, rule, verdict):
    told = Told(at("03-05 10:00"), more=context).hears(opened(), *facts, late("03-05", "03-01"))
    withheld = told.the(ContactWithheld)
    assert (withheld.decision.rule, withheld.decision.decision) == (rule, verdict)
    assert told.hears(late("03-06", "03-01", "110.00"), assessed(50, 50)).of(ContactWithheld) == []


def test_a_withheld_step_is_planned_once_the_reason_is_gone():
    told = Told(at("03-05 10:00")).hears(opened(), late("03-05", "03-01"))
    assert told.hears(profile()).the(ContactPlanned).step == "gentle-reminder"


TREATMENTS = {
    "too little is known": ((), "early", "reminders"),
    "likely to cure by itself": ((assessed(50, 50, "0.95"),), "early", "leave-alone"),
    "not likely enough": ((assessed(50, 50, "0.89"),), "early", "reminders"),
    "able, and known to break promises, late": ((assessed(60, 39),), "late", "firm"),
    "able enough but not quite unwilling": ((assessed(60, 40),), "late", "reminders"),
    "able and unwilling, but early": ((assessed(90, 10),), "early", "reminders"),
    "unwilling, ability unknown, late": ((assessed(None, 10),), "late", "reminders"),
    "evidently short of money": ((assessed(20, 60),), "early", "relief"),
    "declared hardship, short": ((CauseStated("S1", "short_relief", "short"),), "early", "relief"),
    "declared hardship, long": ((CauseStated("S1", "short_relief", "long"),), "early", "restructuring"),
    "paid later in the month": ((CauseStated("S1", "pay_date", "short"),), "early", "pay-date"),
    "an assessment that ran out": ((assessed(90, 10, until="2026-03-04"),), "late", "reminders"),
}


@pytest.mark.parametrize(("facts", "stage", "treatment"), TREATMENTS.values(), ids=TREATMENTS)
def test_the_treatment_when(facts, stage, treatment):
    told = Told(at("03-05 10:00")).hears(opened(), profile(), *facts, late("03-05", "03-01", stage=stage))
    chosen = told.the(TreatmentChosen)
    assert chosen.treatment == treatment
    assert f"stage:{stage}" in chosen.reasons


def test_a_treatment_that_stays_is_not_told_again_and_one_that_changes_replaces_the_plan():
    told = a_late_borrower()
    assert told.hears(assessed(50, 50)).said == []
    told.hears(CauseStated("S1", "short_relief", "short"))
    assert told.tells() == ["TreatmentChosen", "ContactCancelled", "ContactPlanned"]
    assert told.the(ContactPlanned).step == "hardship-offer"


def test_what_was_declared_ends_with_the_lateness():
    told = a_late_borrower().hears(CauseStated("S1", "short_relief", "short"), late("03-06", None, "0.00", "current"))
    assert told.borrower.situation is None


def test_a_choice_carries_its_cost_and_what_is_expected():
    chosen = a_late_borrower().every[0]
    assert chosen.cost == Decimal("0.04")
    assert chosen.arm == "champion"


def test_a_letter_is_used_where_a_step_allows_nothing_cheaper_to_reach_the_borrower():
    told = Told(at("03-05 10:00")).hears(
        replace(opened(), product="online_consumer_loan"),
        profile(ChannelProfile("mail", LETTER)),
        CauseStated("S1", "short_relief", "short"),
        late("03-05", "03-01"),
    )
    assert told.the(ContactPlanned).channel == "mail"
