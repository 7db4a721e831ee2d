"""Places the borrower closed: whoever may be there is spared, and what nobody can tell counts against contacting."""

import pytest

from services.contact.domain.casework import Proposed
from services.contact.domain.commands import PlaceHold
from services.contact.domain.judging import judge
from services.contact.domain.profile import ChannelProfile
from services.contact.domain.reaching import address_for
from shared.events import ContactPlanned, ContactStopped, PreferenceStated, Scope
from tests.contact.borrowers import LETTER, MAIL, PHONE, Told, at, knowing, late, opened, profile

AT_WORK = ContactStopped("S1", Scope("place", place="work"), at("03-05 09:00"))
AT_HOME = ContactStopped("S1", Scope("place", place="home"), at("03-05 09:00"))
ELSEWHERE = ContactStopped("S1", Scope("place", place="other"), at("03-05 09:00"))
NOT_AT_WORK = PreferenceStated("W1", "inconvenient_place", at("03-05 09:00"), place="work")
NOT_THERE = PreferenceStated("W1", "inconvenient_place", at("03-05 09:00"), place="other")
NO_CALLS = PreferenceStated("W1", "no_work_calls", at("03-05 09:00"))
EMPLOYER = PreferenceStated("W1", "employer_prohibits", at("03-05 09:00"))

LAWS = ("CN", "UK", "IN")
CASES = {
    "work is closed, a telephone somewhere": (AT_WORK, "phone", None, False),
    "work is closed, a text to somewhere": (AT_WORK, "sms", None, False),
    "work is closed, a telephone at work": (AT_WORK, "phone", "work", False),
    "work is closed, a telephone at home": (AT_WORK, "phone", "home", True),
    "work is closed, a telephone carried about": (AT_WORK, "phone", "mobile", True),
    "work is closed, a text to what is carried about": (AT_WORK, "sms", "mobile", True),
    "work is closed, a mail box": (AT_WORK, "email", None, True),
    "work is closed, a mail box at work": (AT_WORK, "email", "work", False),
    "home is closed, a telephone somewhere": (AT_HOME, "phone", None, False),
    "home is closed, a letter": (AT_HOME, "mail", None, False),
    "a wish not to be reached at work, a telephone somewhere": (NOT_AT_WORK, "phone", None, False),
    "a wish not to be reached at work, a telephone at home": (NOT_AT_WORK, "phone", "home", True),
    "a place that nobody can tell, a telephone at home": (NOT_THERE, "phone", "home", False),
    "a place that nobody can tell, a mail box": (NOT_THERE, "email", None, False),
    "no calls at work, a telephone somewhere": (NO_CALLS, "phone", None, False),
    "no calls at work, a telephone carried about": (NO_CALLS, "phone", "mobile", True),
    "no calls at work, a text": (NO_CALLS, "sms", None, True),
    "the employer forbids it, a telephone somewhere": (EMPLOYER, "phone", None, False),
    "the employer forbids it, a telephone at home": (EMPLOYER, "phone", "home", True),
}
ADDRESS = {"phone": PHONE, "sms": PHONE, "email": MAIL, "mail": LETTER}


@pytest.mark.parametrize(("wish", "channel", "place", "is_allowed"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("law", LAWS)
def test_a_place_that_is_closed_spares_the_borrower(law, wish, channel, place, is_allowed):
    entry = ChannelProfile(channel, ADDRESS[channel], consent=True, consent_at=at("03-01 10:00"), place=place)
    told = Told(at("03-05 14:00")).hears(opened(jurisdiction=law), profile(entry, jurisdiction=law), wish)
    asked = Proposed(channel, ADDRESS[channel], ("L1",), "collect_debt")
    decision = judge(told.borrower, asked, told.now, knowing(told.now))
    assert ("HOUSE-wishes" in {one.rule for one in decision.objections}) != is_allowed
    assert (decision.decision != "deny") or not is_allowed, decision


def test_a_borrower_is_written_to_where_they_did_not_close_the_place():
    work = ChannelProfile("sms", PHONE, consent=True, place="work")
    carried = ChannelProfile("sms", LETTER, consent=True, place="mobile")
    told = Told(at("03-05 10:00")).hears(opened(), profile(work, carried), AT_WORK)
    assert address_for(told.borrower, "sms", told.now) == LETTER
    assert told.hears(late("03-05", "03-01")).the(ContactPlanned).channel == "sms"


def test_a_place_that_nobody_can_tell_stops_everything():
    told = Told(at("03-05 10:00")).hears(opened(), profile(), ELSEWHERE, late("03-05", "03-01"))
    assert told.borrower.step is None
    assert told.of(ContactPlanned) == []


def test_a_person_cannot_hold_a_place_that_nobody_can_tell():
    [refusal] = Told(at("03-05 10:00")).hears(PlaceHold("X1", "stop", ELSEWHERE.scope, "lead")).said
    assert (refusal.code, refusal.pointers) == ("place-not-known", ("/scope/place",))
