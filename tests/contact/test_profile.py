"""A profile as it is stated: references alone, and only zones that exist."""

import pytest

from services.contact.domain.commands import StateProfile
from services.contact.domain.profile import ChannelProfile, LocationSignal, Profile
from shared.events import AddressInvalid, ContactPlanned
from tests.contact.borrowers import MAIL, PHONE, Told, a_late_borrower, at, profile

REFUSED = {
    "an address instead of its reference": (
        Profile("en", channels=(ChannelProfile("email", "ann@example.org"),)),
        "not-a-reference",
    ),
    "a zone nobody knows": (Profile("en", time_zone="Asia/Atlantis"), "unknown-zone"),
    "a signal in no zone": (
        Profile("en", location_signals=(LocationSignal("mobile_area_code", "../etc"),)),
        "unknown-zone",
    ),
    "too many channels": (Profile("en", channels=(ChannelProfile("email", MAIL),) * 17), "too-many-entries"),
}


@pytest.mark.parametrize(("stated", "code"), REFUSED.values(), ids=REFUSED)
def test_a_profile_is_refused_for(stated, code):
    told = Told(at("03-05 10:00"))
    [refusal] = told.hears(StateProfile(stated)).said
    assert refusal.code == code
    assert told.borrower.profile is None


def test_a_profile_says_nothing_by_itself():
    assert Told(at("03-05 10:00")).hears(profile()).said == []


def test_an_address_that_died_stays_so_until_another_takes_its_place():
    told = a_late_borrower().hears(AddressInvalid(MAIL, "email", "dead"), profile())
    assert told.borrower.invalid == (MAIL,)
    fresh = ChannelProfile("email", "00000000-0000-4000-8000-000000000009")
    told.hears(profile(fresh, ChannelProfile("sms", PHONE)))
    assert told.borrower.invalid == ()


def test_a_restriction_that_ends_lets_planning_go_on():
    told = a_late_borrower().hears(profile(restricted=True))
    assert told.borrower.step is None
    assert told.hears(profile()).the(ContactPlanned)
