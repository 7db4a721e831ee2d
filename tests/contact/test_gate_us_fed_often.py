"""Regulation F at the gate, how often: calls, conversations, consent, rebuttals, patterns; both sides of every edge."""

import pytest

from tests.contact.gate_builders import ALLOW, case_of, check, decide, defer, deny, each, past, propose, review

CAP, COOLDOWN = "US-REGF-14(b)(2)(i)(A)", "US-REGF-14(b)(2)(i)(B)"
REBUTTAL, PATTERN, LOAD = "US-REGF-14(b)(2)(ii)-rebuttal", "US-REGF-14(b)-pattern", "US-REGF-14(a)"
TWO_DEBTS = {"debts": [{"id": "D1", "type": "medical"}, {"id": "D2", "type": "credit_card"}]}
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
        [*each(*WEEK[:6]), past(WEEK[6], "left_limited_content_message")],
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
        [
            past("2026-06-04T09:00", "consent_to_calls", "email", direction="in"),
            *each(*(f"2026-06-{day:02}T{hour:02}:00" for day in (8, 9, 10) for hour in (9, 12, 16))),
        ],
        propose("2026-06-11T10:00"),
        ALLOW,
    ),
    "consent to calls about another debt": (
        TWO_DEBTS,
        [
            past("2026-04-03T10:00", "conversation"),
            past("2026-04-03T10:05", "consent_to_calls", direction="in", debts=["D2"]),
        ],
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


CASES = FREQUENCY


@pytest.mark.parametrize(("debtor", "history", "proposed", "expected"), CASES.values(), ids=CASES)
def test_regulation_f_on_how_often(debtor, history, proposed, expected):
    check(case_of("US-FED", proposed, history, debtor), expected)


def test_the_evidence_names_the_calls_that_were_counted():
    found = decide(case_of("US-FED", propose("2026-04-07T12:00"), each(*WEEK)))
    assert found.evidence == tuple(f"/history/{n}" for n in range(7))
