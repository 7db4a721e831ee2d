"""The case put before the gate: nothing that contact remembers is left out, and nothing is guessed."""

from dataclasses import replace
from datetime import time

import pytest

from services.contact.domain.borrower import CONTACTS_MAX, Contact
from services.contact.domain.casework import Proposed, contact_case
from services.contact.domain.contacting import with_contact
from services.contact.domain.gate.case import LocationSignal as Signal
from services.contact.domain.judging import judge
from services.contact.domain.profile import ChannelProfile, LocationSignal
from shared.codec import encode
from shared.events import (
    ConsentGiven,
    ConsentWithdrawn,
    ContactStopped,
    LoanImported,
    PastContact,
    PreferenceStated,
    Reading,
    ReplyReceived,
    Scope,
)
from tests.contact.borrowers import (
    LETTER,
    MAIL,
    MONEY,
    PHONE,
    Told,
    a_late_borrower,
    a_reserved_borrower,
    agreed,
    at,
    day,
    disputed,
    knowing,
    late,
    opened,
    profile,
    promised,
)

BY_MAIL = Proposed("email", MAIL, ("L1",), "collect_debt")


def case_of(told: Told, proposed: Proposed = BY_MAIL):
    return contact_case(told.borrower, proposed, told.now)


def test_a_debt_is_as_late_as_its_oldest_due_date_says():
    [debt] = case_of(a_late_borrower()).debtor.debts
    assert (debt.id, debt.days_past_due, debt.type) == ("L1", 4, None)


def test_one_debt_is_named_and_several_mean_every_one():
    told = Told(at("03-05 10:00")).hears(opened(), opened("L2"), profile())
    told.hears(late("03-05", "03-01"), late("03-05", "03-02", loan_id="L2"))
    assert case_of(told).proposed.debt == "L1"
    both = case_of(told, BY_MAIL._replace(loan_ids=("L1", "L2")))
    assert (both.proposed.debt, [debt.id for debt in both.debtor.debts]) == (None, ["L1", "L2"])


LAWS = {
    "loan and residence agree": ("CN", "CN", ("CN",)),
    "they differ": ("US-FED", "UK", ("US-FED", "UK")),
    "the residence alone": (None, "IN", ("IN",)),
    "the loan alone": ("CN", None, ("CN",)),
    "neither: no pack has that name": (None, None, ("UNKNOWN",)),
}


@pytest.mark.parametrize(("law", "residence", "expected"), LAWS.values(), ids=LAWS)
def test_whatever_may_bind_binds(law, residence, expected):
    told = Told(at("03-05 10:00")).hears(opened(jurisdiction=law), profile(jurisdiction=residence))
    assert case_of(told).jurisdictions == expected


def test_every_signal_of_where_the_borrower_may_be_is_told():
    signal = LocationSignal("mobile_area_code", "America/Denver")
    told = Told(at("03-05 10:00")).hears(opened(), profile(location_signals=(signal,)))
    debtor = case_of(told).debtor
    assert (debtor.time_zone, debtor.location_signals) == (
        "Asia/Shanghai", (Signal("mobile_area_code", "America/Denver"),),
    )  # fmt: skip


def test_a_wish_is_told_with_its_hours():
    wish = PreferenceStated(
        "W1", "inconvenient_slot", at("03-01 10:00"), channel="phone", from_time=time(22), until_time=time(6, 30),
        days=("MON", "SUN"), until=at("04-01 00:00"),
    )  # fmt: skip
    [told] = case_of(a_late_borrower().hears(wish)).debtor.preferences
    assert (told.kind, told.channel, told.days) == ("inconvenient_slot", "phone", (0, 6))
    assert (told.opens, told.closes, told.until) == (22 * 3600, 6 * 3600 + 30 * 60, day("03-31"))


def test_only_the_latest_of_a_single_wish_counts():
    told = a_late_borrower().hears(
        PreferenceStated("W1", "agreed_attempts", at("03-01 10:00"), limit_per_day=5),
        PreferenceStated("W2", "agreed_attempts", at("03-02 10:00"), limit_per_day=1),
    )
    assert [wish.limit_per_day for wish in case_of(told).debtor.preferences] == [1]


STOPS = {
    "a channel": (Scope("channel", channel="phone"), ("channel_block", "channel", "phone")),
    "an address": (Scope("address", address_ref=PHONE), ("address_block", "address", PHONE)),
    "a place": (Scope("place", place="work"), ("inconvenient_place", "place", "work")),
}


@pytest.mark.parametrize(("scope", "expected"), STOPS.values(), ids=STOPS)
def test_a_stop_is_told_for(scope, expected):
    kind, field, value = expected
    told = a_late_borrower().hears(ContactStopped("S1", scope, at("03-05 10:00")))
    [wish] = case_of(told).debtor.preferences
    assert (wish.kind, getattr(wish, field)) == (kind, value)


HOLDS = {
    "a promise": (promised(), "plan_kept"),
    "an arrangement": (agreed(), "plan_kept"),
    "a dispute": (disputed(), "dispute"),
    "a stop": (ContactStopped("S1", Scope("loans", ("L1",)), at("03-05 10:00")), "regulator"),
}


@pytest.mark.parametrize(("fact", "kind"), HOLDS.values(), ids=HOLDS)
def test_the_gate_bars_what_is_on_hold_a_second_time_for(fact, kind):
    told = a_late_borrower().hears(fact)
    [hold] = case_of(told).debtor.holds
    assert hold.kind == kind
    decision = judge(told.borrower, BY_MAIL, told.now, knowing(told.now))
    assert (decision.decision, decision.rule) == ("deny", "HOUSE-hold")


def test_a_hold_on_another_loan_is_not_told():
    told = a_late_borrower().hears(opened("L2"), disputed(("L2",)))
    assert case_of(told).debtor.holds == ()


PAST = {
    "reserved: nobody knows": ("reserved", None),
    "withdrawn: nobody knows": ("withdrawn", None),
    "uncertain: nobody knows": ("uncertain", None),
    "sent": ("sent", "sent"),
    "opened: it was delivered": ("opened", "delivered"),
    "failed: it came back": ("failed", "returned_undeliverable"),
}


@pytest.mark.parametrize(("outcome", "expected"), PAST.values(), ids=PAST)
def test_a_past_contact_is_told_as(outcome, expected):
    told = a_reserved_borrower()
    told.borrower = replace(told.borrower, contacts=(told.borrower.contacts[0]._replace(outcome=outcome),))
    [past] = case_of(told).history
    assert (past.outcome, past.direction, past.channel, past.placed_for) == (expected, "out", "email", ("L1",))


def test_contacts_made_before_a_loan_was_taken_over_count():
    before = PastContact(at("03-03 10:00"), "phone", "conversation", by="agency:a1", loan_ids=("L1",))
    imported = LoanImported(
        "L1", "C1", "cash", "CNY", MONEY, day("01-05"), jurisdiction="CN", as_of=day("03-01"), unpaid=(),
        recent_contacts=(before,),
    )  # fmt: skip
    [past] = case_of(Told(at("03-05 10:00")).hears(imported, profile())).history
    assert (past.outcome, past.by, past.channel) == ("conversation", "agency:a1", "phone")


def test_a_word_from_the_borrower_is_one_even_when_its_reading_is_confirmed_later():
    reply = ReplyReceived("R1", "sms", at("03-05 09:00"), (Reading("question", MONEY / 100, certain=False),))
    told = a_late_borrower().hears(reply, replace(reply, confirmed_by_person=True))
    [past] = case_of(told).history
    assert (past.direction, past.outcome, past.channel) == ("in", "received", "sms")


def test_consent_to_texts_is_the_latest_word_on_it():
    told = Told(at("03-05 10:00")).hears(
        opened(), profile(ChannelProfile("sms", PHONE, consent=True, consent_at=at("01-01 10:00")))
    )
    by_text = BY_MAIL._replace(channel="sms", address_ref=PHONE)
    assert case_of(told, by_text).debtor.sms_provenance.consent_at == day("01-01")
    told.hears(ConsentGiven("G1", "channel", Scope("channel", channel="sms"), at("02-01 10:00")))
    assert case_of(told, by_text).debtor.sms_provenance.consent_at == day("02-01")
    told.hears(ConsentWithdrawn("G1", at("02-02 10:00")))
    assert case_of(told, by_text).debtor.sms_provenance.consent is False


def test_a_letter_goes_home_whatever_its_reference():
    assert case_of(a_late_borrower(), BY_MAIL._replace(channel="mail", address_ref=LETTER)).proposed.to is None


def test_a_reminder_before_due_is_judged_as_strictly_as_collecting():
    assert (
        case_of(a_late_borrower(), BY_MAIL._replace(purpose="reminder_before_due")).proposed.purpose == "collect_debt"
    )


def test_old_contacts_are_let_go_and_never_more_than_the_bound_are_kept():
    told = a_reserved_borrower()
    borrower = with_contact(told.borrower, Contact(at("04-30 10:00"), "sms", "received", inbound=True))
    assert [one.outcome for one in borrower.contacts] == ["reserved", "received"], "an open attempt is never forgotten"
    for minute in range(CONTACTS_MAX + 5):
        borrower = with_contact(borrower, Contact(at(f"04-30 {11 + minute // 60}:{minute % 60:02}"), "sms", "received"))
    assert len(borrower.contacts) == CONTACTS_MAX


def test_a_borrower_in_the_midst_of_it_is_small():
    told = a_reserved_borrower()
    assert len(encode(told.borrower)) < 2048
