"""Reserving: what is asked again at the moment of sending, and what becomes of a step that may not go out."""

from datetime import timedelta
from decimal import Decimal

import pytest

from services.contact.domain.attempts import attempts_in
from services.contact.domain.context import Hearing, Switches
from services.contact.domain.waking import wake_at
from shared.events import (
    ContactCancelled,
    ContactDeferred,
    ContactPlanned,
    ContactReserved,
    ContactWithheld,
    Wake,
)
from tests.contact.borrowers import (
    MAIL,
    Told,
    a_late_borrower,
    a_reserved_borrower,
    assessed,
    at,
    coming,
    day,
    heard_to,
    late,
    opened,
    profile,
    templates,
    waiting,
)


def test_at_its_time_a_step_takes_its_slot():
    told = a_late_borrower()
    reserved = told.wakes().the(ContactReserved)
    assert (reserved.channel, reserved.address_ref, reserved.language) == ("email", MAIL, "zh-CN")
    assert (reserved.loan_ids, reserved.template, reserved.template_version) == (("L1",), "gentle-reminder", "1")
    assert reserved.reserved_at == told.now
    assert reserved.send_by == told.now + timedelta(minutes=10)
    assert wake_at(told.borrower) is None


def test_a_reservation_makes_one_attempt_with_the_figures_its_text_needs():
    told = Told(at("03-05 10:00")).hears(opened(), opened("L2"), opened("L3", "USD"), profile())
    told.hears(late("03-05", "03-01"), late("03-05", "02-27", "20.50", loan_id="L2"))
    told.hears(late("03-05", "03-02", "7.00", loan_id="L3", currency="USD"))
    told.wakes()
    [attempt] = attempts_in(told.borrower, told.said)
    assert attempt.attempt_id == told.the(ContactReserved).attempt_id
    assert attempt.loan_ids == ("L1",), "the plan was made when one loan was late"
    assert attempt.figures == {
        "amounts": [{"amount": "100.00", "currency": "CNY"}],
        "due_on": "2026-03-01",
        "loans": 1,
    }


def test_amounts_of_several_loans_are_told_by_currency():
    told = Told(at("03-05 10:00")).hears(opened(), opened("L2"), opened("L3", "USD"))
    told.hears(late("03-05", "03-01"), late("03-05", "02-27", "20.50", loan_id="L2"))
    told.hears(late("03-05", "03-02", "7.00", loan_id="L3", currency="USD"), profile()).wakes()
    [attempt] = attempts_in(told.borrower, told.said)
    assert attempt.figures == {
        "amounts": [{"amount": "120.50", "currency": "CNY"}, {"amount": "7.00", "currency": "USD"}],
        "due_on": "2026-02-27",
        "loans": 3,
    }


UNHEARD = {
    "not heard out": waiting(day("03-04")),
    "not heard out for almost a quarter of an hour": waiting(day("03-04"), 899.9),
    "a ledger without a business date": Hearing(heard_out=True),
    "a ledger two days behind": heard_to(day("03-03")),
    "sources that were not asked": None,
}


@pytest.mark.parametrize("heads", UNHEARD.values(), ids=UNHEARD)
def test_nobody_is_reserved_and_nothing_changes_with(heads):
    told = a_late_borrower()
    before = told.borrower
    assert told.wakes(heads=heads).said == []
    assert told.borrower == before


HEARD = {
    "a ledger one day behind": heard_to(day("03-04")),
    "a ledger of today": heard_to(day("03-05")),
}


@pytest.mark.parametrize("heads", HEARD.values(), ids=HEARD)
def test_a_slot_is_taken_with(heads):
    assert a_late_borrower().wakes(heads=heads).the(ContactReserved)


def test_after_a_quarter_of_an_hour_it_waits_for_a_later_slot():
    told = a_late_borrower()
    deferred = told.wakes(heads=waiting(day("03-04"), 900)).the(ContactDeferred)
    assert (deferred.reason, deferred.not_before) == ("not-heard-out", told.now + timedelta(hours=1))
    assert told.wakes().the(ContactReserved)


def test_a_deferral_at_night_waits_for_the_opening():
    told = a_late_borrower("03-05 21:30")
    deferred = told.wakes(heads=waiting(day("03-04"), 900)).the(ContactDeferred)
    assert deferred.not_before == at("03-06 08:00")
    assert deferred.decision.decision == "defer"


CLOCKS = {
    "a little late, within the hours": ("03-05 11:00", ContactReserved),
    "ten hours late, the last minute that can still be called in time": ("03-05 21:49", ContactReserved),
    "so late that the call might start after closing": ("03-05 21:50", ContactDeferred),
    "after closing": ("03-05 23:00", ContactDeferred),
    "on the last day it is worth making": ("03-07 21:00", ContactReserved),
    "when it is no longer worth making": ("03-08 09:00", ContactCancelled),
}


@pytest.mark.parametrize(("when", "expected"), CLOCKS.values(), ids=CLOCKS)
def test_a_step_woken(when, expected):
    told = a_late_borrower()
    told.wakes(at(when), heads=heard_to(at(when).date()))
    assert told.tells()[0] == expected.__name__


def test_a_missed_window_goes_to_the_next_slot_and_is_never_late():
    told = a_late_borrower()
    deferred = told.wakes(at("03-05 23:00")).the(ContactDeferred)
    assert (deferred.reason, deferred.not_before) == ("missed-window", at("03-06 08:00"))


def test_an_expired_step_is_planned_again_for_another_date():
    told = a_late_borrower()
    told.wakes(at("03-08 09:00"), heads=heard_to(day("03-08")))
    assert told.the(ContactCancelled).reason == "expired"
    planned = told.the(ContactPlanned)
    assert (planned.step, planned.business_date) == ("gentle-reminder", day("03-08"))


STOPPED = {
    "everything": Switches(everything=True),
    "its channel": Switches(channels=frozenset({"email"})),
    "its strategy": Switches(strategies=frozenset({"default"})),
    "its segment": Switches(segments=frozenset({"young"})),
    "this borrower": Switches(borrowers=frozenset({"C1"})),
    "whatever it likes, because it cannot be read": None,
}


@pytest.mark.parametrize("switches", STOPPED.values(), ids=STOPPED)
def test_the_kill_switch_stops(switches):
    told = Told(at("03-05 10:00")).hears(opened(), profile(segment="young"), late("03-05", "03-01"))
    deferred = told.wakes(switches=switches).the(ContactDeferred)
    assert deferred.reason == "kill-switch"
    assert told.wakes().the(ContactReserved)


def test_another_channels_switch_does_not_stop_it():
    assert a_late_borrower().wakes(switches=Switches(channels=frozenset({"sms"}))).the(ContactReserved)


BUDGETS = {
    "nothing left": ({"CNY": Decimal("0.00")}, ContactDeferred),
    "just enough left": ({"CNY": Decimal("0.01")}, ContactReserved),
    "another currency's budget": ({"USD": Decimal("0.00")}, ContactReserved),
}


@pytest.mark.parametrize(("budget", "expected"), BUDGETS.values(), ids=BUDGETS)
def test_a_contact_within_the_budget(budget, expected):
    told = a_late_borrower()
    told.wakes(budget=budget)
    assert told.the(expected)


def test_without_money_it_waits_for_the_next_day():
    deferred = a_late_borrower().wakes(budget={"CNY": Decimal(0)}).the(ContactDeferred)
    assert (deferred.reason, deferred.not_before) == ("budget", at("03-06 09:30"))


def test_a_text_no_longer_approved_is_for_a_person():
    told = a_late_borrower()
    told.wakes(templates=templates(approved=False))
    assert told.the(ContactWithheld).decision.rule == "HOUSE-template"
    assert told.borrower.step is None


def test_a_reminder_of_a_due_date_that_is_over_is_given_up():
    told = Told(at("03-05 10:00")).hears(opened(), profile(), assessed(willingness=50), coming("03-05", days_before=0))
    told.wakes(at("03-06 09:00"), heads=heard_to(day("03-06")))
    assert told.the(ContactCancelled).reason == "expired"
    assert told.borrower.step is None


def test_a_wake_that_was_overtaken_does_nothing():
    told = a_reserved_borrower()
    assert told.hears(Wake(told.now)).said == []


def test_a_reservation_counts_as_a_contact_from_then_on():
    told = a_reserved_borrower()
    [contact] = told.borrower.contacts
    assert (contact.outcome, contact.at, contact.channel) == ("reserved", told.now, "email")
