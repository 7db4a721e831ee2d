"""Regulation F at the gate, where and whether: places, refusals, attorneys, disputes; both sides of every edge."""

import pytest

from tests.contact.gate_builders import ALLOW, case_of, check, defer, deny, past, propose

REPLY, PLACE = "US-REGF-6(b)(1)-reply", "US-REGF-6(b)(1)(ii)"
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
BLOCKED_TEXTS = {
    "preferences": [{"kind": "address_block", "channel": "sms", "address": "mobile_1", "at": "2026-10-01"}]
}
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
    "a call the borrower made was answered in it": (
        NO_CALLS,
        [past("2026-10-07T10:00", "conversation", direction="in", debts=["D9"])],
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


CASES = PLACES | REFUSALS


@pytest.mark.parametrize(("debtor", "history", "proposed", "expected"), CASES.values(), ids=CASES)
def test_regulation_f_on_where_and_whether(debtor, history, proposed, expected):
    check(case_of("US-FED", proposed, history, debtor), expected)
