"""A contact check as it is stated: closed words, exact pointers, and no echo."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contact.domain.gate.case import ContactCase
from services.contact.domain.gate.reading import LIST_LENGTH_MAX
from services.contact.domain.gate.stated import parse_case
from shared.refusal import Refusal
from tests.contact.gate_builders import case_of, past, propose

SECRET = "hunter2-secret"


def spoil(path, value):
    case = deepcopy(
        case_of(
            "CN",
            propose("2026-03-10T10:00", content_flags=["payment_link"]),
            [past("2026-03-09T10:00", "conversation")],
            {"preferences": [{"kind": "inconvenient_slot", "from": "09:00", "to": "11:00", "days": ["MON"]}]},
        )
    )
    *way, last = path
    target = case
    for step in way:
        target = target[step]
    target[last] = value
    return case


def pointer(path):
    return "/" + "/".join(str(step) for step in path)


CLOSED = [
    ("debtor", "debts", 0, "type"),
    ("debtor", "reachability"),
    ("debtor", "vulnerability"),
    ("debtor", "known_current_place"),
    ("debtor", "time_zone"),
    ("debtor", "preferences", 0, "kind"),
    ("debtor", "preferences", 0, "days", 0),
    ("debtor", "preferences", 0, "channel"),
    ("history", 0, "channel"),
    ("history", 0, "outcome"),
    ("history", 0, "direction"),
    ("history", 0, "by"),
    ("proposed", "channel"),
    ("proposed", "purpose"),
    ("proposed", "recipient"),
    ("proposed", "by"),
    ("proposed", "declared_type"),
    ("proposed", "task"),
    ("proposed", "content_flags", 0),
]
MALFORMED = {
    "an instant without its offset": ("proposed", "at"),
    "a time of day": ("debtor", "preferences", 0, "from"),
    "a list": ("history",),
    "an object": ("debtor",),
    "a number": ("proposed", "staff"),
    "a truth": ("proposed", "recording"),
}


@pytest.mark.parametrize("path", CLOSED, ids=pointer)
def test_an_unknown_word_in_a_closed_field_is_refused(path):
    refusal = parse_case(spoil(path, SECRET))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.pointers) == ("unknown-word", (pointer(path),))
    assert SECRET not in refusal.detail


@pytest.mark.parametrize("path", MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_refused_where_it_stands(path):
    refusal = parse_case(spoil(path, "2026-03-10T10:00"))
    assert isinstance(refusal, Refusal)
    assert refusal.pointers == (pointer(path),)


def test_notes_and_reasons_are_free_and_ignored():
    assert isinstance(parse_case(spoil(("history", 0, "note"), SECRET)), ContactCase)
    assert isinstance(parse_case(spoil(("debtor", "preferences", 0, "reason"), SECRET)), ContactCase)


@pytest.mark.parametrize("key", ["id", "title", "source", "basis", "notes"])
def test_what_describes_a_case_is_not_judged(key):
    assert isinstance(parse_case(spoil((key,), SECRET)), ContactCase)


@pytest.mark.parametrize(
    "path", [("expected",), ("debtor", "colour"), ("history", 0, "colour"), ("proposed", "colour")]
)
def test_an_unknown_field_is_refused_without_naming_it(path):
    refusal = parse_case(spoil(path, SECRET))
    assert refusal.code == "unknown-field"
    assert "colour" not in refusal.detail


@pytest.mark.parametrize("path", [("jurisdiction",), ("debtor",), ("proposed",), ("proposed", "channel")])
def test_what_must_be_there_is_asked_for(path):
    assert parse_case(spoil(path, None)).code == "missing-field"


def test_a_known_family_of_words_stays_open():
    assert isinstance(parse_case(spoil(("proposed", "recipient"), "third_party:landlord")), ContactCase)
    assert isinstance(parse_case(spoil(("proposed", "by"), "agency_B7")), ContactCase)


def test_a_zone_outside_the_examples_is_known():
    assert isinstance(parse_case(spoil(("debtor", "time_zone"), "America/Chicago")), ContactCase)


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/passwd", "America", "\x00", "", "x" * 5000])
def test_a_zone_is_no_path(zone):
    assert isinstance(parse_case(spoil(("debtor", "time_zone"), zone)), Refusal)


def test_lists_are_bounded():
    long = [past("2026-03-09T10:00:00+08:00", "conversation")] * (LIST_LENGTH_MAX + 1)
    assert parse_case(spoil(("history",), long)).code == "too-long"


@pytest.mark.parametrize("year", ["0001", "1969", "2201", "9999"])
def test_years_are_bounded(year):
    assert parse_case(spoil(("proposed", "at"), f"{year}-03-10T10:00:00+08:00")).code == "bad-date"


def test_several_jurisdictions_are_kept_in_order():
    assert parse_case(spoil(("jurisdiction",), ["CN", "UK"])).jurisdictions == ("CN", "UK")
    assert isinstance(parse_case(spoil(("jurisdiction",), [])), Refusal)
    assert isinstance(parse_case(spoil(("jurisdiction",), ["CN"] * 9)), Refusal)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*CLOSED, *MALFORMED.values(), ("jurisdiction",), ("proposed",)]), JSON)
def test_whatever_is_sent_there_is_an_answer(path, value):
    assert isinstance(parse_case(spoil(path, value)), ContactCase | Refusal)


@given(JSON)
def test_whatever_is_sent_as_a_whole_there_is_an_answer(value):
    assert isinstance(parse_case(value), ContactCase | Refusal)
