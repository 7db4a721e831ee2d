"""Massachusetts and Washington at the gate, on top of Regulation F: both sides of their edges."""

import pytest

from tests.contact.gate_builders import ALLOW, case_of, check, defer, deny, each, past, propose

MA, MA_WORK = "US-MA-209CMR18-freq", "US-MA-209CMR18-work"
ORAL = {"kind": "no_work_calls", "form": "oral", "at": "2026-06-01"}


def at_work(**more):
    return {"preferences": [ORAL | more]}


MASSACHUSETTS = {
    "the second text in seven dates": (
        {},
        [past("2026-06-01T10:00", "delivered", "sms")],
        propose("2026-06-02T10:00", "sms"),
        ALLOW,
    ),
    "the third text in seven dates": (
        {},
        each("2026-06-01T10:00", "2026-06-03T10:00", outcome="delivered", channel="sms"),
        propose("2026-06-07T20:00", "sms"),
        defer(MA, "2026-06-08T08:00"),
    ),
    "the third text on the eighth date": (
        {},
        each("2026-06-01T10:00", "2026-06-03T10:00", outcome="delivered", channel="sms"),
        propose("2026-06-08T08:00", "sms"),
        ALLOW,
    ),
    "the third call at work in thirty dates": (
        {},
        each("2026-06-01T10:00", "2026-06-09T10:00", to="work_phone"),
        propose("2026-06-30T10:00", to="work_phone"),
        defer(MA, "2026-07-01T08:00"),
    ),
    "the tenth day of an oral request": (at_work(), [], propose("2026-06-11T10:00", to="work_phone"), deny(MA_WORK)),
    "the eleventh day of an oral request": (at_work(), [], propose("2026-06-12T10:00", to="work_phone"), ALLOW),
    "a request confirmed on the seventh day": (
        at_work(written_confirmation="2026-06-08"),
        [],
        propose("2026-06-20T10:00", to="work_phone"),
        deny(MA_WORK),
    ),
    "a request confirmed on the eighth day": (
        at_work(written_confirmation="2026-06-09"),
        [],
        propose("2026-06-20T10:00", to="work_phone"),
        ALLOW,
    ),
    "a written request": (
        at_work(form="written"),
        [],
        propose("2026-06-20T10:00", to="work_phone"),
        deny(MA_WORK),
    ),
    "the mobile while work is closed": (at_work(), [], propose("2026-06-05T10:00", to="mobile"), ALLOW),
    "a second visit in thirty dates": (
        {},
        [past("2026-06-01T10:00", "conversation", "visit")],
        propose("2026-06-30T10:00", "visit"),
        defer("US-MA-209CMR18-visit", "2026-07-01T08:00"),
    ),
    "a second visit where the first reached nobody": (
        {},
        [past("2026-06-01T10:00", "debtor_absent", "visit")],
        propose("2026-06-30T10:00", "visit"),
        ALLOW,
    ),
    "the lender itself after nine": (
        {},
        [],
        propose("2026-06-01T21:00", by="lender"),
        defer("US-MA-940CMR7", "2026-06-02T08:00"),
    ),
    "the lender's third call": (
        {},
        each("2026-06-01T10:00", "2026-06-02T10:00"),
        propose("2026-06-03T10:00", by="lender"),
        defer("US-MA-940CMR7", "2026-06-08T08:00"),
    ),
}
WEEK = ("2026-06-01T10:00", "2026-06-02T10:00", "2026-06-03T10:00")
WASHINGTON = {
    "the third communication": ({}, each(*WEEK[:2], channel="email", outcome="delivered"), propose(WEEK[2]), ALLOW),
    "the fourth on the seventh date": (
        {},
        each(*WEEK, channel="email", outcome="delivered"),
        propose("2026-06-07T10:00"),
        deny("US-WA-19.16.250-freq"),
    ),
    "the fourth on the eighth date": (
        {},
        each(*WEEK, channel="email", outcome="delivered"),
        propose("2026-06-08T10:00"),
        ALLOW,
    ),
    "dials that reached nobody are no communication": ({}, each(*WEEK), propose("2026-06-04T10:00"), ALLOW),
    "the second at work": (
        {},
        [past(WEEK[0], "delivered", to="work_phone")],
        propose("2026-06-04T10:00", to="work_phone"),
        deny("US-WA-19.16.250-freq"),
    ),
    "seven thirty is open to Washington and closed to Regulation F": (
        {},
        [],
        propose("2026-06-04T07:30", to="home_landline"),
        defer("US-REGF-6(b)(1)(i)", "2026-06-04T08:00"),
    ),
}


TABLES = {"US-MA": MASSACHUSETTS, "US-WA": WASHINGTON}
CASES = {f"{pack}: {name}": (pack, *case) for pack, cases in TABLES.items() for name, case in cases.items()}


@pytest.mark.parametrize(("pack", "debtor", "history", "proposed", "expected"), CASES.values(), ids=CASES)
def test_the_state_packs_on_both_sides_of_their_edges(pack, debtor, history, proposed, expected):
    check(case_of(pack, proposed, history, debtor), expected)
