"""Regulation F at the gate: both sides of every edge, from the paragraphs and their official examples."""

import pytest

from tests.contact.gate_builders import ALLOW, case_of, check, decide, defer, deny, each, past, propose, review

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
CAP, COOLDOWN = "US-REGF-14(b)(2)(i)(A)", "US-REGF-14(b)(2)(i)(B)"
REBUTTAL, PATTERN, LOAD = "US-REGF-14(b)(2)(ii)-rebuttal", "US-REGF-14(b)-pattern", "US-REGF-14(a)"


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
NOT_HOME = {"preferences": [{"kind": "inconvenient_place", "place": "home"}]}
NOT_AT_WORK = {"preferences": [{"kind": "employer_prohibits"}]}
PLACES = {
    "a letter to the closed home": (NOT_HOME, [], propose("2026-10-07T11:00", "mail", to="home_address"), deny(PLACE)),
    "a letter that names no address": (NOT_HOME, [], propose("2026-10-07T11:00", "mail"), deny(PLACE)),
    "the landline of the closed home": (NOT_HOME, [], propose("2026-10-07T11:00", to="home_landline"), deny(PLACE)),
    "the mobile": (NOT_HOME, [], propose("2026-10-07T11:00", to="mobile"), ALLOW),
    "the mobile while known to be at home": (
        NOT_HOME | {"known_current_place": "home"},
        [],
        propose("2026-10-07T11:00", to="mobile"),
        deny(PLACE),
    ),
    "a telephone that is not named": (NOT_HOME, [], propose("2026-10-07T11:00"), deny(PLACE)),
    "an e-mail": (NOT_HOME, [], propose("2026-10-07T11:00", "email"), ALLOW),
    "speaking on the call the borrower made from home": (
        NOT_HOME,
        [past("2026-10-07T10:59", "in_progress", direction="in")],
        propose("2026-10-07T11:00", "in_call_utterance", to="home_landline", purpose="answer_in_session"),
        ALLOW,
    ),
    "calling back the home they called from": (
        NOT_HOME,
        [past("2026-10-06T10:59", "in_progress", direction="in")],
        propose("2026-10-07T11:00", to="home_landline"),
        deny(PLACE),
    ),
    "the work telephone where the employer forbids it": (
        NOT_AT_WORK,
        [],
        propose("2026-10-07T11:00", to="work_phone"),
        deny("US-REGF-6(b)(3)"),
    ),
    "the mobile where the employer forbids work calls": (
        NOT_AT_WORK,
        [],
        propose("2026-10-07T11:00", to="mobile"),
        ALLOW,
    ),
    "the work telephone where nobody forbids it": ({}, [], propose("2026-10-07T11:00", to="work_phone"), ALLOW),
}
TWO_DEBTS = {"debts": [{"id": "D1", "type": "medical"}, {"id": "D2", "type": "credit_card"}]}


def attorney(**more):
    return TWO_DEBTS | {"represented_by_attorney": {"since": "2026-06-01", "name": "known", "debt": "D1"} | more}


SILENT = {"responsive": False, "unanswered_since": "2026-09-10", "firm_policy_reasonable_days": 30}
CEASED = [past("2026-08-06T10:00", "cease_communication_received", "mail", direction="in")]
BLOCKED_E1 = {"preferences": [{"kind": "address_block", "channel": "email", "address": "e1"}]}
BLOCKED_TEXTS = {"preferences": [{"kind": "address_block", "channel": "sms", "address": "mobile_1", "at": "2026-10-01"}]}
NO_CALLS = {"preferences": [{"kind": "channel_block", "channel": "phone"}]}
NO_MAIL = {"preferences": [{"kind": "channel_block", "channel": "mail"}]}
DISPUTED = {"id": "D1", "disputed_in_writing_at": "2026-10-01", "validation_period_end": "2026-10-20"}
REFUSALS = {
    "an attorney who answers": (attorney(), [], propose("2026-10-08T11:00"), deny("US-REGF-6(b)(2)")),
    "a debt the attorney does not represent": (attorney(), [], propose("2026-10-08T11:00", debt="D2"), ALLOW),
    "before the attorney was named": (attorney(since="2026-10-09"), [], propose("2026-10-08T11:00"), ALLOW),
    "within the firm's reasonable period": (
        attorney(**SILENT),
        [],
        propose("2026-10-08T11:00"),
        defer("US-REGF-6(b)(2)", "2026-10-10T08:00"),
    ),
    "the period has run out": (attorney(**SILENT), [], propose("2026-10-10T11:00"), ALLOW),
    "an answer to a represented borrower who wrote": (
        attorney(),
        [past("2026-10-08T10:00", "received", "email", direction="in")],
        propose("2026-10-08T11:00", "email", purpose="reply_to_debtor"),
        ALLOW,
    ),
    "an e-mail before the cease letter came": ({}, CEASED, propose("2026-08-04T11:00", "email"), ALLOW),
    "the second before the cease letter came": ({}, CEASED, propose("2026-08-06T09:59:59", "email"), ALLOW),
    "the instant the cease letter came": (
        {},
        CEASED,
        propose("2026-08-06T10:00", "email"),
        deny("US-REGF-6(c)(1)"),
    ),
    "another debt after the cease letter": (TWO_DEBTS, CEASED, propose("2026-08-10T11:00", debt="D2"), ALLOW),
    "an unknown debt after the cease letter": (
        TWO_DEBTS,
        CEASED,
        propose("2026-08-10T11:00", debt=None),
        deny("US-REGF-6(c)(1)"),
    ),
    "a closing notice after the cease letter": (
        {},
        CEASED,
        propose("2026-08-10T11:00", "mail", purpose="closing_notice"),
        ALLOW,
    ),
    "a required statement about a mortgage after the cease letter": (
        {"debts": [{"id": "D1", "type": "mortgage"}]},
        CEASED,
        propose("2026-08-10T11:00", "mail", purpose="legally_required_statement"),
        ALLOW,
    ),
    "a required statement about a card after the cease letter": (
        {},
        CEASED,
        propose("2026-08-10T11:00", "mail", purpose="legally_required_statement"),
        deny("US-REGF-6(c)(1)"),
    ),
    "an opted-out address, another debt": (
        TWO_DEBTS | BLOCKED_E1,
        [],
        propose("2026-10-07T11:00", "email", debt="D2", to="e1"),
        deny("US-REGF-14(h)(1)"),
    ),
    "another address": (BLOCKED_E1, [], propose("2026-10-07T11:00", "email", to="e2"), ALLOW),
    "an address nobody named": (BLOCKED_E1, [], propose("2026-10-07T11:00", "email"), deny("US-REGF-14(h)(1)")),
    "a call to a number closed for texts": (BLOCKED_TEXTS, [], propose("2026-10-07T11:00", to="mobile_1"), ALLOW),
    "stop calling": (NO_CALLS, [], propose("2026-10-07T11:00"), deny("US-REGF-14(h)(1)")),
    "stop calling, a voicemail": (NO_CALLS, [], propose("2026-10-07T11:00", "voicemail"), deny("US-REGF-14(h)(1)")),
    "stop calling, an e-mail": (NO_CALLS, [], propose("2026-10-07T11:00", "email"), ALLOW),
    "a bare confirmation of the opt-out": (
        BLOCKED_TEXTS,
        [],
        propose("2026-10-07T11:00", "sms", purpose="confirm_opt_out", content_flags=["confirmation_only"]),
        ALLOW,
    ),
    "a confirmation that says more": (
        BLOCKED_TEXTS,
        [],
        propose("2026-10-07T11:00", "sms", purpose="confirm_opt_out", content_flags=["payment_link"]),
        deny("US-REGF-14(h)(2)"),
    ),
    "a second confirmation": (
        BLOCKED_TEXTS,
        [past("2026-10-02T11:00", "sent", "sms")],
        propose("2026-10-07T11:00", "sms", purpose="confirm_opt_out", content_flags=["confirmation_only"]),
        deny("US-REGF-14(h)(2)"),
    ),
    "one answer where the borrower uses the closed medium": (
        NO_CALLS,
        [past("2026-10-07T10:00", "received", direction="in")],
        propose("2026-10-07T11:00", purpose="reply_to_debtor"),
        ALLOW,
    ),
    "a second answer there": (
        NO_CALLS,
        [past("2026-10-07T10:00", "received", direction="in"), past("2026-10-07T10:30", "rang_no_answer")],
        propose("2026-10-07T11:00", purpose="reply_to_debtor"),
        deny("US-REGF-14(h)(2)"),
    ),
    "a statement the law requires by mail": (
        NO_MAIL,
        [],
        propose("2026-10-07T11:00", "mail", purpose="legally_required_statement"),
        ALLOW,
    ),
    "another letter": (NO_MAIL, [], propose("2026-10-07T11:00", "mail"), deny("US-REGF-14(h)(1)")),
    "a timely dispute": ({"debts": [DISPUTED]}, [], propose("2026-10-07T11:00"), deny("US-REGF-38(d)(2)")),
    "a dispute on the last day of the period": (
        {"debts": [DISPUTED | {"disputed_in_writing_at": "2026-10-20"}]},
        [],
        propose("2026-10-21T11:00"),
        deny("US-REGF-38(d)(2)"),
    ),
    "a dispute a day late": (
        {"debts": [DISPUTED | {"disputed_in_writing_at": "2026-10-21"}]},
        [],
        propose("2026-10-22T11:00"),
        ALLOW,
    ),
    "a dispute where the period is unknown": (
        {"debts": [{"id": "D1", "disputed_in_writing_at": "2026-10-21"}]},
        [],
        propose("2026-10-22T11:00"),
        deny("US-REGF-38(d)(2)"),
    ),
    "another debt while one is disputed": (
        {"debts": [DISPUTED, {"id": "D2"}]},
        [],
        propose("2026-10-07T11:00", debt="D2"),
        ALLOW,
    ),
    "the day verification was sent": (
        {"debts": [DISPUTED | {"verification_sent_at": "2026-10-07"}]},
        [],
        propose("2026-10-07T11:00"),
        ALLOW,
    ),
    "the day before verification was sent": (
        {"debts": [DISPUTED | {"verification_sent_at": "2026-10-08"}]},
        [],
        propose("2026-10-07T11:00"),
        deny("US-REGF-38(d)(2)"),
    ),
}
WEEK = tuple(f"2026-04-0{day}T11:00" for day in range(1, 8))
CONVERSED = [past("2026-08-11T10:00", "rang_no_answer"), past("2026-08-14T10:00", "conversation")]
CONSENTED = [
    past("2026-04-03T10:00", "conversation"),
    past("2026-04-03T10:00", "consent_to_calls", direction="in"),
]
CALLED_BACK = [*CONSENTED, past("2026-04-06T10:00", "conversation")]
BOTH_DEBTS = [past("2026-11-09T10:00", "conversation", debts=["D1", "D2"], placed_for=["D1"])]
LOANS = {
    "debts": [
        {"id": name, "type": "student_loan", "account_at_placement": account}
        for name, account in (("D1", "ACC9"), ("D2", "ACC9"), ("D3", "ACC7"))
    ]
}
NEIGHBOUR = {"to": "third_party:neighbour"}
LOCATE = {"purpose": "acquire_location", "recipient": "third_party:neighbour"}
FAILED = {"plan": {"status": "active", "fee_controlled_by": "creditor", "grace_ends": "2026-08-18"}}
FREQUENCY = {
    "the seventh call in seven dates": ({}, each(*WEEK[:6]), propose("2026-04-07T12:00"), ALLOW),
    "the eighth call in seven dates": (
        {},
        each(*WEEK),
        propose("2026-04-07T12:00"),
        defer(CAP, "2026-04-08T08:00"),
    ),
    "the eighth call on the eighth date": ({}, each(*WEEK), propose("2026-04-08T08:00"), ALLOW),
    "a voicemail counts like a call": (
        {},
        each(*WEEK[:6]) + [past(WEEK[6], "left_limited_content_message")],
        propose("2026-04-07T12:00", "voicemail"),
        defer(CAP, "2026-04-08T08:00"),
    ),
    "a ringless voicemail counts": (
        {},
        [*each(*WEEK[:6]), past(WEEK[6], "voicemail_reached_no_ring_no_message", "ringless_voicemail")],
        propose("2026-04-07T12:00"),
        defer(CAP, "2026-04-08T08:00"),
    ),
    "an unknown outcome counts as connected": (
        {},
        [*each(*WEEK[:6]), past(WEEK[6], None)],
        propose("2026-04-07T12:00"),
        defer(CAP, "2026-04-08T08:00"),
    ),
    "a busy signal does not count": (
        {},
        [*each(*WEEK[:6]), past(WEEK[6], "busy_signal")],
        propose("2026-04-07T12:00"),
        ALLOW,
    ),
    "a number out of service does not count": (
        {},
        [*each(*WEEK[:6]), past(WEEK[6], "number_not_in_service")],
        propose("2026-04-07T12:00"),
        ALLOW,
    ),
    "a call that turned out to be misdirected does not count": (
        {},
        [*each(*WEEK[:6]), past(WEEK[6], "wrong_number")],
        propose("2026-04-07T12:00"),
        ALLOW,
    ),
    "texts are not calls": (
        {},
        [*each(*WEEK[:6]), past(WEEK[6], "delivered", "sms")],
        propose("2026-04-07T12:00"),
        ALLOW,
    ),
    "a text after seven calls": ({}, each(*WEEK), propose("2026-04-07T12:00", "sms"), ALLOW),
    "a call that names no debt counts for every debt": (
        TWO_DEBTS,
        [*each(*WEEK[:6]), past(WEEK[6], "rang_no_answer", debts=[])],
        propose("2026-04-07T12:00"),
        defer(CAP, "2026-04-08T08:00"),
    ),
    "seven calls on each of two debts": (
        TWO_DEBTS,
        each(*WEEK) + each(*WEEK[:6], debts=["D2"]),
        propose("2026-04-07T13:00", debt="D2"),
        ALLOW,
    ),
    "a proposal that names no debt is about the fuller one too": (
        TWO_DEBTS,
        each(*WEEK) + each(*WEEK[:2], debts=["D2"]),
        propose("2026-04-07T13:00", debt=None),
        defer(CAP, "2026-04-08T08:00"),
    ),
    "calls at midnight count by the borrower's date": (
        {},
        each("2026-04-01T23:59", *WEEK[1:]),
        propose("2026-04-08T08:00"),
        ALLOW,
    ),
    "the seventh call to a neighbour for location": (
        {},
        each(*WEEK[:6], **NEIGHBOUR),
        propose("2026-04-07T12:00", **LOCATE),
        ALLOW,
    ),
    "the eighth call to a neighbour for location": (
        {},
        each(*WEEK, **NEIGHBOUR),
        propose("2026-04-07T12:00", **LOCATE),
        defer(CAP, "2026-04-08T08:00"),
    ),
    "calls to a neighbour are not calls to the borrower": (
        {},
        each(*WEEK, **NEIGHBOUR),
        propose("2026-04-07T12:00"),
        ALLOW,
    ),
    "a neighbour who has answered": (
        {},
        [past("2026-04-01T11:00", "conversation", **NEIGHBOUR)],
        propose("2026-06-07T12:00", **LOCATE),
        deny("US-REGF-10(c)"),
    ),
    "the sixth date after a conversation": (
        {},
        CONVERSED,
        propose("2026-08-20T20:59"),
        defer(COOLDOWN, "2026-08-21T08:00"),
    ),
    "the seventh date after a conversation": ({}, CONVERSED, propose("2026-08-21T08:00"), ALLOW),
    "a conversation the borrower began": (
        {},
        [past("2026-08-13T10:00", "conversation", direction="in")],
        propose("2026-08-19T11:00"),
        defer(COOLDOWN, "2026-08-20T08:00"),
    ),
    "a debt discussed but not called about": (
        TWO_DEBTS,
        BOTH_DEBTS,
        propose("2026-11-10T10:00", debt="D2"),
        defer(COOLDOWN, "2026-11-16T08:00"),
    ),
    "a debt neither discussed nor called about": (
        TWO_DEBTS,
        [past("2026-11-09T10:00", "conversation")],
        propose("2026-11-10T10:00", debt="D2"),
        ALLOW,
    ),
    "a student loan of the same account": (
        LOANS,
        [past("2026-11-09T10:00", "conversation")],
        propose("2026-11-10T10:00", debt="D2"),
        defer(COOLDOWN, "2026-11-16T08:00"),
    ),
    "a student loan of another account": (
        LOANS,
        [past("2026-11-09T10:00", "conversation")],
        propose("2026-11-10T10:00", debt="D3"),
        ALLOW,
    ),
    "call back on Monday": ({}, CONSENTED, propose("2026-04-06T10:00"), ALLOW),
    "the last date of the consent": ({}, CONSENTED, propose("2026-04-09T20:59"), ALLOW),
    "a conversation ends the consent": (
        {},
        CALLED_BACK,
        propose("2026-04-08T10:00"),
        defer(COOLDOWN, "2026-04-13T08:00"),
    ),
    "calls placed with consent do not count": (
        {},
        [past("2026-06-04T09:00", "consent_to_calls", "email", direction="in")]
        + each(*(f"2026-06-{day:02}T{hour:02}:00" for day in (8, 9, 10) for hour in (9, 12, 16))),
        propose("2026-06-11T10:00"),
        ALLOW,
    ),
    "consent to calls about another debt": (
        TWO_DEBTS,
        [past("2026-04-03T10:00", "conversation"), past("2026-04-03T10:05", "consent_to_calls", direction="in", debts=["D2"])],
        propose("2026-04-06T10:00"),
        defer(COOLDOWN, "2026-04-10T08:00"),
    ),
    "a legal duty may excuse the call": (
        {},
        CONVERSED,
        propose("2026-08-17T11:00", purpose="legally_required_notice"),
        review(REBUTTAL),
    ),
    "completing a conversation that dropped": (
        {},
        CONVERSED,
        propose("2026-08-14T10:20", purpose="complete_dropped_conversation"),
        review(REBUTTAL),
    ),
    "completing it days later": (
        {},
        CONVERSED,
        propose("2026-08-17T10:20", purpose="complete_dropped_conversation"),
        defer(COOLDOWN, "2026-08-21T08:00"),
    ),
    "information the borrower asked for": (
        {},
        [*CONVERSED, past("2026-08-14T10:01", "debtor_request", direction="in")],
        propose("2026-08-17T11:00", purpose="reply_to_debtor"),
        review(REBUTTAL),
    ),
    "a fee the creditor will charge tomorrow": (
        FAILED,
        CONVERSED,
        propose("2026-08-17T11:00", purpose="warn_of_imminent_fee"),
        review(REBUTTAL),
    ),
    "a fee whose time has passed": (
        FAILED,
        CONVERSED,
        propose("2026-08-19T11:00", purpose="warn_of_imminent_fee"),
        defer(COOLDOWN, "2026-08-21T08:00"),
    ),
    "a discount whose end is ours to set": (
        {},
        CONVERSED,
        propose("2026-08-17T11:00", purpose="one_time_discount", content_flags=["deadline_controlled_by_collector"]),
        defer(COOLDOWN, "2026-08-21T08:00"),
    ),
    "a second unanswered call within five minutes": (
        {},
        each("2026-04-01T11:00", to="+1-555-0199"),
        propose("2026-04-01T11:05", to="+1-555-0199"),
        review(PATTERN),
    ),
    "a second call after five minutes": (
        {},
        each("2026-04-01T11:00", to="+1-555-0199"),
        propose("2026-04-01T11:05:01", to="+1-555-0199"),
        ALLOW,
    ),
    "another number within five minutes": (
        {},
        each("2026-04-01T11:00", to="+1-555-0100"),
        propose("2026-04-01T11:03", to="+1-555-0199"),
        ALLOW,
    ),
    "the fifth call of a day": (
        {},
        each(*(f"2026-04-03T{hour:02}:00" for hour in range(9, 13))),
        propose("2026-04-03T14:00"),
        ALLOW,
    ),
    "the sixth call of a day": (
        {},
        each(*(f"2026-04-03T{hour:02}:00" for hour in range(9, 14))),
        propose("2026-04-03T15:00"),
        review(PATTERN),
    ),
    "a third e-mail beside seven calls": (
        {},
        each(*WEEK) + each("2026-04-03T12:00", "2026-04-05T12:00", channel="email", outcome="delivered"),
        propose("2026-04-07T12:00", "email"),
        review(LOAD),
    ),
    "a second e-mail beside seven calls": (
        {},
        each(*WEEK) + each("2026-04-03T12:00", channel="email", outcome="delivered"),
        propose("2026-04-07T12:00", "email"),
        ALLOW,
    ),
    "an eighth text in seven dates": (
        {},
        each(*WEEK, channel="sms", outcome="delivered"),
        propose("2026-04-07T12:00", "sms"),
        review(LOAD),
    ),
    "an eighth text to a borrower who answers": (
        {},
        [*each(*WEEK, channel="sms", outcome="delivered"), past("2026-04-07T11:30", "received", "sms", direction="in")],
        propose("2026-04-07T12:00", "sms"),
        ALLOW,
    ),
    "the lender itself is not bound": ({}, each(*WEEK), propose("2026-04-07T12:00", by="lender"), ALLOW),
}


def mail(**more):
    return {"email_provenance": more}


def text(**more):
    return {"sms_provenance": more}


CREDITOR = {
    "obtained_by": "creditor",
    "notice_sent": "2026-09-01",
    "opt_out_deadline": "2026-10-06",
    "public_domain": True,
    "opted_out": False,
}
EMAIL, TEXT = propose("2026-10-07T11:00", "email"), propose("2026-10-07T11:00", "sms")
MESSAGE = ["business_name", "reply_request", "contact_person", "phone_number"]
VOICEMAIL = {"declared_type": "limited_content"}
KNOWN = [past("2026-10-01T11:00", "conversation")]
SPANISH = {"languages_used": ["en", "es"]}
CONTENT = {
    "the creditor's address, the day after the deadline": (mail(**CREDITOR), [], EMAIL, ALLOW),
    "the creditor's address, on the deadline": (
        mail(**CREDITOR | {"opt_out_deadline": "2026-10-07"}),
        [],
        EMAIL,
        defer("US-REGF-6(d)(4)(ii)", "2026-10-08T08:00"),
    ),
    "a notice that left 34 days": (
        mail(**CREDITOR | {"opt_out_deadline": "2026-10-05"}),
        [],
        EMAIL,
        deny("US-REGF-6(d)(4)(ii)"),
    ),
    "the creditor's address, opted out": (mail(**CREDITOR | {"opted_out": True}), [], EMAIL, deny("US-REGF-6(d)(4)(ii)")),
    "a domain reserved for few": (
        mail(**CREDITOR | {"public_domain": None, "domain": "university.edu"}),
        [],
        EMAIL,
        deny("US-REGF-6(d)(4)(ii)"),
    ),
    "a domain open to all": (mail(**CREDITOR | {"public_domain": None, "domain": "gmail.com"}), [], EMAIL, ALLOW),
    "the employer's address by the creditor": (
        mail(**CREDITOR | {"employer_provided": True}),
        [],
        EMAIL,
        deny("US-REGF-22(f)(3)"),
    ),
    "the employer's address that the borrower used": (
        mail(obtained_by="debtor_used_it", employer_provided=True),
        [],
        EMAIL,
        ALLOW,
    ),
    "an address the borrower used and then left": (
        mail(obtained_by="debtor_used_it", opted_out=True),
        [],
        EMAIL,
        deny("US-REGF-14(h)(1)"),
    ),
    "the collector before us used it": (
        mail(obtained_by="prior_collector_ABC", used_by_immediately_prior=True),
        [],
        EMAIL,
        ALLOW,
    ),
    "the collector before us did not use it": (
        mail(obtained_by="collector_ABC", via="6(d)(4)(i)", chain=["ABC used", "EFG did not use"]),
        [],
        EMAIL,
        deny("US-REGF-6(d)(4)(iii)"),
    ),
    "both collectors before us used it": (
        mail(obtained_by="collector_ABC", via="6(d)(4)(i)", chain=["ABC used", "EFG used"]),
        [],
        EMAIL,
        ALLOW,
    ),
    "text consent sixty days old": (text(consent_at="2026-08-08"), [], TEXT, ALLOW),
    "text consent sixty-one days old": (text(consent_at="2026-08-07"), [], TEXT, deny("US-REGF-6(d)(5)")),
    "a number the borrower only called from": (
        text(debtor_called=True, debtor_texted=False, consent=False),
        [],
        TEXT,
        deny("US-REGF-6(d)(5)"),
    ),
    "a number the borrower texted from, checked lately": (
        text(debtor_texted=True, reassignment_check_at="2026-10-01"),
        [],
        TEXT,
        ALLOW,
    ),
    "a text without a way out": ({}, [], TEXT | {"content_flags": []}, deny("US-REGF-6(e)")),
    "a text with a way out": ({}, [], TEXT | {"content_flags": ["opt_out_included"]}, ALLOW),
    "a limited-content message": (
        {},
        [],
        propose("2026-10-07T11:00", "voicemail", content_flags=MESSAGE, **VOICEMAIL),
        ALLOW,
    ),
    "a limited-content message with a salutation": (
        {},
        [],
        propose("2026-10-07T11:00", "voicemail", content_flags=[*MESSAGE, "salutation"], **VOICEMAIL),
        ALLOW,
    ),
    "a limited-content message without a number": (
        {},
        [],
        propose("2026-10-07T11:00", "voicemail", content_flags=MESSAGE[:3], **VOICEMAIL),
        deny("US-REGF-2(j)"),
    ),
    "a limited-content message that says more": (
        {},
        [],
        propose("2026-10-07T11:00", "voicemail", content_flags=[*MESSAGE, "department_name_reveals_debt"], **VOICEMAIL),
        deny("US-REGF-2(j)"),
    ),
    "a limited-content message left with a friend": (
        {},
        [],
        propose(
            "2026-10-07T11:00", "voicemail", content_flags=MESSAGE, recipient="third_party:friend", **VOICEMAIL
        ),
        deny("US-REGF-2(j)"),
    ),
    "a postcard": ({}, [], propose("2026-10-07T11:00", "postcard"), deny("US-REGF-22(f)(1)")),
    "a telling envelope": (
        {},
        [],
        propose("2026-10-07T11:00", "mail", content_flags=["debt_revealing_name_visible"]),
        deny("US-REGF-22(f)(2)"),
    ),
    "a post that others can see": ({}, [], propose("2026-10-07T11:00", "social_public"), deny("US-REGF-22(f)(4)")),
    "the spouse": ({}, [], propose("2026-10-07T11:00", recipient="spouse"), ALLOW),
    "a sister": ({}, [], propose("2026-10-07T11:00", recipient="third_party:sister"), deny("US-REGF-6(d)(1)")),
    "a location call that mentions the debt": (
        {},
        [],
        propose("2026-10-07T11:00", content_flags=["mentions_debt"], **LOCATE),
        deny("US-REGF-10(c)"),
    ),
    "a location call that does not": ({}, [], propose("2026-10-07T11:00", content_flags=[], **LOCATE), ALLOW),
    "a first script that says what it must": (
        {},
        [],
        propose(
            "2026-10-07T11:00",
            "inbound_phone_script",
            content_flags=["attempt_to_collect_debt", "information_will_be_used"],
        ),
        ALLOW,
    ),
    "a first script that says half": (
        {},
        [],
        propose("2026-10-07T11:00", "inbound_phone_script", content_flags=["attempt_to_collect_debt"]),
        deny("US-REGF-18(e)(1)"),
    ),
    "a later script that says who is calling": (
        {},
        KNOWN,
        propose("2026-10-20T11:00", "inbound_phone_script", content_flags=["says_debt_collector"]),
        ALLOW,
    ),
    "a later script that does not": (
        {},
        KNOWN,
        propose("2026-10-20T11:00", "inbound_phone_script", content_flags=[]),
        deny("US-REGF-18(e)(2)"),
    ),
    "a disclosure in one language of two": (
        SPANISH,
        KNOWN,
        propose("2026-10-20T11:00", content_flags=["from_debt_collector:en"]),
        deny("US-REGF-18(e)(4)"),
    ),
    "a disclosure in both languages": (
        SPANISH,
        KNOWN,
        propose("2026-10-20T11:00", content_flags=["from_debt_collector:en", "from_debt_collector:es"]),
        ALLOW,
    ),
    "a threat of suit on a debt that is not barred": (
        {},
        [],
        propose("2026-10-07T11:00", "mail", content_flags=["threatens_suit"]),
        ALLOW,
    ),
    "a threat of suit on a barred debt": (
        {"debts": [{"id": "D1", "time_barred": True}]},
        [],
        propose("2026-10-07T11:00", "mail", content_flags=["threatens_suit"]),
        deny("US-REGF-26(b)"),
    ),
}
LETTER = past("2026-05-01T10:00", "sent", "mail")
RETURNED = past("2026-05-10T10:00", "returned_undeliverable", "mail", direction="in")
BUREAU = "US-REGF-30(a)(1)"
FURNISH = {
    "nobody was told": ({}, [], propose("2026-05-20T11:00", "furnish_credit_bureau"), deny(BUREAU)),
    "the fourteenth date after a letter": (
        {},
        [LETTER],
        propose("2026-05-14T23:59", "furnish_credit_bureau"),
        defer(BUREAU, "2026-05-15T00:00"),
    ),
    "the fifteenth date after a letter": ({}, [LETTER], propose("2026-05-15T00:00", "furnish_credit_bureau"), ALLOW),
    "the letter came back": (
        {},
        [LETTER, RETURNED],
        propose("2026-05-20T11:00", "furnish_credit_bureau"),
        deny(BUREAU),
    ),
    "the letter came back and another went out": (
        {},
        [LETTER, RETURNED, LETTER | {"at": "2026-05-11T10:00"}],
        propose("2026-05-20T11:00", "furnish_credit_bureau"),
        defer(BUREAU, "2026-05-25T00:00"),
    ),
    "the letter came back too late to matter": (
        {},
        [LETTER, RETURNED | {"at": "2026-05-16T10:00"}],
        propose("2026-05-20T11:00", "furnish_credit_bureau"),
        ALLOW,
    ),
    "they spoke": (
        {},
        [past("2026-05-01T10:00", "conversation")],
        propose("2026-05-01T10:30", "furnish_credit_bureau"),
        ALLOW,
    ),
}
TABLES = {"times": TIMES, "wishes": WISHES, "places": PLACES, "refusals": REFUSALS}
TABLES |= {"frequency": FREQUENCY, "content": CONTENT, "bureau": FURNISH}
CASES = {f"{table}: {name}": case for table, cases in TABLES.items() for name, case in cases.items()}


@pytest.mark.parametrize(("debtor", "history", "proposed", "expected"), CASES.values(), ids=CASES)
def test_regulation_f_on_both_sides_of_every_edge(debtor, history, proposed, expected):
    check(case_of("US-FED", proposed, history, debtor), expected)


@pytest.mark.parametrize(
    ("task", "history", "day"),
    {
        "notice five days after the first communication": (
            "validation_notice_due",
            [past("2026-10-07T11:00", "left_limited_content_message"), past("2026-10-08T11:00", "conversation")],
            "2026-10-13",
        ),
        "period over a weekend and Columbus Day": (
            "validation_period_end",
            [past("2026-10-07T11:00", "sent", "mail")],
            "2026-11-14",
        ),
        "period over Thanksgiving": ("validation_period_end", [past("2026-11-20T11:00", "sent", "mail")], "2026-12-30"),
        "records three years after the last activity": (
            "retain_records_until",
            [past("2026-10-07T11:00", "conversation"), past("2026-10-09T11:00", "rang_no_answer")],
            "2029-10-09",
        ),
        "a recording of a leap day": ("retain_recording_until", [past("2024-02-29T11:00", "recorded_call")], "2027-03-01"),
    }.values(),
)
def test_regulation_f_computes_its_dates(task, history, day):
    found = decide(case_of("US-FED", {"task": task}, history))
    assert (found.decision, found.computed.isoformat()) == ("compute", day)


def test_a_disclosure_that_is_missing_is_named():
    script = propose("2026-10-07T11:00", "inbound_phone_script", content_flags=[])
    found = decide(case_of("US-FED", script))
    assert found.objections[0].must == ("attempt_to_collect_debt", "information_will_be_used")


def test_the_evidence_names_the_calls_that_were_counted():
    found = decide(case_of("US-FED", propose("2026-04-07T12:00"), each(*WEEK)))
    assert found.evidence == tuple(f"/history/{n}" for n in range(7))
