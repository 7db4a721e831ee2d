"""Australia, Indonesia, the Philippines and South Korea at the gate: both sides of their edges."""

import pytest

from tests.contact.gate_builders import ALLOW, case_of, check, defer, deny, each, past, propose, review

MADE = ("2026-03-16T10:00", "2026-03-17T10:00", "2026-03-18T10:00")
KEPT = {"debts": [{"id": "D1", "plan": {"status": "performing", "reminders_requested": True}}]}
AUSTRALIA = {
    "Monday at half past seven": ({}, [], propose("2026-03-16T07:30"), ALLOW),
    "Monday before": ({}, [], propose("2026-03-16T07:29:59"), defer("AU-ACCC-4", "2026-03-16T07:30")),
    "Sunday at nine in the evening": ({}, [], propose("2026-03-15T21:00"), defer("AU-ACCC-4", "2026-03-16T07:30")),
    "Good Friday, and the Monday after": ({}, [], propose("2026-04-03T11:00"), defer("AU-ACCC-4", "2026-04-04T09:00")),
    "Easter Monday": ({}, [], propose("2026-04-06T11:00"), defer("AU-ACCC-4", "2026-04-07T07:30")),
    "the substitute for Boxing Day": ({}, [], propose("2026-12-28T11:00"), defer("AU-ACCC-4", "2026-12-29T07:30")),
    "work at five": ({}, [], propose("2026-03-16T17:00", to="work_phone"), defer("AU-ACCC-4", "2026-03-17T09:00")),
    "work on Friday evening": (
        {},
        [],
        propose("2026-03-20T17:00", to="work_phone"),
        defer("AU-ACCC-4", "2026-03-23T09:00"),
    ),
    "an hour that was agreed": (
        {"preferences": [{"kind": "agreed_contact_time", "days": ["SUN"], "from": "07:00", "to": "08:00"}]},
        [],
        propose("2026-03-15T07:30"),
        ALLOW,
    ),
    "the third contact in seven dates": ({}, each(*MADE[:2], outcome="conversation"), propose(MADE[2]), ALLOW),
    "the fourth in seven dates": (
        {},
        each(*MADE, outcome="conversation"),
        propose("2026-03-22T10:00"),
        deny("AU-ACCC-5"),
    ),
    "the fourth on the eighth date": ({}, each(*MADE, outcome="conversation"), propose("2026-03-23T10:00"), ALLOW),
    "the third attempt of a day": (
        {},
        each("2026-03-16T09:00", "2026-03-16T12:00"),
        propose("2026-03-16T15:00"),
        ALLOW,
    ),
    "the fourth attempt of a day": (
        {},
        each("2026-03-16T09:00", "2026-03-16T12:00", "2026-03-16T15:00"),
        propose("2026-03-16T18:00"),
        review("AU-ACCC-5-attempts"),
    ),
    "a reminder that was asked for": (KEPT, [], propose("2026-03-16T10:00", purpose="requested_reminder"), ALLOW),
    "a demand on a plan that is kept": (KEPT, [], propose("2026-03-16T10:00"), deny("AU-ACCC-15")),
}
INDONESIA = {
    "Saturday evening": ({}, [], propose("2026-03-14T19:59:59"), ALLOW),
    "Saturday at eight": ({}, [], propose("2026-03-14T20:00"), defer("ID-POJK22-62", "2026-03-16T08:00")),
    "a national holiday": ({}, [], propose("2026-05-14T10:00"), defer("ID-POJK22-62", "2026-05-15T08:00")),
    "a year nobody loaded": ({}, [], propose("2027-03-10T10:00"), deny("ID-POJK22-62")),
    "a year whose holidays the case states": ({"holidays": ["2027-01-01"]}, [], propose("2027-03-10T10:00"), ALLOW),
    "the place of work": ({}, [], propose("2026-03-12T10:00", to="work_phone"), deny("ID-POJK22-62")),
    "a relative": ({}, [], propose("2026-03-12T10:00", recipient="third_party:relative"), deny("ID-POJK22-62")),
}


def late(days):
    return {"debts": [{"id": "D1", "days_past_due": days}]}


PHILIPPINES = {
    "fifteen days late at ten": (
        late(15),
        [],
        propose("2026-03-10T22:00"),
        defer("PH-SECMC18-hours", "2026-03-11T06:00"),
    ),
    "sixteen days late at ten": (late(16), [], propose("2026-03-10T22:00"), ALLOW),
    "days late unknown": ({}, [], propose("2026-03-10T22:00"), defer("PH-SECMC18-hours", "2026-03-11T06:00")),
    "six in the morning": (late(5), [], propose("2026-03-10T06:00"), ALLOW),
    "one debt of two is late enough": (
        {"debts": [{"id": "D1", "days_past_due": 20}, {"id": "D2", "days_past_due": 5}]},
        [],
        propose("2026-03-10T22:00", debt=None),
        defer("PH-SECMC18-hours", "2026-03-11T06:00"),
    ),
}
SEVEN = tuple(f"2026-03-0{day}T10:00" for day in range(2, 9))
KOREA = {
    "the seventh contact": (
        {},
        each(*SEVEN[:6], channel="sms", outcome="delivered"),
        propose("2026-03-08T15:00"),
        ALLOW,
    ),
    "the eighth contact": (
        {},
        each(*SEVEN, channel="sms", outcome="delivered"),
        propose("2026-03-08T15:00"),
        defer("KR-PDPA-7in7", "2026-03-09T08:00"),
    ),
    "an answer the borrower asked for": (
        {},
        [*each(*SEVEN), past("2026-03-08T14:00", "debtor_request", "sms", direction="in")],
        propose("2026-03-08T15:00", "sms", purpose="reply_to_debtor"),
        ALLOW,
    ),
    "the closing instant": ({}, [], propose("2026-03-10T21:00"), defer("KR-FDCPA-night", "2026-03-11T08:00")),
    "hours the borrower blocked": (
        {"preferences": [{"kind": "inconvenient_slot", "from": "09:00", "to": "11:00"}]},
        [],
        propose("2026-03-10T10:00"),
        defer("KR-PDPA-preferences", "2026-03-10T11:00"),
    ),
    "means the borrower blocked": (
        {"preferences": [{"kind": "channel_block", "channel": "phone"}]},
        [],
        propose("2026-03-10T10:00"),
        deny("KR-PDPA-preferences"),
    ),
}


TABLES = {"AU": AUSTRALIA, "ID": INDONESIA, "PH": PHILIPPINES, "KR": KOREA}
CASES = {f"{pack}: {name}": (pack, *case) for pack, cases in TABLES.items() for name, case in cases.items()}


@pytest.mark.parametrize(("pack", "debtor", "history", "proposed", "expected"), CASES.values(), ids=CASES)
def test_the_pacific_packs_on_both_sides_of_their_edges(pack, debtor, history, proposed, expected):
    check(case_of(pack, proposed, history, debtor), expected)
