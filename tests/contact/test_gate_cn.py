"""The default pack, China mainland, at the gate: both sides of every edge."""

from datetime import UTC, date, datetime

import pytest

from services.contact.domain.calendars import Calendar
from services.contact.domain.case import Party
from services.contact.domain.gate import decide_contact
from services.contact.domain.stated import parse_case
from tests.contact.gate_builders import ALLOW, PACKS, case_of, check, decide, defer, deny, each, past, propose, review

NIGHT, TALKS, SUM, DIALS = "CN-GBT45251-time", "CN-GBT45251-freq", "CN-NIFA2024-freq", "CN-CBA2026-attempts"
AGREED = {"preferences": [{"kind": "agreed_contact_time", "from": "22:00", "to": "23:00", "agreed_with": "lender"}]}
TIMES = {
    "the last second before opening": ({}, [], propose("2026-03-10T07:59:59"), defer(NIGHT, "2026-03-10T08:00")),
    "the opening instant": ({}, [], propose("2026-03-10T08:00"), ALLOW),
    "the last second of the evening": ({}, [], propose("2026-03-10T21:59:59"), ALLOW),
    "the closing instant": ({}, [], propose("2026-03-10T22:00"), defer(NIGHT, "2026-03-11T08:00")),
    "a message at night": ({}, [], propose("2026-03-10T22:30", "sms"), defer(NIGHT, "2026-03-11T08:00")),
    "a letter sent at night": ({}, [], propose("2026-03-10T22:30", "mail"), defer(NIGHT, "2026-03-11T08:00")),
    "an hour that was agreed": (AGREED, [], propose("2026-03-10T22:59:59"), ALLOW),
    "the end of the agreed hour": (AGREED, [], propose("2026-03-10T23:00"), defer(NIGHT, "2026-03-11T08:00")),
    "one legal time, wherever the borrower lives": (
        {"location_signals": [{"kind": "residential_address", "tz": "Asia/Urumqi"}]},
        [],
        propose("2026-03-10T21:30"),
        ALLOW,
    ),
    "a slot the borrower closed": (
        {"preferences": [{"kind": "inconvenient_slot", "from": "09:00", "to": "11:00"}]},
        [],
        propose("2026-03-10T10:00"),
        defer("HOUSE-wishes", "2026-03-10T11:00"),
    ),
    "the end of the closed slot": (
        {"preferences": [{"kind": "inconvenient_slot", "from": "09:00", "to": "11:00"}]},
        [],
        propose("2026-03-10T11:00"),
        ALLOW,
    ),
}
MORNING = ("2026-03-10T09:00", "2026-03-10T12:00", "2026-03-10T15:00")
SIX = tuple(f"2026-03-10T{hour:02}:00" for hour in (9, 10, 11, 14, 15, 16))
MORE = {"preferences": [{"kind": "agreed_attempts", "limit_per_day": 8}]}
FEWER = {"preferences": [{"kind": "agreed_attempts", "limit_per_day": 2}]}
VISIT = {"staff": 2, "recording": True}
FREQUENCY = {
    "the third conversation of a day": ({}, each(*MORNING[:2], outcome="conversation"), propose("2026-03-10T18:00"), ALLOW),
    "the fourth conversation of a day": (
        {},
        each(*MORNING, outcome="conversation"),
        propose("2026-03-10T18:00"),
        defer(TALKS, "2026-03-11T08:00"),
    ),
    "the first conversation of the next day": (
        {},
        each(*MORNING, outcome="conversation"),
        propose("2026-03-11T08:00"),
        ALLOW,
    ),
    "unknown outcomes count as conversations": (
        {},
        each(*MORNING, outcome=None),
        propose("2026-03-10T18:00"),
        defer(TALKS, "2026-03-11T08:00"),
    ),
    "unanswered dials are not conversations": ({}, each(*MORNING), propose("2026-03-10T18:00"), ALLOW),
    "a conversation the borrower began is not ours": (
        {},
        each(*MORNING, outcome="conversation", direction="in"),
        propose("2026-03-10T18:00"),
        ALLOW,
    ),
    "lender and agency are added together": (
        {},
        [
            past(MORNING[0], "conversation", by="lender"),
            past(MORNING[1], "conversation", by="agency_A"),
            past(MORNING[2], "conversation", by="agency_B"),
        ],
        propose("2026-03-10T18:00", by="agency_A"),
        defer(SUM, "2026-03-11T08:00"),
    ),
    "two put through by lender and agency": (
        {},
        [past(MORNING[0], "conversation", by="lender"), past(MORNING[1], "conversation", by="agency_A")],
        propose("2026-03-10T18:00", by="agency_A"),
        ALLOW,
    ),
    "a recording that answered is put through": (
        {},
        each(*MORNING, outcome="left_limited_content_message"),
        propose("2026-03-10T18:00"),
        defer(SUM, "2026-03-11T08:00"),
    ),
    "the sixth dial to one number": ({}, each(*SIX[:5], to="mobile_1"), propose("2026-03-10T17:30", to="mobile_1"), ALLOW),
    "the seventh dial to one number": (
        {},
        each(*SIX, to="mobile_1"),
        propose("2026-03-10T17:30", to="mobile_1"),
        defer(DIALS, "2026-03-11T08:00"),
    ),
    "the first dial to another number": ({}, each(*SIX, to="mobile_1"), propose("2026-03-10T17:30", to="mobile_2"), ALLOW),
    "dials whose number is unknown": (
        {},
        each(*SIX),
        propose("2026-03-10T17:30", to="mobile_2"),
        defer(DIALS, "2026-03-11T08:00"),
    ),
    "busy dials are dials": (
        {},
        each(*SIX, to="mobile_1", outcome="busy_signal"),
        propose("2026-03-10T17:30", to="mobile_1"),
        defer(DIALS, "2026-03-11T08:00"),
    ),
    "the eighth of eight agreed dials": (
        MORE,
        each(*SIX, "2026-03-10T17:00", to="mobile_1"),
        propose("2026-03-10T17:30", to="mobile_1"),
        ALLOW,
    ),
    "the ninth of eight agreed dials": (
        MORE,
        each(*SIX, "2026-03-10T17:00", "2026-03-10T17:10", to="mobile_1"),
        propose("2026-03-10T17:30", to="mobile_1"),
        defer(DIALS, "2026-03-11T08:00"),
    ),
    "the third of two agreed dials": (
        FEWER,
        each(*SIX[:2], to="mobile_1"),
        propose("2026-03-10T17:30", to="mobile_1"),
        defer(DIALS, "2026-03-11T08:00"),
    ),
    "the first visit of a day": ({}, [], propose("2026-03-10T17:00", "visit", **VISIT), ALLOW),
    "the second visit of a day": (
        {},
        [past("2026-03-10T09:30", "debtor_absent", "visit")],
        propose("2026-03-10T17:00", "visit", **VISIT),
        defer("CN-GBT45251-visit", "2026-03-11T08:00"),
    ),
    "a visit by one": ({}, [], propose("2026-03-10T17:00", "visit", staff=1), deny("CN-CBA2026-22")),
    "a visit whose staff nobody stated": ({}, [], propose("2026-03-10T17:00", "visit"), deny("CN-CBA2026-22")),
}
DAYS = ("2026-03-07T10:00", "2026-03-08T10:00", "2026-03-09T10:00")
RELATIVE = {"purpose": "relay_request", "recipient": "third_party:relative", "content_flags": ["no_debt_information"]}
LOST, UNCERTAIN = {"reachability": "lost"}, {"reachability": "uncertain"}
REFUSED = past("2026-03-09T18:00", "third_party_refused", to="third_party:relative")
PEOPLE = {
    "three dials failed in a row": (LOST, each(*DAYS), propose("2026-03-10T10:00", **RELATIVE), ALLOW),
    "three dials failed, nobody said lost": (UNCERTAIN, each(*DAYS), propose("2026-03-10T10:00", **RELATIVE), ALLOW),
    "two dials failed": (
        UNCERTAIN,
        each(*DAYS[:2]),
        propose("2026-03-10T10:00", **RELATIVE),
        deny("CN-CBA2026-thirdparty"),
    ),
    "the number does not exist": (
        UNCERTAIN,
        each(DAYS[0], outcome="number_not_in_service"),
        propose("2026-03-10T10:00", **RELATIVE),
        ALLOW,
    ),
    "a conversation among the failures": (
        UNCERTAIN,
        [past(DAYS[0], "rang_no_answer"), past(DAYS[1], "conversation"), past(DAYS[2], "rang_no_answer")],
        propose("2026-03-10T10:00", **RELATIVE),
        deny("CN-CBA2026-thirdparty"),
    ),
    "stated lost, but heard from since": (
        LOST,
        [*each(*DAYS), past("2026-03-09T20:00", "received", "sms", direction="in")],
        propose("2026-03-10T10:00", **RELATIVE),
        deny("CN-CBA2026-thirdparty"),
    ),
    "reachable": (
        {"reachability": "reachable"},
        each(*DAYS),
        propose("2026-03-10T10:00", **RELATIVE),
        deny("CN-GBT45251-object"),
    ),
    "nothing is known": ({}, [], propose("2026-03-10T10:00", **RELATIVE), deny("CN-GBT45251-object")),
    "the borrower has died and nobody has released the hold": (
        {"holds": [{"kind": "deceased"}]},
        [],
        propose("2026-03-10T10:00", **RELATIVE),
        deny("HOUSE-hold"),
    ),
    "asking a contact person to pay": (
        LOST,
        each(*DAYS),
        propose("2026-03-10T10:00", recipient="third_party:relative"),
        deny("CN-GBT45251-object"),
    ),
    "telling a contact person": (
        LOST,
        each(*DAYS),
        propose("2026-03-10T10:00", **RELATIVE | {"content_flags": ["mentions_debt"]}),
        deny("CN-GBT45251-contact-disclosure"),
    ),
    "a contact person who refused": (
        LOST,
        [*each(*DAYS), REFUSED],
        propose("2026-03-10T10:00", **RELATIVE),
        deny("CN-GBT45251-contact-refusal"),
    ),
    "another person after one refused": (
        LOST,
        [*each(*DAYS), REFUSED],
        propose("2026-03-10T10:00", **RELATIVE | {"recipient": "third_party:friend"}),
        ALLOW,
    ),
    "nobody noted who refused": (
        LOST,
        [*each(*DAYS), past("2026-03-09T18:00", "third_party_refused")],
        propose("2026-03-10T10:00", **RELATIVE),
        deny("CN-GBT45251-contact-refusal"),
    ),
    "the guarantor": ({}, [], propose("2026-03-10T10:00", recipient="guarantor"), ALLOW),
    "the spouse": ({}, [], propose("2026-03-10T10:00", recipient="spouse"), review("CN-GBT45251-object")),
    "a group of friends": (
        {},
        [],
        propose("2026-03-10T10:00", "im_group", recipient="third_party:group"),
        deny("CN-CIVIL-1033"),
    ),
}
PLAN = {"type": "personalised_instalment", "signed": "2026-01-15", "term_months": 60}


def on_plan(status, kind="credit_card"):
    return {"debts": [{"id": "D1", "type": kind, "plan": PLAN | {"status": status}}]}


HELD = {"holds": [{"kind": "hardship", "from": "2026-03-01", "until": "2026-03-10"}]}
OTHERS = {
    "a card plan that is kept": (on_plan("performing"), [], propose("2026-03-10T10:00"), deny("CN-CARD-70")),
    "a card plan that is broken": (on_plan("defaulted"), [], propose("2026-03-10T10:00"), ALLOW),
    "another loan's plan that is kept": (
        on_plan("performing", "online_consumer_loan"),
        [],
        propose("2026-03-10T10:00"),
        deny("HOUSE-plan-kept"),
    ),
    "answering a borrower on a plan": (
        on_plan("performing"),
        [past("2026-03-10T09:00", "debtor_request", "sms", direction="in")],
        propose("2026-03-10T10:00", "sms", purpose="reply_to_debtor"),
        ALLOW,
    ),
    "the last day of a hold": (HELD, [], propose("2026-03-10T21:00"), defer("HOUSE-hold", "2026-03-11T08:00")),
    "the day after a hold": (HELD, [], propose("2026-03-11T08:00"), ALLOW),
    "the day before a hold": (HELD, [], propose("2026-02-28T10:00"), ALLOW),
    "a hold without an end": ({"holds": [{"kind": "regulator"}]}, [], propose("2026-03-10T10:00"), deny("HOUSE-hold")),
    "a legal notice under a hold": (
        {"holds": [{"kind": "regulator"}]},
        [],
        propose("2026-03-10T10:00", "mail", purpose="legally_required_notice"),
        ALLOW,
    ),
    "a refused medium": (
        {"preferences": [{"kind": "channel_block", "channel": "sms"}]},
        [],
        propose("2026-03-10T10:00", "sms"),
        deny("HOUSE-wishes"),
    ),
    "a medium refused until today": (
        {"preferences": [{"kind": "channel_block", "channel": "sms", "until": "2026-03-10"}]},
        [],
        propose("2026-03-10T10:00", "sms"),
        defer("HOUSE-wishes", "2026-03-11T08:00"),
    ),
    "a private account": ({}, [], propose("2026-03-10T10:00", "im_private_account"), deny("CN-CBA2026-private-device")),
    "a letter in the name of a court": (
        {},
        [],
        propose("2026-03-10T10:00", "mail", content_flags=["impersonates_judicial_body"]),
        deny("CN-CBA2026-impersonation"),
    ),
    "a threat": ({}, [], propose("2026-03-10T10:00", "sms", content_flags=["threat"]), deny("CN-CBA2026-redlines")),
    "a plain text": ({}, [], propose("2026-03-10T10:00", "sms", content_flags=["payment_link"]), ALLOW),
    "the bureau before the borrower is told": (
        {},
        [],
        propose("2026-03-10T10:00", "furnish_credit_bureau"),
        deny("CN-CREDIT-15"),
    ),
    "the bureau after the borrower was told": (
        {},
        [past("2026-03-09T10:00", "sent", "sms")],
        propose("2026-03-10T10:00", "furnish_credit_bureau"),
        ALLOW,
    ),
    "a plan of sixty months": ({}, [], {"task": "create_plan", "term_months": 60}, ALLOW),
    "a plan of sixty-one months": ({}, [], {"task": "create_plan", "term_months": 61}, deny("CN-CARD-70")),
    "a plan whose term nobody stated": ({}, [], {"task": "create_plan"}, deny("CN-CARD-70")),
}
TABLES = {"times": TIMES, "frequency": FREQUENCY, "people": PEOPLE, "others": OTHERS}
CASES = {f"{table}: {name}": case for table, cases in TABLES.items() for name, case in cases.items()}


@pytest.mark.parametrize(("debtor", "history", "proposed", "expected"), CASES.values(), ids=CASES)
def test_the_chinese_pack_on_both_sides_of_every_edge(debtor, history, proposed, expected):
    check(case_of("CN", proposed, history, debtor), expected)


COMPLAINT = past("2026-03-10T10:00", "received", "complaint", direction="in")
FINANCE = {"debts": [{"id": "D1", "type": "consumer_finance_company_loan"}]}
ONLINE = {"debts": [{"id": "D1", "type": "online_consumer_loan"}]}
RECORDED = past("2026-03-10T10:00", "recorded_call")
DATES = {
    "a simple complaint": ("complaint_answer_due", {}, [COMPLAINT | {"complexity": "simple"}], "2026-03-25"),
    "a complex complaint": ("complaint_answer_due", {}, [COMPLAINT | {"complexity": "complex"}], "2026-04-09"),
    "a complaint nobody weighed": ("complaint_answer_due", {}, [COMPLAINT], "2026-03-25"),
    "a complaint at night, by its local date": (
        "complaint_answer_due",
        {},
        [COMPLAINT | {"at": "2026-03-10T00:30"}],
        "2026-03-25",
    ),
    "a card recording": ("retain_recording_until", {}, [RECORDED], "2028-03-10"),
    "another recording": ("retain_recording_until", ONLINE, [RECORDED], "2031-03-10"),
    "a recording of an unknown debt: the longest wins": (
        "retain_recording_until",
        {"debts": [{"id": "D1"}]},
        [RECORDED],
        "2031-03-10",
    ),
    "a finance company's record": ("retain_record_until", FINANCE, [RECORDED], "2031-03-10"),
}


@pytest.mark.parametrize(("task", "debtor", "history", "day"), DATES.values(), ids=DATES)
def test_the_chinese_pack_computes_its_dates(task, debtor, history, day):
    found = decide(case_of("CN", {"task": task}, history, debtor))
    assert (found.decision, found.computed.isoformat()) == ("compute", day)


REQUEST = [past("2026-09-28T10:00", "debtor_request", direction="in")]
WORK_DAYS = Calendar(
    "CN",
    "test",
    years=frozenset({2026}),
    holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
    working=frozenset({date(2026, 10, 10)}),
)


def test_relief_is_answered_in_seven_work_days_with_made_up_saturdays():
    found = decide(case_of("CN", {"task": "hardship_reply_due"}, REQUEST), calendars={"CN": WORK_DAYS})
    assert (found.decision, found.computed) == ("compute", date(2026, 10, 13))


@pytest.mark.parametrize("calendars", [None, {"CN": Calendar("CN", "test", years=frozenset({2025}))}])
def test_a_missing_calendar_year_blocks_and_is_flagged(calendars):
    found = decide(case_of("CN", {"task": "hardship_reply_due"}, REQUEST), calendars=calendars)
    assert (found.decision, found.rule, found.flags) == ("deny", "CN-GBT45251-hardship", ("calendar-missing",))


def test_a_task_without_its_event_is_for_a_person():
    found = decide(case_of("CN", {"task": "complaint_answer_due"}))
    assert (found.decision, found.flags) == ("review", ("event-missing",))


PARTIES = {
    "all in order": (
        Party(
            listed=True, borrower_told_on=date(2026, 3, 1), evaluated_on=date(2025, 3, 10), trained_on=date(2025, 3, 10)
        ),
        None,
    ),
    "not listed": (Party(listed=False), "CN-CBA2026-whitelist"),
    "told today": (Party(borrower_told_on=date(2026, 3, 10)), None),
    "told tomorrow": (Party(borrower_told_on=date(2026, 3, 11)), "CN-CONS-41"),
    "evaluated a year and two days ago": (Party(evaluated_on=date(2025, 3, 8)), "CN-GBT45251-agency-eval"),
    "trained a year and two days ago": (Party(trained_on=date(2025, 3, 8)), "CN-GBT45251-training"),
}


@pytest.mark.parametrize(("party", "rule"), PARTIES.values(), ids=PARTIES)
def test_an_agency_acts_only_once_its_duties_are_done(party, rule):
    from dataclasses import replace

    case = parse_case(case_of("CN", propose("2026-03-10T10:00", by="agency_A")))
    found = decide_contact(replace(case, party=party), PACKS, datetime(2026, 3, 10, 2, tzinfo=UTC))
    assert (found.decision, found.rule) == ("deny" if rule else "allow", rule)
