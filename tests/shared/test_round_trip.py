"""There and back: every event survives it, the same value gives the same bytes, and a variant stays what it was."""

import string
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.codec import canonical, decode, decode_strict, encode, parse
from shared.events import EVENT_TYPES, DelinquencyChanged, LoanOpened, PaymentReceived
from shared.events.base import Attribute, Checked, Code, Currency, Identifier
from shared.money import DECIMALS, DecimalText

SHANGHAI = timezone(timedelta(hours=8))
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
CODE = st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    Identifier: TEXT,
    Code: CODE,
    Attribute: CODE,
    Currency: st.just("CNY"),
    str: TEXT,
    bool: st.booleans(),
    date: st.dates(),
    time: st.times(),
    datetime: st.datetimes(timezones=st.sampled_from([UTC, SHANGHAI])).filter(lambda at: 1 < at.year < 9999),
}


class Step(Checked):
    """A plain base, as states have them."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Remind(Step):
    channel: Literal["sms", "email"]
    at: datetime | None = None
    kind: Literal["remind"] = "remind"


@dataclass(frozen=True, slots=True)
class Offer(Step):
    amount: Decimal
    currency: str = "CNY"
    kind: Literal["offer"] = "offer"


class Row(NamedTuple):
    number: int
    amount: Annotated[Decimal, DecimalText("money")]


@dataclass(frozen=True, slots=True)
class Plan:
    id: UUID
    steps: tuple[Step, ...] = ()
    rows: tuple[Row, ...] = ()
    next: Step | None = None


@dataclass(frozen=True, slots=True)
class Notes:
    """Where a null in a dictionary says something."""

    first: int
    until: date | None = None
    answers: dict[str, int | None] | None = None


@dataclass(frozen=True, slots=True)
class Needed:
    first: int
    until: date | None


PLAN = Plan(
    UUID(int=7),
    (Remind("sms", datetime(2026, 3, 2, 9, 30, tzinfo=SHANGHAI)), Offer(Decimal("1E+3")), Remind("email")),
    (Row(1, Decimal("2E+2")), Row(2, Decimal("0.10"))),
    Offer(Decimal("-0.5")),
)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value that *hint* allows, money and rates included."""
    if hint in SCALARS:
        return SCALARS[hint]
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return st.none() | values_of(next(part for part in parts if part is not NoneType))
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple:
        return st.lists(values_of(parts[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(values_of(parts[0]), values_of(parts[1]), max_size=3)
    return built(hint) if is_dataclass(hint) else numbers_of(*parts)


def numbers_of(plain: type, *marks: Any) -> st.SearchStrategy[Any]:
    bounds = [mark for mark in marks if hasattr(mark, "least")]
    low, high = (bounds[0].least, bounds[0].most) if bounds else (-(10**15), 10**15)
    if plain is int:
        return st.integers(low, high)
    money = any(isinstance(mark, DecimalText) and mark.kind == "money" for mark in marks)
    places = DECIMALS["CNY"] if money else 9
    return st.decimals(max(low, -(10**6)), min(high, 10**6), places=places, allow_nan=False)


def built(cls: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls, include_extras=True)
    return st.builds(cls, **{field.name: values_of(hints[field.name]) for field in fields(cls)})


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=EVENT_TYPES)
@settings(max_examples=12, derandomize=True, deadline=None, database=None)
@given(data=st.data())
def test_every_event_comes_back_as_it_went(cls, data):
    event = data.draw(built(cls))
    raw = encode(event)
    assert decode(cls, raw) == event
    assert decode_strict(cls, raw) == event
    assert encode(decode(cls, raw)) == raw


@settings(max_examples=40, derandomize=True, deadline=None, database=None)
@given(event=built(LoanOpened))
def test_equal_values_have_equal_digests_whatever_their_order_and_their_zeros(event):
    backwards = dict(reversed(list(parse(encode(event)).items())))
    assert canonical(backwards) == canonical(parse(encode(event)))
    again = decode(LoanOpened, encode(event))
    object.__setattr__(again, "principal", again.principal.quantize(Decimal("0.0001")))
    assert again == event
    assert canonical(again) == canonical(event)


def test_other_content_has_another_digest():
    assert canonical({"amount": "1.00"}) != canonical({"amount": "1.01"})
    assert canonical({"amount": 1}) != canonical({"amount": True})


def test_variants_come_back_as_what_they_were():
    assert decode(Plan, encode(PLAN)) == PLAN
    assert decode_strict(Plan, encode(PLAN)) == PLAN
    assert decode(Step, encode(PLAN.steps[0])) == PLAN.steps[0]


def test_a_variant_written_after_the_first_reading_is_found():
    decode(Plan, encode(PLAN))

    @dataclass(frozen=True, slots=True)
    class Late(Step):
        kind: Literal["late"] = "late"

    assert decode(Step, b'{"kind":"late"}') == Late()


def test_decimals_are_spelt_out_and_instants_are_in_utc_without_changing_the_order_of_fields():
    assert encode(PLAN) == (
        b'{"id":"00000000-0000-0000-0000-000000000007","steps":['
        b'{"channel":"sms","at":"2026-03-02T01:30:00Z","kind":"remind"},'
        b'{"amount":"1000","currency":"CNY","kind":"offer"},{"channel":"email","kind":"remind"}],'
        b'"rows":[[1,"200"],[2,"0.10"]],"next":{"amount":"-0.5","currency":"CNY","kind":"offer"}}'
    )


def test_text_that_looks_like_an_exponent_an_offset_or_a_null_stays_as_it_is():
    ids = ("1E+3", "09+08:00", ',"stage":null', '{"channel":null,', "\\", '"', '",')
    for text in ids:
        event = PaymentReceived(text, text, Decimal("1E+1"), date(2026, 3, 2), "repayment")
        assert decode(PaymentReceived, encode(event)) == event
        assert b"null" not in encode(event) or "null" in text


NULLS = {
    "a null of a dictionary stays": (
        Notes(1, None, {"a": None, "until": 2}),
        b'{"first":1,"until":null,"answers":{"a":null,"until":2}}',
    ),
    "a needed field stays": (Needed(1, None), b'{"first":1,"until":null}'),
    "an event's are left out": (
        DelinquencyChanged("L", date(2026, 3, 2), Decimal(0), "CNY"),
        b'{"loan_id":"L","as_of":"2026-03-02","delinquent_amount":"0","currency":"CNY","paused":false}',
    ),
}


@pytest.mark.parametrize(("value", "expected"), NULLS.values(), ids=NULLS)
def test_a_null_is_left_out_only_where_it_says_nothing(value, expected):
    assert encode(value) == expected
    assert decode(type(value), expected) == value
