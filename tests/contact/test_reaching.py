"""Reaching the borrower: by what they agreed to and nothing closed since; what ran out agrees to nothing."""

from datetime import UTC, datetime

import pytest

from services.contact.domain.casework import Proposed, contact_case
from services.contact.domain.profile import ChannelProfile
from services.contact.domain.reaching import address_for
from shared.events import ConsentGiven, ConsentWithdrawn, ContactStopped, ContactWithheld, Scope
from tests.contact.borrowers import MAIL, PHONE, Told, at, day, late, opened, profile

NO = False
EMAIL, TEXTS = Scope("channel", channel="email"), Scope("channel", channel="sms")


def consent(given: str = "03-01 10:00", expires: str | None = "03-06", scope: Scope = EMAIL) -> ConsentGiven:
    return ConsentGiven("G1", "channel", scope, at(given), day(expires) if expires else None)


def by_mail(agreed: bool | None, stated: str | None = "01-05 10:00", **more) -> Told:
    entry = ChannelProfile("email", MAIL, consent=agreed, consent_at=at(stated) if stated else None)
    return Told(at("03-05 10:00")).hears(opened(), profile(entry, **more))


EARLIER = ConsentGiven("G0", "channel", EMAIL, at("02-01 10:00"))
TAKEN_BACK = ConsentWithdrawn("G1", at("03-02 10:00"))
MIDNIGHT_BEFORE, MIDNIGHT = at("03-06 23:59"), at("03-07 00:00")
WORDS = {
    "no, then yes for a while, before its end": (False, [consent()], MIDNIGHT_BEFORE, True),
    "no, then yes for a while, after it": (False, [consent()], MIDNIGHT, False),
    "yes, then yes for a while, after it": (True, [consent()], MIDNIGHT, True),
    "nobody asked, then yes for a while, after it": (None, [consent()], MIDNIGHT, True),
    "no, then yes for good": (False, [consent(expires=None)], MIDNIGHT, True),
    "yes for a while, taken back": (True, [consent(), TAKEN_BACK], at("03-03 10:00"), False),
    "yes for a while, taken back, after its end": (True, [consent(), TAKEN_BACK], MIDNIGHT, False),
    "yes, taken back, then yes for a while, after it": (
        True,
        [EARLIER, ConsentWithdrawn("G0", at("02-02 10:00")), consent()],
        MIDNIGHT,
        False,
    ),
    "yes twice, the first taken back": (
        True,
        [EARLIER, consent(expires=None), ConsentWithdrawn("G0", at("03-02 10:00"))],
        MIDNIGHT,
        False,
    ),
    "stopped, then yes for a while, before its end": (
        True, [ContactStopped("S1", EMAIL, at("02-01 10:00")), consent()], MIDNIGHT_BEFORE, False,
    ),
    "stopped, then yes for good": (
        True, [ContactStopped("S1", EMAIL, at("02-01 10:00")), consent(expires=None)], MIDNIGHT_BEFORE, True,
    ),
    "no, then yes to texts": (False, [consent(scope=TEXTS, expires=None)], MIDNIGHT, False),
    "no, then yes about one loan": (False, [consent(scope=Scope("loans", ("L1",)), expires=None)], MIDNIGHT, False),
}  # fmt: skip


@pytest.mark.parametrize(("agreed", "facts", "when", "opens"), WORDS.values(), ids=WORDS)
def test_a_channel_is_open_by_the_last_word_that_stands(agreed, facts, when, opens):
    borrower = by_mail(agreed).hears(*facts).borrower
    assert address_for(borrower, "email", when) == (MAIL if opens else None)


def test_a_consent_ends_with_its_last_day_everywhere_while_nobody_knows_where_the_borrower_is():
    borrower = by_mail(NO, time_zone=None).hears(consent()).borrower
    assert address_for(borrower, "email", datetime(2026, 3, 6, 9, 59, tzinfo=UTC)) == MAIL
    assert address_for(borrower, "email", datetime(2026, 3, 6, 10, 0, tzinfo=UTC)) is None


def test_nobody_is_written_to_by_a_consent_that_ran_out():
    told = by_mail(NO).hears(consent())
    told.now = at("03-10 10:00")
    assert told.hears(late("03-10", "03-01")).the(ContactWithheld).decision.rule == "HOUSE-no-way"


def texts(told: Told, when: datetime):
    return contact_case(told.borrower, Proposed("sms", PHONE, ("L1",), "collect_debt"), when).debtor.sms_provenance


def test_consent_to_texts_is_over_when_it_ran_out():
    entry = ChannelProfile("sms", PHONE, consent=False, consent_at=at("01-05 10:00"))
    told = Told(at("03-05 10:00")).hears(opened(), profile(entry), consent(scope=TEXTS))
    assert (texts(told, MIDNIGHT_BEFORE).consent, texts(told, MIDNIGHT_BEFORE).consent_at) == (True, day("03-01"))
    assert (texts(told, MIDNIGHT).consent, texts(told, MIDNIGHT).consent_at) == (False, day("01-05"))


def test_consent_to_texts_taken_back_outlasts_a_profile_stated_between():
    entry = ChannelProfile("sms", PHONE, consent=True, consent_at=at("02-01 10:00"))
    told = Told(at("03-05 10:00")).hears(opened(), profile(entry), consent("01-01 10:00", None, TEXTS))
    told.hears(ConsentWithdrawn("G1", at("03-02 10:00")))
    assert texts(told, MIDNIGHT).consent is False
