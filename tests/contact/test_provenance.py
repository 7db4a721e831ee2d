"""Where an address comes from, as far as contact knows: what a law asks of that is judged, never only flagged."""

import pytest

from services.contact.domain.casework import Proposed
from services.contact.domain.judging import judge
from services.contact.domain.profile import ChannelProfile
from shared.events import ConsentGiven, ConsentWithdrawn, ReplyReceived, Scope
from tests.contact.borrowers import MAIL, PHONE, Told, at, knowing, opened, profile

NOW = "03-05 22:00"
"""In the morning in New York, in the evening in Shanghai."""


def judged(channel: str, facts=(), law: str = "US-FED", **entry):
    address = MAIL if channel == "email" else PHONE
    told = Told(at(NOW)).hears(
        opened(jurisdiction=law),
        profile(ChannelProfile(channel, address, **entry), jurisdiction=law, time_zone="America/New_York"),
        *facts,
    )
    return judge(told.borrower, Proposed(channel, address, ("L1",), "collect_debt"), told.now, knowing(told.now))


AGREED = ConsentGiven("G1", "channel", Scope("channel", channel="email"), at("03-01 10:00"))
MAILS = {
    "nobody asked": ({}, (), "review", "US-REGF-6(d)(4)"),
    "agreed to in the profile": ({"consent": True, "consent_at": at("01-20 10:00")}, (), "allow", None),
    "agreed to later": ({}, (AGREED,), "allow", None),
    "agreed to and taken back": ({}, (AGREED, ConsentWithdrawn("G1", at("03-02 10:00"))), "deny", None),
}


@pytest.mark.parametrize(("entry", "facts", "decision", "rule"), MAILS.values(), ids=MAILS)
def test_a_mail_address_may_be_used_in_the_united_states_where_it_was(entry, facts, decision, rule):
    found = judged("email", facts, **entry)
    assert found.decision == decision, found
    assert "provenance-unknown" not in found.flags
    assert rule is None or found.rule == rule


TEXTS = {
    "nobody asked": ({}, (), "deny"),
    "agreed to within sixty days": ({"consent": True, "consent_at": at("01-20 10:00")}, (), "allow"),
    "agreed to before": ({"consent": True, "consent_at": at("01-02 10:00")}, (), "deny"),
    "agreed to, nobody knows when": ({"consent": True}, (), "deny"),
    "texted from, and not agreed to": ({}, (ReplyReceived("R1", "sms", at("03-04 10:00"), ()),), "deny"),
}


@pytest.mark.parametrize(("entry", "facts", "decision"), TEXTS.values(), ids=TEXTS)
def test_a_number_may_be_texted_in_the_united_states_where_it_was(entry, facts, decision):
    found = judged("sms", facts, **entry)
    assert found.decision == decision, found
    assert "provenance-unknown" not in found.flags


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_elsewhere_nobody_is_asked_where_an_address_comes_from(channel):
    told = Told(at("03-05 14:00")).hears(opened(), profile(ChannelProfile(channel, MAIL)))
    asked = Proposed(channel, MAIL, ("L1",), "collect_debt")
    assert judge(told.borrower, asked, told.now, knowing(told.now)).decision == "allow"
