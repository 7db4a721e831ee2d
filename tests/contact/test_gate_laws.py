"""Laws of the gate, over cases nobody thought of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.contact.domain.gate.case import (
    ContactCase,
    Debt,
    Debtor,
    HoldFact,
    LocationSignal,
    PastContact,
    Preference,
    Proposal,
)
from services.contact.domain.gate.deciding import decide_contact
from tests.contact.gate_builders import ALL_PACKS, PACKS, minutes

STRICTNESS = {"allow": 0, "review": 1, "defer": 2, "deny": 3}
SPRING, AUTUMN = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)
MINUTES = 60 * 24 * 25
ZONES = ("America/New_York", "America/Los_Angeles", "Europe/London", "Asia/Shanghai", "Australia/Sydney")
NAMES = [pack.name for pack in ALL_PACKS if not pack.always]

instants = st.builds(
    lambda season, minute: season + timedelta(minutes=minute),
    st.sampled_from([SPRING, AUTUMN]),
    st.integers(0, MINUTES),
)
seconds = st.integers(0, 47).map(lambda half_hour: half_hour * 1800)
weekdays = st.lists(st.integers(0, 6), max_size=3).map(tuple)
slots = st.builds(
    Preference,
    kind=st.sampled_from(["inconvenient_slot", "inconvenient_days", "preferred_window"]),
    opens=seconds,
    closes=seconds,
    days=weekdays,
    channel=st.sampled_from([None, "phone"]),
)
agreed = st.builds(
    Preference,
    kind=st.sampled_from(["agreed_contact_time", "consent_out_of_hours"]),
    opens=seconds,
    closes=seconds,
    given_to=st.sampled_from(["collector", "creditor"]),
    obtained_in_compliant_communication=st.just(value=True),
)
holds = st.builds(
    lambda start, days: HoldFact("hardship", starts=start.date(), until=(start + timedelta(days=days)).date()),
    instants,
    st.integers(0, 20),
)
outbound = st.builds(
    PastContact,
    at=instants,
    channel=st.sampled_from(["phone", "phone", "sms", "email", "voicemail"]),
    outcome=st.sampled_from(["rang_no_answer", "busy_signal", "delivered", "left_limited_content_message", None]),
    debts=st.sampled_from([("D1",), ("D2",), ("D1", "D2"), ()]),
    to=st.sampled_from([None, "mobile_1", "mobile_2"]),
    by=st.sampled_from([None, "lender", "agency_A"]),
)
talks = st.builds(
    PastContact,
    at=instants,
    channel=st.just("phone"),
    direction=st.sampled_from(["in", "out"]),
    outcome=st.sampled_from(["conversation", "consent_to_calls", "debtor_request"]),
    debts=st.sampled_from([("D1",), ("D2",), ()]),
)
debtors = st.builds(
    Debtor,
    debts=st.just((Debt("D1", type="credit_card"), Debt("D2", type="online_consumer_loan"))),
    time_zone=st.sampled_from([None, *ZONES]),
    location_signals=st.lists(
        st.sampled_from(ZONES).map(lambda zone: LocationSignal("mobile_area_code", zone)), max_size=1
    ).map(tuple),
    preferences=st.lists(st.one_of(slots, agreed), max_size=2).map(tuple),
    holds=st.lists(holds, max_size=1).map(tuple),
    reachability=st.just("reachable"),
)
proposals = st.builds(
    Proposal,
    channel=st.sampled_from(["phone", "sms", "email", "voicemail", "visit"]),
    debt=st.sampled_from(["D1", None]),
    to=st.sampled_from([None, "mobile_1"]),
    staff=st.just(2),
    by=st.sampled_from([None, "agency_A", "lender"]),
)
cases = st.builds(
    ContactCase,
    jurisdictions=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True).map(tuple),
    debtor=debtors,
    proposed=proposals,
    history=st.lists(st.one_of(outbound, outbound, talks), max_size=12).map(tuple),
)


def rank(found):
    """How strict an answer is; of two deferrals the later."""
    return STRICTNESS[found.decision], found.earliest_permitted or datetime.min.replace(tzinfo=UTC)


@settings(max_examples=120, deadline=None)
@given(case=cases, now=instants, data=st.data())
def test_what_is_allowed_stays_allowed_when_an_attempt_is_taken_away(case, now, data):
    attempts = [item for item in case.history if item.direction == "out" and item.outcome != "conversation"]
    if not attempts or decide_contact(case, PACKS, now).decision != "allow":
        return
    gone = data.draw(st.sampled_from(attempts))
    fewer = replace(case, history=tuple(item for item in case.history if item is not gone))
    assert decide_contact(fewer, PACKS, now).decision == "allow"


@settings(max_examples=120, deadline=None)
@given(case=cases, now=instants)
def test_the_earliest_instant_is_permitted_and_none_before_it_is(case, now):
    found = decide_contact(case, PACKS, now)
    if found.decision != "defer":
        assert found.earliest_permitted is None
        return
    release = found.earliest_permitted
    held = replace(case, history=tuple(item for item in case.history if item.at <= now))
    assert now < release <= now + timedelta(days=60)
    assert decide_contact(held, PACKS, release).decision in ("allow", "review")
    step = max(1, int((release - now) / timedelta(minutes=60)))
    near = minutes(max(now, release - timedelta(minutes=40)), release - timedelta(seconds=1))
    for instant in [*minutes(now, release - timedelta(seconds=1), step), *near, release - timedelta(seconds=1)]:
        assert decide_contact(held, PACKS, instant).decision not in ("allow", "review"), instant


@settings(max_examples=120, deadline=None)
@given(case=cases, now=instants, name=st.sampled_from(NAMES))
def test_another_pack_never_loosens(case, now, name):
    more = replace(case, jurisdictions=(*case.jurisdictions, name))
    assert rank(decide_contact(more, PACKS, now)) >= rank(decide_contact(case, PACKS, now))


@settings(max_examples=120, deadline=None)
@given(case=cases, now=instants, data=st.data())
def test_the_order_of_history_does_not_matter(case, now, data):
    shuffled = replace(case, history=tuple(data.draw(st.permutations(case.history))))
    one, other = decide_contact(case, PACKS, now), decide_contact(shuffled, PACKS, now)
    assert (one.decision, one.rule, one.earliest_permitted) == (other.decision, other.rule, other.earliest_permitted)


@settings(max_examples=120, deadline=None)
@given(case=cases, now=instants, name=st.sampled_from(["US-FED", "ID", "AU"]))
def test_an_unknown_zone_is_allowed_only_when_every_zone_agrees(case, now, name):
    nowhere = replace(case, jurisdictions=(name,), debtor=replace(case.debtor, time_zone=None, location_signals=()))
    found = decide_contact(nowhere, PACKS, now)
    assert "time-zone-unknown" in found.flags
    if found.decision == "allow":
        for zone in PACKS.by_name[name].zones:
            somewhere = replace(nowhere, debtor=replace(nowhere.debtor, time_zone=zone))
            assert decide_contact(somewhere, PACKS, now).decision == "allow"
