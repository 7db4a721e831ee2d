"""The default pack, China mainland, at the gate: to whom, and what; both sides of every edge."""

import pytest

from tests.contact.gate_builders import ALLOW, case_of, check, defer, deny, each, past, propose, review

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


CASES = PEOPLE | OTHERS


@pytest.mark.parametrize(("debtor", "history", "proposed", "expected"), CASES.values(), ids=CASES)
def test_the_chinese_pack_on_whom_and_what(debtor, history, proposed, expected):
    check(case_of("CN", proposed, history, debtor), expected)
