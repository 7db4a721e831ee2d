"""Regulation F at the gate, when: hours, zones, wishes, consent; both sides of every edge."""

import pytest

from tests.contact.gate_builders import ALLOW, case_of, check, defer, deny, past, propose

EAST_AND_WEST = {
    "location_signals": [
        {"kind": "mobile_area_code", "tz": "America/New_York"},
        {"kind": "residential_address", "tz": "America/Los_Angeles"},
    ]
}
EAST_AND_MOUNTAIN = {
    "location_signals": [
        {"kind": "mobile_area_code", "tz": "America/New_York"},
        {"kind": "landline_area_code", "tz": "America/Denver"},
    ]
}
HOURS, ELSEWHERE, CONSENT = "US-REGF-6(b)(1)(i)", "US-REGF-6(b)(1)(i)-location", "US-REGF-6(b)(4)(i)"
REPLY, PLACE = "US-REGF-6(b)(1)-reply", "US-REGF-6(b)(1)(ii)"


def late_consent(**more):
    return {"preferences": [{"kind": "consent_out_of_hours", "from": "21:00", "to": "22:00"} | more]}


DIRECT = {"given_to": "collector", "obtained_in_compliant_communication": True}
TIMES = {
    "the last second before opening": ({}, [], propose("2026-10-07T07:59:59"), defer(HOURS, "2026-10-07T08:00")),
    "the opening instant": ({}, [], propose("2026-10-07T08:00:00"), ALLOW),
    "the last second of the evening": ({}, [], propose("2026-10-07T20:59:59"), ALLOW),
    "the closing instant": ({}, [], propose("2026-10-07T21:00:00"), defer(HOURS, "2026-10-08T08:00")),
    "an e-mail is judged when it is sent, not when it is read": (
        {},
        [],
        propose("2026-10-07T20:30", "email", read_at="2026-10-07T23:00:00-04:00"),
        ALLOW,
    ),
    "a night e-mail that is read in the morning": (
        {},
        [],
        propose("2026-10-07T22:30", "email", read_at="2026-10-08T09:00:00-04:00"),
        defer(HOURS, "2026-10-08T08:00"),
    ),
    "two zones, the hour only the east is open": (
        EAST_AND_WEST,
        [],
        propose("2026-10-07T10:59:59"),
        defer(ELSEWHERE, "2026-10-07T11:00"),
    ),
    "two zones, both open": (EAST_AND_WEST, [], propose("2026-10-07T11:00"), ALLOW),
    "two zones, the east has closed": (
        EAST_AND_WEST,
        [],
        propose("2026-10-07T21:00"),
        defer(ELSEWHERE, "2026-10-08T11:00"),
    ),
    "east and mountain before ten": (
        EAST_AND_MOUNTAIN,
        [],
        propose("2026-10-07T09:30"),
        defer(ELSEWHERE, "2026-10-07T10:00"),
    ),
    "east and mountain at ten": (EAST_AND_MOUNTAIN, [], propose("2026-10-07T10:00"), ALLOW),
    "two names of one clock do not conflict": (
        {"location_signals": [{"kind": "mobile_area_code", "tz": "America/Detroit"}]},
        [],
        propose("2026-10-07T07:00"),
        defer(HOURS, "2026-10-07T08:00"),
    ),
    "consent to a late hour, given to this collector": (late_consent(**DIRECT), [], propose("2026-10-07T21:30"), ALLOW),
    "consent ends at its closing instant": (
        late_consent(**DIRECT),
        [],
        propose("2026-10-07T22:00"),
        defer(HOURS, "2026-10-08T08:00"),
    ),
    "consent given to the creditor is not inherited": (
        late_consent(given_to="creditor", obtained_in_compliant_communication=True),
        [],
        propose("2026-10-07T21:30"),
        defer(CONSENT, "2026-10-08T08:00"),
    ),
    "consent obtained at a bad time": (
        late_consent(given_to="collector", obtained_in_compliant_communication=False),
        [],
        propose("2026-10-07T21:30"),
        defer(CONSENT, "2026-10-08T08:00"),
    ),
    "asking to go on with a call at a bad time": (
        {},
        [past("2026-10-07T15:30", "in_progress")],
        propose("2026-10-07T15:31", "in_call_utterance", purpose="ask_consent_to_continue"),
        deny(CONSENT),
    ),
}
WEEKDAYS = ["MON", "TUE", "WED", "THU", "FRI"]
BUSY = {
    "preferences": [
        {"kind": "inconvenient_slot", "days": WEEKDAYS, "from": "15:00", "to": "17:00"},
        {"kind": "inconvenient_days", "days": ["SAT", "SUN"]},
    ]
}
NOTES = {
    "preferences": [
        {
            "kind": "inconvenient_days",
            "days": ["TUE", "THU"],
            "until": "2026-12-31",
            "source": "creditor_notes",
        }
    ]
}
FRIDAYS = {"preferences": [{"kind": "inconvenient_days", "days": ["FRI"]}]}
WROTE = past("2026-10-07T15:30", "received", "email", direction="in")
ANSWERED = past("2026-10-07T15:40", "sent", "email")
OPENED = past("2026-10-09T10:00", "session_open", "portal", direction="in")
CLOSED = past("2026-10-09T10:30", "session_closed", "portal", direction="in")
WISHES = {
    "the second before the slot": (BUSY, [], propose("2026-10-07T14:59:59"), ALLOW),
    "the slot's first instant": (BUSY, [], propose("2026-10-07T15:00"), defer(HOURS, "2026-10-07T17:00")),
    "the slot's closing instant": (BUSY, [], propose("2026-10-07T17:00"), ALLOW),
    "a Saturday that is closed": (BUSY, [], propose("2026-10-10T11:00"), defer(HOURS, "2026-10-12T08:00")),
    "a Tuesday in the creditor's notes": (NOTES, [], propose("2026-10-06T11:00"), defer(HOURS, "2026-10-07T08:00")),
    "the last Thursday of the notes": (NOTES, [], propose("2026-12-31T11:00"), defer(HOURS, "2027-01-01T08:00")),
    "a Tuesday after the notes ran out": (NOTES, [], propose("2027-01-05T11:00"), ALLOW),
    "one reply to an e-mail written in the slot": (
        BUSY,
        [WROTE],
        propose("2026-10-07T16:00", "email", purpose="reply_to_debtor"),
        ALLOW,
    ),
    "a second reply to the same e-mail": (
        BUSY,
        [WROTE, ANSWERED],
        propose("2026-10-07T16:00", "email", purpose="reply_to_debtor"),
        defer(REPLY, "2026-10-07T17:00"),
    ),
    "a reply to the second e-mail": (
        BUSY,
        [WROTE, ANSWERED, WROTE | {"at": "2026-10-07T15:50"}],
        propose("2026-10-07T16:00", "email", purpose="reply_to_debtor"),
        ALLOW,
    ),
    "a reply by another medium": (
        BUSY,
        [WROTE],
        propose("2026-10-07T16:00", "sms", purpose="reply_to_debtor"),
        defer(REPLY, "2026-10-07T17:00"),
    ),
    "a reply to what was written before the slot": (
        BUSY,
        [WROTE | {"at": "2026-10-07T14:50"}],
        propose("2026-10-07T15:10", "email", purpose="reply_to_debtor"),
        defer(REPLY, "2026-10-07T17:00"),
    ),
    "a reply on the next day": (
        BUSY,
        [WROTE],
        propose("2026-10-08T15:10", "email", purpose="reply_to_debtor"),
        defer(REPLY, "2026-10-08T17:00"),
    ),
    "a returned letter is not a message from the borrower": (
        BUSY,
        [past("2026-10-07T15:30", "returned_undeliverable", "email", direction="in")],
        propose("2026-10-07T16:00", "email", purpose="reply_to_debtor"),
        defer(REPLY, "2026-10-07T17:00"),
    ),
    "the portal while the borrower uses it": (
        FRIDAYS,
        [OPENED],
        propose("2026-10-09T10:10", "portal_in_session", purpose="answer_in_session"),
        ALLOW,
    ),
    "the portal after the borrower left": (
        FRIDAYS,
        [OPENED, CLOSED],
        propose("2026-10-09T10:31", "portal_in_session", purpose="answer_in_session"),
        defer(REPLY, "2026-10-10T08:00"),
    ),
    "a push after the borrower left the portal": (
        FRIDAYS,
        [OPENED, CLOSED],
        propose("2026-10-09T11:00", "push"),
        defer(HOURS, "2026-10-10T08:00"),
    ),
    "an automatic reply to a Friday e-mail": (
        FRIDAYS,
        [past("2026-10-09T20:30", "received", "email", direction="in")],
        propose("2026-10-09T20:31", "email", purpose="auto_reply"),
        ALLOW,
    ),
}


CASES = TIMES | WISHES


@pytest.mark.parametrize(("debtor", "history", "proposed", "expected"), CASES.values(), ids=CASES)
def test_regulation_f_on_when(debtor, history, proposed, expected):
    check(case_of("US-FED", proposed, history, debtor), expected)
