"""Packs as data: read, checked, and narrowed by a lender who may never loosen them."""

import json
from copy import deepcopy

import pytest

from services.contact.domain.gate.narrowing import narrow
from services.contact.domain.gate.pack import KINDS, MissingPackError, Pack, Packs, parse_pack
from shared.refusal import Refusal
from tests.contact.gate_builders import ALL_PACKS, PACKS, case_of, check, decide, defer, each, load, propose, read_pack

SPOILT = "NOT-A-WORD"
BASE = read_pack("CN")


def spoil(**changes):
    """The Chinese pack with its first rule changed; None takes a field away."""
    data = deepcopy(BASE)
    rule = data["rules"][0] | changes
    data["rules"][0] = {key: value for key, value in rule.items() if value is not None}
    return data


@pytest.mark.parametrize("pack", ALL_PACKS, ids=[pack.name for pack in ALL_PACKS])
def test_every_rule_says_where_it_comes_from_and_since_when(pack):
    assert all(rule.source and rule.text and rule.effective_from for rule in pack.rules)
    assert all(rule.id.startswith(pack.name.split("-")[0]) for rule in pack.rules)


def test_the_packs_to_ship_are_all_there():
    assert set(PACKS.by_name) == {"HOUSE", "CN", "US-FED", "US-MA", "US-WA", "UK", "IN", "AU", "ID", "PH", "KR"}


def test_the_fourteen_kinds_of_rules_are_all_used():
    assert len(KINDS) == 14
    assert {rule.kind for pack in ALL_PACKS for rule in pack.rules} == set(KINDS)


WRONG = {
    "an unknown kind": (spoil(kind=SPOILT), "/rules/0/kind"),
    "an unknown channel": (spoil(channels=[SPOILT]), "/rules/0/channels/0"),
    "an unknown field": (spoil(opens=SPOILT), "/rules/0"),
    "hours that close before they open": (spoil(open={"MON": ["22:00-08:00"]}), "/rules/0/open/MON"),
    "hours past midnight": (spoil(open={"MON": ["22:00-24:01"]}), "/rules/0/open/MON"),
    "an unknown weekday": (spoil(open={SPOILT: ["08:00-22:00"]}), "/rules/0/open"),
    "no source": (spoil(source=None), "/rules/0/source"),
    "no beginning": (spoil(effective_from=None), "/rules/0/effective_from"),
    "an end before the beginning": (spoil(effective_to="2020-01-01"), "/rules/0/effective_to"),
    "a calendar the pack does not hold": (spoil(holidays=SPOILT), "/rules/0/holidays"),
    "an unknown force": (spoil(force=SPOILT), "/rules/0/force"),
    "a cap of nothing": (
        spoil(kind="frequency_cap", open=None, opened_by=None, counts="dials", limit=0),
        "/rules/0/limit",
    ),
    "an unknown need of an exception": (spoil(waivers=[{"id": "x", "needs": [SPOILT]}]), "/rules/0/waivers/0/needs/0"),
    "a rule told twice": (BASE | {"rules": [BASE["rules"][0]] * 2}, "/rules/1/id"),
    "no zones": (BASE | {"zones": []}, "/zones"),
    "an unknown zone": (BASE | {"zone": SPOILT}, "/zone"),
    "no object": ([SPOILT], ""),
}


@pytest.mark.parametrize(("data", "pointer"), WRONG.values(), ids=WRONG)
def test_a_pack_that_is_wrong_is_refused_by_pointer_and_never_echoed(data, pointer):
    refusal = parse_pack(data)
    assert isinstance(refusal, Refusal)
    assert refusal.pointers == (pointer,)
    assert SPOILT not in refusal.detail


def test_a_pack_on_top_of_another_binds_with_it_and_after_it():
    assert [pack.name for pack in PACKS.binding(["US-MA"])] == ["US-FED", "US-MA", "HOUSE"]


def test_an_overlay_without_its_base_is_a_missing_pack():
    with pytest.raises(MissingPackError):
        Packs([load("US-MA")]).binding(["US-MA"])


def settings_of(**rules):
    return {"version": "L1", "rules": rules}


NARROWER = {
    "fewer calls": ("CN", {"CN-GBT45251-freq": {"limit": 2}}),
    "shorter hours": ("CN", {"CN-GBT45251-time": {"open": {"MON-FRI": ["09:00-20:00"]}}}),
    "a longer window": ("CN", {"CN-GBT45251-visit": {"n": 7}}),
    "lender and agency added up": ("CN", {"CN-GBT45251-freq": {"sum_over": "all"}}),
    "dials instead of conversations": ("CN", {"CN-GBT45251-freq": {"counts": "dials"}}),
    "denied instead of deferred": ("CN", {"CN-GBT45251-freq": {"on_breach": "deny"}}),
    "more staff": ("CN", {"CN-CBA2026-22": {"staff_min": 3}}),
    "a shorter plan": ("CN", {"CN-CARD-70/term": {"term_months_max": 36}}),
    "longer keeping": ("CN", {"CN-CARD-68": {"years": 5}}),
    "an earlier answer": ("CN", {"CN-COMPLAINT": {"steps": [{"days": 10}]}}),
    "fewer exceptions": ("CN", {"CN-CARD-70": {"waivers": []}}),
    "no further hours": ("CN", {"CN-GBT45251-time": {"opened_by": []}}),
    "more words that are banned": ("UK", {"UK-CONC-7.9.2": {"must_not": ["implies_missed_delivery", "threat"]}}),
    "longer silence": ("US-FED", {"US-REGF-14(b)(2)(i)(B)": {"days": 10}}),
    "fresher consent": ("US-FED", {"US-REGF-6(d)(5)": {"days": 30}}),
    "a longer wait": ("US-FED", {"US-REGF-30(a)(1)": {"days": 21}}),
    "hours that never fall away": ("PH", {"PH-SECMC18-hours": {"lifted_over_days_past_due": None}}),
    "fewer attempts before a person looks": ("AU", {"AU-ACCC-5-attempts": {"per_day": 3}}),
}
LOOSER = {
    "more calls": ("CN", {"CN-GBT45251-freq": {"limit": 4}}),
    "longer hours": ("CN", {"CN-GBT45251-time": {"open": {"MON-SUN": ["07:59-22:00"]}}}),
    "fewer things counted": ("CN", {"CN-CBA2026-attempts": {"counts": "connected"}}),
    "each for itself": ("CN", {"CN-NIFA2024-freq": {"sum_over": "actor"}}),
    "reviewed instead of deferred": ("CN", {"CN-GBT45251-freq": {"on_breach": "review"}}),
    "less staff": ("CN", {"CN-CBA2026-22": {"staff_min": 1}}),
    "a longer plan": ("CN", {"CN-CARD-70/term": {"term_months_max": 61}}),
    "shorter keeping": ("CN", {"CN-CARD-68": {"years": 1}}),
    "a later answer": ("CN", {"CN-COMPLAINT": {"steps": [{"days": 16}]}}),
    "work days for calendar days": ("CN", {"CN-COMPLAINT": {"steps": [{"days": 15, "work_days_of": "CN"}]}}),
    "further exceptions": ("CN", {"CN-GBT45251-freq": {"waivers": [{"id": "x", "purposes": ["collect_debt"]}]}}),
    "further hours": ("CN", {"CN-GBT45251-time": {"opened_by": ["agreed_contact_time", "preferred_window"]}}),
    "shorter silence": ("US-FED", {"US-REGF-14(b)(2)(i)(B)": {"days": 6}}),
    "staler consent": ("US-FED", {"US-REGF-6(d)(5)": {"days": 61}}),
    "a shorter wait": ("US-FED", {"US-REGF-30(a)(1)": {"days": 13}}),
    "hours that fall away sooner": ("PH", {"PH-SECMC18-hours": {"lifted_over_days_past_due": 10}}),
    "a duty put off": ("CN", {"CN-CONS-41": {"needs_notice": False}}),
    "an open hold made to end": ("HOUSE", {"HOUSE-hold": {"days": 10}}),
}


@pytest.mark.parametrize(("name", "rules"), NARROWER.values(), ids=NARROWER)
def test_a_lender_may_narrow_a_pack(name, rules):
    narrowed = narrow(load(name), settings_of(**rules))
    assert isinstance(narrowed, Pack), narrowed
    assert narrowed.narrowed
    assert narrowed.version.endswith("+L1")


@pytest.mark.parametrize(("name", "rules"), LOOSER.values(), ids=LOOSER)
def test_a_lender_may_not_loosen_a_pack(name, rules):
    refusal = narrow(load(name), settings_of(**rules))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "loosens"


OTHERS = {
    "a rule the pack does not have": (settings_of(NONE={"limit": 1}), "unknown-rule"),
    "a parameter that is not the lender's": (
        settings_of(**{"CN-GBT45251-freq": {"channels": ["sms"]}}),
        "not-narrowable",
    ),
    "the source": (settings_of(**{"CN-GBT45251-freq": {"source": "mine"}}), "not-narrowable"),
    "the beginning": (settings_of(**{"CN-GBT45251-freq": {"effective_from": "2030-01-01"}}), "not-narrowable"),
    "a cap of nothing": (settings_of(**{"CN-GBT45251-freq": {"limit": 0}}), "bad-number"),
    "an unknown field": ({"version": "1", "drop": ["CN-GBT45251-freq"]}, "bad-shape"),
    "no version": ({"rules": {}}, "bad-shape"),
}


@pytest.mark.parametrize(("settings", "code"), OTHERS.values(), ids=OTHERS)
def test_settings_that_are_not_understood_are_refused(settings, code):
    assert narrow(load("CN"), settings).code == code


def test_a_narrowed_pack_is_kept():
    rules = {
        "CN-NIFA2024-freq": {"limit": 1},
        "CN-GBT45251-freq": {"limit": 1},
        "CN-GBT45251-time": {"open": {"MON-FRI": ["09:00-20:00"]}},
    }
    packs = Packs([narrow(load("CN"), settings_of(**rules)), load("HOUSE")])
    case = case_of("CN", propose("2026-03-13T10:00"), each("2026-03-13T09:30", outcome="conversation"))
    assert decide(case, packs).earliest_permitted.isoformat() == "2026-03-16T01:00:00+00:00"
    assert decide(case).decision == "allow"


def test_a_lender_may_add_rules_of_its_own():
    mine = {"id": "LENDER-noon", "kind": "contact_window", "text": "t", "source": "s", "force": "house"}
    mine |= {"certainty": "own", "effective_from": "2026-01-01", "open": {"MON-SUN": ["12:00-13:00"]}}
    packs = Packs([narrow(load("CN"), {"version": "1", "add": [mine]}), load("HOUSE")])
    found = decide(case_of("CN", propose("2026-03-10T10:00")), packs)
    assert (found.rule, found.packs["CN"]) == ("LENDER-noon", f"{load('CN').version}+1")


def test_settings_survive_as_json():
    settings = json.loads(json.dumps(settings_of(**{"CN-GBT45251-freq": {"limit": 2}})))
    packs = Packs([narrow(load("CN"), settings), load("HOUSE")])
    case = case_of(
        "CN", propose("2026-03-10T18:00"), each("2026-03-10T09:00", "2026-03-10T12:00", outcome="conversation")
    )
    assert decide(case, packs).rule == "CN-GBT45251-freq"
    check(case_of("CN", propose("2026-03-10T22:00")), defer("CN-GBT45251-time", "2026-03-11T08:00"))
