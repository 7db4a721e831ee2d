"""What a text says about itself is put before the gate, when a step is planned and when its slot is taken."""

from dataclasses import replace

import pytest

from services.contact.domain.casework import Proposed
from services.contact.domain.context import TemplateInfo
from services.contact.domain.judging import judge
from services.contact.domain.profile import ChannelProfile
from shared.events import CauseStated, ContactPlanned, ContactReserved, ContactWithheld
from tests.contact.borrowers import (
    LETTER,
    MAIL,
    SAYS,
    Told,
    a_late_borrower,
    at,
    knowing,
    late,
    opened,
    profile,
    strategy,
    templates,
)

BY_MAIL = Proposed("email", MAIL, ("L1",), "collect_debt")
LETTER_SAYS = SAYS | {
    "name_and_balance", "reason_and_legal_basis", "rights_and_duties", "contact_details", "business_seal",
}  # fmt: skip


def about(jurisdiction: str) -> Told:
    told = Told(at("03-05 10:00"))
    zone = {"CN": "Asia/Shanghai", "US-FED": "America/New_York", "UK": "Europe/London"}[jurisdiction]
    told.hears(opened(jurisdiction=jurisdiction), profile(jurisdiction=jurisdiction, time_zone=zone))
    return told.hears(late("03-05", "03-01"))


CONTENT = {
    "what every text of ours says": ("CN", SAYS, None),
    "a threat": ("CN", SAYS | {"threat"}, "CN-CBA2026-redlines"),
    "a court's name": ("UK", SAYS | {"impersonates_judicial_body"}, "UK-CONC-7.11"),
    "the way out": ("US-FED", SAYS, None),
    "no way out": ("US-FED", SAYS - {"opt_out_included"}, "US-REGF-6(e)"),
}


@pytest.mark.parametrize(("jurisdiction", "says", "rule"), CONTENT.values(), ids=CONTENT)
def test_the_rules_on_content_see_what_a_text_says(jurisdiction, says, rule):
    told = about(jurisdiction)
    decision = judge(told.borrower, BY_MAIL._replace(says=says), told.now, knowing(told.now))
    found = {objection.rule for objection in decision.objections if objection.verdict == "deny"}
    assert found == ({rule} if rule else set())
    assert decision.rule == rule if rule else decision.decision in ("allow", "defer")


def test_a_text_of_which_nobody_said_what_is_in_it_is_flagged():
    told = about("CN")
    assert "content-unstated" in judge(told.borrower, BY_MAIL, told.now, knowing(told.now)).flags
    stated = judge(told.borrower, BY_MAIL._replace(says=SAYS), told.now, knowing(told.now))
    assert "content-unstated" not in stated.flags


def test_a_step_whose_text_says_what_must_not_be_said_is_withheld():
    told = a_late_borrower(templates=templates(says=SAYS | {"threat"}))
    assert told.the(ContactWithheld).decision.rule == "CN-CBA2026-redlines"


def test_a_step_whose_text_was_changed_for_the_worse_takes_no_slot():
    told = a_late_borrower().wakes(templates=templates(says=SAYS | {"threat"}))
    assert told.of(ContactReserved) == []
    assert told.the(ContactWithheld).decision.rule == "CN-CBA2026-redlines"


LETTERS = {
    "a credit card and an ordinary text": ("credit_card", SAYS, "CN-CARD-69"),
    "a loan of no known kind": ("cash", SAYS, "CN-CARD-69"),
    "a loan that is no credit card": ("online_consumer_loan", SAYS, None),
    "a credit card and all that a letter owes": ("credit_card", LETTER_SAYS, None),
}


@pytest.mark.parametrize(("product", "says", "rule"), LETTERS.values(), ids=LETTERS)
def test_a_letter_says_all_that_it_owes_or_is_not_written(product, says, rule):
    told = Told(at("03-05 10:00"), more={"templates": templates(says=says)})
    told.hears(
        replace(opened(), product=product),
        profile(ChannelProfile("mail", LETTER)),
        CauseStated("S1", "short_relief", "short"),
        late("03-05", "03-01"),
    )
    if rule is None:
        assert told.the(ContactPlanned).channel == "mail"
    else:
        assert told.the(ContactWithheld).decision.rule == rule


def test_the_text_in_the_borrowers_own_language_is_the_one_that_counts():
    harsh = {("gentle-reminder", "en"): TemplateInfo("1", "hash", approved=True, says=frozenset({"threat"}))}
    known = templates() | harsh
    assert a_late_borrower(templates=known).the(ContactPlanned).template == strategy().ladder[1].template
    told = Told(at("03-05 10:00"), more={"templates": known})
    told.hears(opened(), profile(language="en"), late("03-05", "03-01"))
    assert told.the(ContactWithheld).decision.rule == "CN-CBA2026-redlines"
