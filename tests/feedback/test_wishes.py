"""Stops, consents, preferences, representatives and care: what is announced, and what is too little to announce."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import get_args
from uuid import UUID

import pytest

from services.feedback.domain import commands
from services.feedback.domain.borrower import ANSWERED_MAX, CONSENTS_MAX, Borrower, blank
from services.feedback.domain.commands import (
    ClaimPayment,
    GiveConsent,
    NameRepresentative,
    NoteVulnerability,
    PreferenceKind,
    ReportAddressInvalid,
    StatePreference,
    StopContact,
    WithdrawConsent,
)
from services.feedback.domain.context import Context
from services.feedback.domain.decide import ANSWERS, decide
from services.feedback.domain.evolve import evolve
from services.feedback.domain.wishes import PREFERENCE_FIELDS
from shared.codec import decode, decode_strict, encode
from shared.events import (
    AddressInvalid,
    Command,
    ConsentGiven,
    ConsentWithdrawn,
    ContactStopped,
    LoanOpened,
    PreferenceStated,
    Reading,
    ReplyReceived,
    RepresentativeNamed,
    Scope,
    VulnerabilityNoted,
)
from shared.refusal import Refusal

NOW = datetime(2025, 3, 3, 2, tzinfo=UTC)
LATER = datetime(2025, 3, 4, 2, tzinfo=UTC)
TODAY = date(2025, 3, 3)
REFERENCE = UUID(int=7)
EVERYTHING = Scope("everything")
STOP = StopContact("s1", Scope("channel", channel="sms"))
CONSENT = GiveConsent("k1", "reminders", EVERYTHING)
PREFERENCE = StatePreference("f1", "preferred_window", from_time=time(18), until_time=time(20))
REPRESENTATIVE = NameRepresentative("r1", "attorney", TODAY, ("L1",))
NOTE = NoteVulnerability("v1", ("written_only", "extra_time"), "suspected")
PAID = ClaimPayment("b1", "phone", ("L1",))


def borrower():
    return evolve(blank("c1"), LoanOpened("L1", "c1", "cash", "CNY", Decimal(1000), date(2025, 1, 1)))


def tell(state, command, now=NOW):
    said = decide(state, command, Context(now))
    assert not isinstance(said, Refusal), said
    for event in said:
        state = evolve(state, event)
    return state, list(said)


def after(*asked):
    state = borrower()
    for command in asked:
        state, _ = tell(state, command)
    return state


def code_of(state, command):
    said = decide(state, command, Context(NOW))
    return said.code if isinstance(said, Refusal) else None


ANNOUNCED = {
    "a stop": (STOP, ContactStopped("s1", Scope("channel", channel="sms"), NOW, via="agent")),
    "a consent": (CONSENT, ConsentGiven("k1", "reminders", EVERYTHING, NOW)),
    "a preference": (
        PREFERENCE, PreferenceStated("f1", "preferred_window", NOW, from_time=time(18), until_time=time(20)),
    ),
    "a preference for a while": (
        replace(PREFERENCE, until_on=TODAY),
        PreferenceStated("f1", "preferred_window", NOW, from_time=time(18), until_time=time(20),
                         until=datetime(2025, 3, 3, 16, tzinfo=UTC)),
    ),
    "a representative": (REPRESENTATIVE, RepresentativeNamed("r1", "attorney", TODAY, ("L1",))),
    "care": (NOTE, VulnerabilityNoted("v1", ("extra_time", "written_only"), "suspected")),
    "an address that does not reach": (
        ReportAddressInvalid(REFERENCE, "sms", "reassigned"), AddressInvalid(str(REFERENCE), "sms", "reassigned"),
    ),
    "a payment said to have been made": (
        PAID,
        ReplyReceived("b1", "phone", NOW, (Reading("already_paid", Decimal(1), certain=True),), loan_ids=("L1",),
                      confirmed_by_person=True),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("command", "event"), ANNOUNCED.values(), ids=ANNOUNCED)
def test_what_is_said_is_announced_with_what_contact_needs(command, event):
    assert tell(borrower(), command)[1] == [event]


@pytest.mark.parametrize("command", [command for command, _ in ANNOUNCED.values()], ids=ANNOUNCED)
def test_a_command_comes_through_the_strict_door_as_it_was_meant(command):
    whole = replace(command, text_ref=REFERENCE) if hasattr(command, "text_ref") else command
    assert decode_strict(type(command), encode(whole)) == whole


@pytest.mark.parametrize("command", [STOP, CONSENT, PREFERENCE, REPRESENTATIVE, NOTE, PAID])
def test_saying_it_twice_is_saying_it_once(command):
    assert tell(after(command), command, LATER)[1] == []


CONTRADICTIONS = {
    "stop": (STOP, replace(STOP, scope=EVERYTHING)),
    "consent": (CONSENT, replace(CONSENT, matter="recording")),
    "preference": (PREFERENCE, replace(PREFERENCE, until_time=time(21))),
    "representative": (REPRESENTATIVE, replace(REPRESENTATIVE, role="guardian")),
    "care": (NOTE, replace(NOTE, strength="confirmed")),
    "payment": (PAID, replace(PAID, loan_ids=())),
    "an id of another kind": (STOP, replace(NOTE, note_id="s1")),
}


@pytest.mark.parametrize(("first", "second"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_the_same_id_for_something_else_is_refused_by_name(first, second):
    assert code_of(after(first), second) == "contradiction"


SCOPES = {
    "everything": (EVERYTHING, None),
    "one loan": (Scope("loans", ("L1",)), None),
    "an address": (Scope("address", address_ref=str(REFERENCE)), None),
    "an address in the clear": (Scope("address", address_ref="ann@example.org"), "not-a-reference"),
    "a telephone number": (Scope("address", address_ref="+8613800138000"), "not-a-reference"),
    "what only looks like a reference": (Scope("address", address_ref="0" * 31), "not-a-reference"),
    "a place": (Scope("place", place="work"), None),
    "a place that nobody can tell": (Scope("place", place="other"), "place-not-known"),
    "loans without a loan": (Scope("loans"), "bad-scope"),
    "a channel without its name": (Scope("channel"), "bad-scope"),
    "everything and something": (Scope("everything", channel="sms"), "bad-scope"),
    "a channel and a place": (Scope("channel", channel="sms", place="work"), "bad-scope"),
    "a segment": (Scope("segment", segment="students"), "bad-scope"),
    "a channel of a segment": (Scope("channel", channel="sms", segment="students"), "bad-scope"),
    "a loan of somebody else": (Scope("loans", ("X",)), "unknown-loan"),
}


@pytest.mark.parametrize(("scope", "code"), SCOPES.values(), ids=SCOPES)
def test_a_stop_reaches_exactly_as_far_as_it_says(scope, code):
    assert code_of(borrower(), replace(STOP, scope=scope)) == code
    assert code_of(borrower(), replace(CONSENT, scope=scope)) == code


OPENING = {
    "hours that it does not name": (GiveConsent("k1", "out_of_hours", EVERYTHING), "consent-without-hours"),
    "a channel": (GiveConsent("k1", "channel", Scope("channel", channel="sms")), None),
    "an address": (GiveConsent("k1", "channel", Scope("address", address_ref=str(REFERENCE))), None),
    "every channel": (GiveConsent("k1", "channel", EVERYTHING), None),
    "being reached, about a loan": (GiveConsent("k1", "channel", Scope("loans", ("L1",))), "bad-scope"),
    "being reached, at a place": (GiveConsent("k1", "channel", Scope("place", place="home")), "bad-scope"),
}


@pytest.mark.parametrize(("consent", "code"), OPENING.values(), ids=OPENING)
def test_a_consent_that_opens_nothing_is_refused_for(consent, code):
    assert code_of(borrower(), consent) == code


UPPER = str(UUID(int=0xABC)).upper()
REFERRING = {
    "a stop": replace(STOP, scope=Scope("address", address_ref=UPPER)),
    "a consent": replace(CONSENT, scope=Scope("address", address_ref=UPPER)),
    "a preference": StatePreference("f2", "address_block", address_ref=UUID(UPPER)),
    "a representative": replace(REPRESENTATIVE, address_ref=UUID(UPPER)),
    "a dead address": ReportAddressInvalid(UUID(UPPER), "sms", "dead"),
}


@pytest.mark.parametrize("command", REFERRING.values(), ids=REFERRING)
def test_a_reference_is_announced_as_the_vault_writes_it(command):
    _, [event] = tell(borrower(), command)
    assert getattr(event, "scope", event).address_ref == UPPER.lower()


@pytest.mark.parametrize(("place", "code"), [("home", None), ("work", None), ("other", "place-not-known")])
def test_a_place_is_one_that_can_be_told(place, code):
    assert code_of(borrower(), StatePreference("f2", "inconvenient_place", place=place)) == code


def test_a_consent_is_taken_back_as_easily_as_given():
    state, said = tell(after(CONSENT), WithdrawConsent("k1"))
    assert said == [ConsentWithdrawn("k1", NOW)]
    assert tell(state, WithdrawConsent("k1"))[1] == []
    assert tell(state, CONSENT)[1] == []
    assert code_of(borrower(), WithdrawConsent("k1")) == "unknown-consent"


@pytest.mark.parametrize(("day", "code"), [(TODAY, None), (date(2025, 3, 2), "already-over")])
def test_a_consent_that_is_over_is_none(day, code):
    assert code_of(borrower(), replace(CONSENT, expires_on=day)) == code


def test_only_so_many_consents_stand_at_one_time():
    state = after(*(replace(CONSENT, consent_id=f"k{n}") for n in range(CONSENTS_MAX)))
    assert code_of(state, replace(CONSENT, consent_id="k99")) == "too-many-consents"


INCOMPLETE = {
    "a window without hours": (StatePreference("f", "preferred_window"), "preference-incomplete"),
    "a window without its end": (
        StatePreference("f", "inconvenient_slot", from_time=time(9)), "preference-incomplete",
    ),
    "days with half of their hours": (
        StatePreference("f", "inconvenient_days", days=("SUN",), until_time=time(9)), "bad-hours",
    ),
    "a window of no length": (
        StatePreference("f", "preferred_window", from_time=time(9), until_time=time(9)), "bad-hours",
    ),
    "a window over midnight": (
        StatePreference("f", "inconvenient_slot", from_time=time(22), until_time=time(9)), None,
    ),
    "days without days": (StatePreference("f", "inconvenient_days"), "preference-incomplete"),
    "no attempts at all": (StatePreference("f", "agreed_attempts", limit_per_day=0), None),
    "a language without its name": (StatePreference("f", "language"), "preference-incomplete"),
    "an end that is over": (replace(PREFERENCE, until_on=date(2025, 3, 2)), "bad-end"),
    "an end beyond all calendars": (replace(PREFERENCE, until_on=date.max), "bad-end"),
}  # fmt: skip


@pytest.mark.parametrize(("command", "code"), INCOMPLETE.values(), ids=INCOMPLETE)
def test_a_preference_says_what_its_kind_is_about(command, code):
    assert code_of(borrower(), command) == code


def test_every_kind_of_preference_says_what_it_needs():
    assert set(PREFERENCE_FIELDS) == set(get_args(PreferenceKind))


def test_a_representative_does_not_end_before_they_began():
    assert code_of(borrower(), replace(REPRESENTATIVE, until=TODAY)) is None
    assert code_of(borrower(), replace(REPRESENTATIVE, until=date(2025, 3, 2))) == "bad-end"
    assert code_of(borrower(), replace(REPRESENTATIVE, loan_ids=("X",))) == "unknown-loan"


def test_a_note_of_care_says_what_is_needed_unless_it_ends():
    assert code_of(borrower(), replace(NOTE, support=())) == "no-support"
    assert code_of(borrower(), replace(NOTE, support=(), strength="ended")) is None


def test_an_address_may_be_reported_again_because_it_may_have_been_mended():
    report = ReportAddressInvalid(REFERENCE, "sms", "dead")
    assert len(tell(after(report), report)[1]) == 1


def test_the_ids_of_closed_matters_are_bounded():
    state = after(*(replace(STOP, stop_id=f"s{n}") for n in range(ANSWERED_MAX + 5)))
    assert len(state.answered) == ANSWERED_MAX
    assert code_of(state, replace(STOP, stop_id=f"s{ANSWERED_MAX + 4}", scope=EVERYTHING)) == "contradiction"


def test_the_oldest_closed_matter_makes_room_whether_the_state_was_stored_in_between_or_not():
    stops = [replace(STOP, stop_id=name) for name in ("z", *(f"s{n}" for n in range(ANSWERED_MAX)))]
    state = after(*stops[:-1])
    assert tell(decode(Borrower, encode(state)), stops[-1])[0] == tell(state, stops[-1])[0]
    assert [matter.id for matter in tell(state, stops[-1])[0].answered] == [stop.stop_id for stop in stops[1:]]


def test_every_command_is_answered_and_none_carries_words_of_the_borrower():
    asked = {cls for cls in vars(commands).values() if isinstance(cls, type) and issubclass(cls, Command)} - {Command}
    assert asked == set(ANSWERS)
    names = {field.name for cls in asked for field in fields(cls)}
    assert not names & {"text", "note", "name", "phone", "email", "address", "cause", "comment"}
