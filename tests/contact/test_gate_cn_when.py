"""The default pack, China mainland, at the gate: when and how often; both sides of every edge."""

import pytest

from tests.contact.gate_builders import ALLOW, case_of, check, defer, deny, each, past, propose

NIGHT, TALKS, SUM, DIALS = "CN-GBT45251-time", "CN-GBT45251-freq", "CN-NIFA2024-freq", "CN-CBA2026-attempts"
AGREED = {"preferences": [{"kind": "agreed_contact_time", "from": "22:00", "to": "23:00", "agreed_with": "lender"}]}
BY_MAIL = {"preferences": [{"kind": "consent_out_of_hours", "from": "22:00", "to": "23:00", "channel": "email"}]}
TIMES = {
    "the last second before opening": ({}, [], propose("2026-03-10T07:59:59"), defer(NIGHT, "2026-03-10T08:00")),
    "the opening instant": ({}, [], propose("2026-03-10T08:00"), ALLOW),
    "the last second of the evening": ({}, [], propose("2026-03-10T21:59:59"), ALLOW),
    "the closing instant": ({}, [], propose("2026-03-10T22:00"), defer(NIGHT, "2026-03-11T08:00")),
    "a message at night": ({}, [], propose("2026-03-10T22:30", "sms"), defer(NIGHT, "2026-03-11T08:00")),
    "a letter sent at night": ({}, [], propose("2026-03-10T22:30", "mail"), defer(NIGHT, "2026-03-11T08:00")),
    "an hour that was agreed": (AGREED, [], propose("2026-03-10T22:59:59"), ALLOW),
    "the end of the agreed hour": (AGREED, [], propose("2026-03-10T23:00"), defer(NIGHT, "2026-03-11T08:00")),
    "an hour that was agreed for e-mail": (BY_MAIL, [], propose("2026-03-10T22:30", "email"), ALLOW),
    "an hour that was agreed for e-mail does not open the telephone": (
        BY_MAIL,
        [],
        propose("2026-03-10T22:30"),
        defer(NIGHT, "2026-03-11T08:00"),
    ),
    "an hour that was agreed for e-mail does not open the telephone before opening": (
        {"preferences": [{"kind": "agreed_contact_time", "from": "06:30", "to": "07:00", "channel": "email"}]},
        [],
        propose("2026-03-10T22:30"),
        defer(NIGHT, "2026-03-11T08:00"),
    ),
    "an hour that was agreed for calls opens a voicemail": (
        {"preferences": [{"kind": "agreed_contact_time", "from": "22:00", "to": "23:00", "channel": "phone"}]},
        [],
        propose("2026-03-10T22:30", "voicemail"),
        ALLOW,
    ),
    "an agreement that names no time opens nothing": (
        {"preferences": [{"kind": "agreed_contact_time", "agreed_with": "lender"}]},
        [],
        propose("2026-03-10T22:30"),
        defer(NIGHT, "2026-03-11T08:00"),
    ),
    "an agreement on a time before opening": (
        {"preferences": [{"kind": "agreed_contact_time", "from": "06:30", "to": "07:00"}]},
        [],
        propose("2026-03-10T22:30"),
        defer(NIGHT, "2026-03-11T06:30"),
    ),
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
MORE_MAIL = {"preferences": [{"kind": "agreed_attempts", "limit_per_day": 8, "channel": "email"}]}
FEWER = {"preferences": [{"kind": "agreed_attempts", "limit_per_day": 2}]}
VISIT = {"staff": 2, "recording": True}
FREQUENCY = {
    "the third conversation of a day": (
        {},
        each(*MORNING[:2], outcome="conversation"),
        propose("2026-03-10T18:00"),
        ALLOW,
    ),
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
    "the sixth dial to one number": (
        {},
        each(*SIX[:5], to="mobile_1"),
        propose("2026-03-10T17:30", to="mobile_1"),
        ALLOW,
    ),
    "the seventh dial to one number": (
        {},
        each(*SIX, to="mobile_1"),
        propose("2026-03-10T17:30", to="mobile_1"),
        defer(DIALS, "2026-03-11T08:00"),
    ),
    "the first dial to another number": (
        {},
        each(*SIX, to="mobile_1"),
        propose("2026-03-10T17:30", to="mobile_2"),
        ALLOW,
    ),
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
    "the seventh dial where eight e-mails were agreed": (
        MORE_MAIL,
        each(*SIX, to="mobile_1"),
        propose("2026-03-10T17:30", to="mobile_1"),
        defer(DIALS, "2026-03-11T08:00"),
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


CASES = TIMES | FREQUENCY


@pytest.mark.parametrize(("debtor", "history", "proposed", "expected"), CASES.values(), ids=CASES)
def test_the_chinese_pack_on_when_and_how_often(debtor, history, proposed, expected):
    check(case_of("CN", proposed, history, debtor), expected)
