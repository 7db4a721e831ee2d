"""Regulation F at the gate, by what address, with what words, and by when; both sides of every edge."""

import pytest

from tests.contact.gate_builders import ALLOW, case_of, check, decide, defer, deny, past, propose

LOCATE = {"purpose": "acquire_location", "recipient": "third_party:neighbour"}


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
    "the creditor's address, opted out": (
        mail(**CREDITOR | {"opted_out": True}),
        [],
        EMAIL,
        deny("US-REGF-6(d)(4)(ii)"),
    ),
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
        propose("2026-10-07T11:00", "voicemail", content_flags=MESSAGE, recipient="third_party:friend", **VOICEMAIL),
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


CASES = CONTENT | FURNISH


@pytest.mark.parametrize(("debtor", "history", "proposed", "expected"), CASES.values(), ids=CASES)
def test_regulation_f_on_address_and_content(debtor, history, proposed, expected):
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
        "a recording of a leap day": (
            "retain_recording_until",
            [past("2024-02-29T11:00", "recorded_call")],
            "2027-03-01",
        ),
    }.values(),
)
def test_regulation_f_computes_its_dates(task, history, day):
    found = decide(case_of("US-FED", {"task": task}, history))
    assert (found.decision, found.computed.isoformat()) == ("compute", day)


def test_a_disclosure_that_is_missing_is_named():
    script = propose("2026-10-07T11:00", "inbound_phone_script", content_flags=[])
    found = decide(case_of("US-FED", script))
    assert found.objections[0].must == ("attempt_to_collect_debt", "information_will_be_used")
