"""The gate's own manners: what it does with what is unknown, missing, repealed, contradictory or never to open."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from services.contact.domain.gate.deciding import decide_contact
from services.contact.domain.gate.pack import Packs, parse_pack
from services.contact.domain.gate.stated import parse_case
from tests.contact.gate_builders import ALL_PACKS, PACKS, case_of, decide, each, past, propose

RULE = {
    "text": "a rule of the tests",
    "source": "the tests",
    "force": "house",
    "certainty": "own",
    "effective_from": "2020-01-01",
}


def pack_of(*rules, name="TEST", **more):
    pack = {"name": name, "title": "of the tests", "version": "1", "zones": ["America/New_York"]} | more
    return parse_pack(pack | {"rules": [RULE | rule for rule in rules]})


def window(hours, **more):
    return {"id": "hours", "kind": "contact_window", "open": {"MON-SUN": hours}} | more


def when(pack, instant, zone="America/New_York", **debtor):
    case = parse_case(case_of("TEST", propose("2026-01-01T00:00"), debtor={"time_zone": zone} | debtor))
    return decide_contact(case, Packs([pack]), datetime.fromisoformat(instant))


CLOCK = {
    "an opening that falls in the gap is the end of the gap": (
        ["02:30-05:00"],
        "2026-03-08T06:00Z",
        "2026-03-08T07:00Z",
    ),
    "an opening behind the gap keeps its reading": (["03:30-05:00"], "2026-03-08T06:00Z", "2026-03-08T07:30Z"),
    "the first of two openings in the fold": (["01:30-01:45"], "2026-11-01T05:00Z", "2026-11-01T05:30Z"),
    "the second of two openings in the fold": (["01:30-01:45"], "2026-11-01T05:45Z", "2026-11-01T06:30Z"),
    "put back into an hour that is open": (["00:30-01:20"], "2026-11-01T05:20Z", "2026-11-01T06:00Z"),
    "the morning after the gap": (["08:00-21:00"], "2026-03-08T02:00Z", "2026-03-08T12:00Z"),
    "the morning after the fold": (["08:00-21:00"], "2026-11-01T02:00Z", "2026-11-01T13:00Z"),
}


@pytest.mark.parametrize(("hours", "now", "release"), CLOCK.values(), ids=CLOCK)
def test_hours_follow_the_clock_through_gap_and_fold(hours, now, release):
    found = when(pack_of(window(hours)), now)
    assert (found.decision, found.earliest_permitted) == ("defer", datetime.fromisoformat(release))


def test_dates_are_counted_not_hours_when_the_clock_changes():
    cap = {"id": "cap", "kind": "frequency_cap", "limit": 1, "n": 1, "counts": "dials"}
    case = case_of("TEST", propose("2026-03-08T23:59"), each("2026-03-08T00:00"))
    found = decide(case, Packs([pack_of(cap)]))
    assert found.earliest_permitted == datetime(2026, 3, 9, 4, tzinfo=UTC)


def test_no_pack_blocks():
    found = decide(case_of("XX", propose("2026-10-07T11:00")))
    assert (found.decision, found.flags) == ("deny", ("missing-pack",))


def test_one_missing_pack_of_two_blocks():
    assert decide(case_of(["CN", "XX"], propose("2026-03-10T11:00"))).decision == "deny"


def test_an_unknown_zone_must_suit_every_zone_of_the_country():
    found = decide(case_of("US-FED", propose("2026-10-07T13:59"), debtor={"time_zone": None}))
    assert (found.decision, found.rule) == ("defer", "US-REGF-6(b)(1)(i)-location")
    assert found.earliest_permitted == datetime(2026, 10, 7, 18, tzinfo=UTC)
    assert "time-zone-unknown" in found.flags


def test_two_packs_bind_by_the_stricter():
    case = case_of(["UK", "IN"], propose("2026-03-31T19:30"), debtor={"time_zone": "Europe/London"})
    found = decide(case)
    assert (found.decision, found.rule) == ("defer", "IN-RBI2022-hours")
    assert set(found.packs) == {"UK", "IN", "HOUSE"}


def test_deny_beats_defer_and_both_are_told():
    case = case_of("US-FED", propose("2026-10-07T22:00", "postcard"))
    found = decide(case)
    assert (found.decision, found.earliest_permitted) == ("deny", None)
    assert {(line.rule, line.verdict) for line in found.objections} >= {
        ("US-REGF-22(f)(1)", "deny"),
        ("US-REGF-6(b)(1)(i)", "defer"),
    }


def test_windows_that_never_meet_are_given_up_after_sixty_days():
    early, late = window(["08:00-09:00"]), window(["20:00-21:00"], part="late")
    found = when(pack_of(early, late), "2026-10-07T15:00Z")
    assert (found.decision, found.flags[-1]) == ("deny", "no-release-within-60-days")


@pytest.mark.parametrize(("days", "decision"), [(58, "defer"), (62, "deny")])
def test_a_release_beyond_sixty_days_is_given_up(days, decision):
    until = (date(2026, 3, 10) + timedelta(days=days)).isoformat()
    case = case_of("CN", propose("2026-03-10T10:00"), debtor={"holds": [{"kind": "hardship", "until": until}]})
    assert decide(case).decision == decision


def test_a_slot_that_covers_the_week_denies():
    always = {"preferences": [{"kind": "inconvenient_days"}]}
    assert decide(case_of("CN", propose("2026-03-10T10:00"), debtor=always)).decision == "deny"


REPEALED = window(["08:00-09:00"], effective_from="2026-01-10", effective_to="2026-01-20")


@pytest.mark.parametrize(
    ("now", "decision"),
    [
        ("2026-01-09T17:00Z", "allow"),
        ("2026-01-10T17:00Z", "defer"),
        ("2026-01-20T17:00Z", "defer"),
        ("2026-01-21T17:00Z", "allow"),
    ],
)
def test_a_rule_binds_from_its_first_day_to_its_last(now, decision):
    assert when(pack_of(REPEALED), now).decision == decision


def test_a_rule_objects_no_longer_than_it_is_in_force():
    assert when(pack_of(REPEALED), "2026-01-20T17:00Z").earliest_permitted == datetime(2026, 1, 21, 5, tzinfo=UTC)


def test_what_happens_later_has_not_happened():
    later = [past("2026-03-10T12:00", "conversation")] * 3
    assert decide(case_of("CN", propose("2026-03-10T11:00"), later)).decision == "allow"


def test_a_release_that_still_needs_a_person_says_so():
    pattern = {"id": "pattern", "kind": "pattern_flag", "watched": ["calls"], "gap_minutes": 600}
    case = case_of("TEST", propose("2026-10-07T07:00"), each("2026-10-07T06:00"))
    found = decide(case, Packs([pack_of(window(["08:00-21:00"]), pattern)]))
    assert (found.decision, found.flags[-1]) == ("defer", "review-at-release")


def test_what_is_unknown_is_flagged():
    case = case_of("US-FED", propose("2026-10-07T11:00", "email", debt="D9"), [past("2026-10-01T11:00", None)])
    assert set(decide(case).flags) == {"debt-unknown", "outcome-unknown", "content-unstated", "provenance-unknown"}


def test_the_trace_names_every_rule_that_was_asked_and_what_counts():
    found = decide(case_of("US-FED", propose("2026-04-07T12:00"), each("2026-04-01T11:00")))
    lines = {line.rule: line for line in found.trace}
    assert lines["US-REGF-14(b)(2)(i)(A)"].counted == 2
    assert {line.verdict for line in found.trace} == {"pass"}


def test_a_decision_can_be_stored_whole():
    found = decide(case_of("CN", propose("2026-03-10T22:30"), each("2026-03-10T09:00")))
    assert b'"rule":"CN-GBT45251-time"' in msgspec.json.encode(found)


def test_an_instant_without_its_offset_is_a_bug():
    case = parse_case(case_of("CN", propose("2026-03-10T10:00")))
    with pytest.raises(AssertionError):
        decide_contact(case, PACKS, datetime(2026, 3, 10))  # noqa: DTZ001 (what is tested)


def test_a_task_no_pack_answers_is_for_a_person():
    found = decide(case_of("PH", {"task": "complaint_answer_due"}))
    assert (found.decision, found.flags) == ("review", ("no-rule-for-task",))


def test_a_contact_about_nothing_known_counts_everything():
    case = parse_case(
        case_of("US-FED", propose("2026-04-07T12:00", debt=None), each(*(f"2026-04-0{n}T11:00" for n in range(1, 8))))
    )
    nothing = replace(case, debtor=replace(case.debtor, debts=()))
    assert decide_contact(nothing, PACKS, datetime(2026, 4, 7, 16, tzinfo=UTC)).rule == "US-REGF-14(b)(2)(i)(A)"


def test_every_pack_but_the_house_s_own_is_of_a_jurisdiction():
    assert [pack.name for pack in ALL_PACKS if pack.always] == ["HOUSE"]
