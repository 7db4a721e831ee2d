"""What an operator sees of parked content: its shape, and nothing that could name a person."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.announcements import Announcement, to_json
from shared.codec import encode
from shared.events import LoanOpened, PaymentReceived
from shared.ids import chained_id
from shared.parking.masking import MEMBERS_MAX, inside, masked

PERSON = "13800001234 李女士"

CASES = {
    "an identifier": ({"loan_id": PERSON}, {"loan_id": "text of 15 characters"}),
    "a closed word": ({"kind": "repayment"}, {"kind": "repayment"}),
    "a word that is not closed": ({"kind": PERSON}, {"kind": "text of 15 characters"}),
    "an amount": ({"amount": "999999999.12"}, {"amount": "999999999.12"}),
    "a telephone number for an amount": ({"amount": "13800001234"}, {"amount": "text of 11 characters"}),
    "a number for an amount": ({"amount": 13}, {"amount": "a number or a switch"}),
    "a date": ({"value_on": "2025-01-01"}, {"value_on": "2025-01-01"}),
    "text for a date": ({"value_on": PERSON}, {"value_on": "text of 15 characters"}),
    "an object for a date": ({"value_on": {PERSON: PERSON}}, {"value_on": {"1 other names": "masked"}}),
    "a list for a date": ({"value_on": [PERSON]}, {"value_on": ["text of 15 characters"]}),
    "nothing": ({"value_on": None}, {"value_on": None}),
    "names that are not ours": (
        {PERSON: 1, "kind": "fee", "x": 2},
        {"kind": "text of 3 characters", "2 other names": "masked"},
    ),
    "no object": ([PERSON, True], ["text of 15 characters", "a number or a switch"]),
}


@pytest.mark.parametrize(("data", "shown"), CASES.values(), ids=CASES)
def test_a_value_is_shown_where_it_is_expected_and_names_nobody(data, shown):
    assert masked(data, PaymentReceived) == shown


def test_shapes_inside_shapes_are_masked_by_their_own_fields():
    opened = {"instalments": [{"number": 2**31 - 1, "due_on": "2025-01-01"}, {"number": 2**31, "due_on": PERSON}]}
    assert masked(opened, LoanOpened)["instalments"] == [
        {"number": 2**31 - 1, "due_on": "2025-01-01"},
        {"number": "a number or a switch", "due_on": "text of 15 characters"},
    ]


@pytest.mark.parametrize(("members", "more"), [(MEMBERS_MAX, []), (MEMBERS_MAX + 1, ["and 1 more"])])
def test_a_long_list_is_cut(members, more):
    assert masked([1] * members, None)[MEMBERS_MAX:] == more


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_of_an_unknown_type_nothing_but_the_shape_is_shown(data):
    planted = json.dumps([PERSON, data, {PERSON: PERSON}])
    seen = json.dumps(masked(json.loads(planted), None), ensure_ascii=False)
    assert PERSON not in seen


def enveloped(data: bytes, type_: str = "PaymentReceived") -> bytes:
    at = datetime(2025, 1, 1, tzinfo=UTC)
    id_ = chained_id("ingest", "A", 1, None, type_, at, PERSON, data)
    return encode(to_json(Announcement("A", 1, id_, None, type_, at, PERSON, None, None, PERSON, data)))


GARBLED = {
    "a broken schema": (b'{"payment_id": 1}', {"payment_id": "a number or a switch"}, "wrong-type"),
    "no JSON": (b"\xef\xbf\xbd", None, "invalid-json"),
    "nested too deep": (b"[" * 1000 + b"]" * 1000, None, "wrong-type"),
}


@pytest.mark.parametrize(("data", "shown", "code"), GARBLED.values(), ids=GARBLED)
def test_what_cannot_be_read_is_shown_with_what_is_wrong_with_it(data, shown, code):
    found = inside(enveloped(data))
    assert (found.data, found.data_bytes, found.complaint.code) == (shown, len(data), code)


def test_an_envelope_shows_no_text_of_a_stranger():
    found = inside(enveloped(encode({"payment_id": PERSON}), type_=PERSON))
    assert (found.type, found.complaint.code, found.data) == (None, "unknown-type", {"1 other names": "masked"})
    assert PERSON not in encode(found).decode()


@pytest.mark.parametrize("nothing", [b"", b"{}"])
def test_where_there_is_no_envelope_there_is_nothing_to_see(nothing):
    assert inside(nothing) is None
