"""The United Kingdom and India at the gate: both sides of their edges."""

import pytest

from tests.contact.gate_builders import ALLOW, case_of, check, defer, deny, propose


def moratorium(**more):
    return {"debts": [{"id": "D1", "moratorium": more}, {"id": "D2"}]}


STANDARD = moratorium(type="standard", starts="2026-03-02")
CRISIS = moratorium(type="mental_health_crisis", treatment_ended="2026-04-10")
SHIFTS = {"preferences": [{"kind": "preferred_window", "from": "14:00", "to": "20:00"}]}
KINGDOM = {
    "the sixtieth day of a breathing space": (
        STANDARD,
        [],
        propose("2026-04-30T20:59"),
        defer("UK-DRS-11", "2026-05-01T08:00"),
    ),
    "the day after a breathing space": (STANDARD, [], propose("2026-05-01T08:00"), ALLOW),
    "the day before a breathing space": (STANDARD, [], propose("2026-03-01T10:00"), ALLOW),
    "a debt outside the breathing space": (STANDARD, [], propose("2026-03-31T10:00", debt="D2"), ALLOW),
    "a contact that names no debt": (
        STANDARD,
        [],
        propose("2026-03-31T10:00", debt=None),
        defer("UK-DRS-11", "2026-05-01T08:00"),
    ),
    "the debt adviser": (STANDARD, [], propose("2026-03-31T10:00", recipient="debt_adviser"), ALLOW),
    "a reply nobody asked for": (
        STANDARD,
        [],
        propose("2026-03-31T10:00", "email", purpose="reply_to_debtor"),
        defer("UK-DRS-11", "2026-05-01T08:00"),
    ),
    "the thirtieth day after treatment": (
        CRISIS,
        [],
        propose("2026-05-10T10:00"),
        defer("UK-DRS-MH", "2026-05-11T08:00"),
    ),
    "the day after": (CRISIS, [], propose("2026-05-11T08:00"), ALLOW),
    "treatment that goes on": (
        moratorium(type="mental_health_crisis"),
        [],
        propose("2026-05-11T08:00"),
        deny("UK-DRS-MH"),
    ),
    "the opening of the preferred window": (SHIFTS, [], propose("2026-03-31T14:00"), ALLOW),
    "the closing of the preferred window": (
        SHIFTS,
        [],
        propose("2026-03-31T20:00"),
        defer("UK-CONC-7.9.4", "2026-04-01T14:00"),
    ),
    "capacity in doubt": (
        {"holds": [{"kind": "mental_capacity", "notified": "2026-03-20"}]},
        [],
        propose("2026-03-20T10:00"),
        deny("UK-CONC-7.10.1"),
    ),
    "the day before capacity was in doubt": (
        {"holds": [{"kind": "mental_capacity", "notified": "2026-03-20"}]},
        [],
        propose("2026-03-19T10:00"),
        ALLOW,
    ),
    "a visit to somebody who is not vulnerable": ({}, [], propose("2026-03-31T10:00", "visit"), ALLOW),
    "a neighbour": ({}, [], propose("2026-03-31T10:00", recipient="third_party:neighbour"), deny("UK-CONC-7.9.7")),
}
OCCASION = {"holds": [{"kind": "sensitive_occasion", "type": "wedding", "from": "2026-07-10", "to": "2026-07-12"}]}
INDIA = {
    "the opening instant": ({}, [], propose("2026-03-10T08:00"), ALLOW),
    "the closing instant": ({}, [], propose("2026-03-10T19:00"), defer("IN-RBI2022-hours", "2026-03-11T08:00")),
    "a late visit before the draft's planned start": ({}, [], propose("2026-06-30T20:00", "visit"), ALLOW),
    "a late visit after it": (
        {},
        [],
        propose("2026-07-01T20:00", "visit"),
        defer("IN-RBI2026D-hours", "2026-07-02T08:00"),
    ),
    "the last day of a wedding": (
        OCCASION,
        [],
        propose("2026-07-12T10:00"),
        defer("IN-RBI2026D-occasions", "2026-07-13T08:00"),
    ),
    "the day after a wedding": (OCCASION, [], propose("2026-07-13T08:00"), ALLOW),
    "a colleague before the draft's planned start": (
        {},
        [],
        propose("2026-06-30T10:00", recipient="third_party:colleague"),
        deny("IN-RBI2022-hours"),
    ),
    "the guarantor": ({}, [], propose("2026-07-14T10:00", recipient="guarantor"), ALLOW),
}


TABLES = {"UK": KINGDOM, "IN": INDIA}
CASES = {f"{pack}: {name}": (pack, *case) for pack, cases in TABLES.items() for name, case in cases.items()}


@pytest.mark.parametrize(("pack", "debtor", "history", "proposed", "expected"), CASES.values(), ids=CASES)
def test_the_british_and_indian_packs_on_both_sides_of_their_edges(pack, debtor, history, proposed, expected):
    check(case_of(pack, proposed, history, debtor), expected)
