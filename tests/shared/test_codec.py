"""Bad input is refused with its code and its place, and never repeated; good input is read the same at every door."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.codec import Unreadable, decode, decode_strict, encode, parse, split
from shared.events import LoanOpened, PaymentReceived, PromiseMade, RiskAssessed
from shared.events.base import Checked


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


@dataclass(frozen=True, slots=True)
class Plan:
    id: UUID
    steps: tuple[Step, ...] = ()


def payment(**changes: Any) -> dict[str, Any]:
    whole = {"payment_id": "P1", "loan_id": "L1", "amount": "12.50", "value_on": "2026-03-02", "kind": "repayment"}
    return {name: value for name, value in {**whole, **changes}.items() if value is not ...}


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


SECRET = "Zhang-San-13800138000"
BAD_BYTES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "invalid-json"),
    "not JSON": (b"{'a': 1}", "invalid-json"),
    "cut off": (b'{"payment_id": "P', "invalid-json"),
    "something after the end": (b"{} {}", "invalid-json"),
    "NaN": (b'{"amount": NaN}', "invalid-json"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "invalid-json"),
    "a control character in text": (b'{"loan_id": "\x01"}', "invalid-json"),
    "not UTF-8": (b'{"loan_id": "\xff"}', "not-utf-8"),
    "a surrogate in UTF-8": (b'{"loan_id": "\xed\xa0\x80"}', "not-utf-8"),
    "an escaped lone surrogate": (b'{"loan_id": "\\ud800"}', "invalid-text"),
    "an escaped lone low surrogate": (b'{"loan_id": "\\udc00 and more"}', "invalid-text"),
    "U+0000": (b'{"loan_id": "\\u0000"}', "invalid-text"),
    "U+0000 in a name": (b'{"\\u0000": 1}', "invalid-text"),
    "a float": (b'{"amount": 1.5}', "float"),
    "a float nobody reads": (b'{"else": [{"x": 1.0}]}', "float"),
    "an exponent": (b'{"else": 1e2}', "float"),
    "an endless exponent": (b'{"else": 1e400000}', "float"),
    "an endless integer": (b'{"else": ' + b"9" * 5000 + b"}", "number-too-large"),
    "a large integer": (b'{"else": 9223372036854775808}', "number-too-large"),
    "too deep": (nested(33), "too-deep"),
    "far too deep": (nested(100_000), "too-deep"),
    "deep and never closed": (b"[" * 100_000, "too-deep"),
    "too large": (b" " * 262_145, "too-large"),
    "an array": (b"[]", "wrong-type"),
    "null": (b"null", "wrong-type"),
}


@pytest.mark.parametrize(("raw", "code"), BAD_BYTES.values(), ids=BAD_BYTES)
def test_bad_bytes_are_refused_by_name(raw, code):
    with pytest.raises(Unreadable) as refused:
        decode_strict(PaymentReceived, raw)
    assert refused.value.code == code


BAD_PAYMENTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no amount": (payment(amount=...), "missing-field", "/amount"),
    "an integer amount": (payment(amount=12), "not-a-decimal", "/amount"),
    "an amount with an exponent": (payment(amount="1e2"), "not-a-decimal", "/amount"),
    "an amount with underscores": (payment(amount="1_000"), "not-a-decimal", "/amount"),
    "an amount in other digits": (payment(amount="１２"), "not-a-decimal", "/amount"),
    "an amount with a plus": (payment(amount="+1"), "not-a-decimal", "/amount"),
    "an amount with spaces": (payment(amount=" 1"), "not-a-decimal", "/amount"),
    "no digits before the point": (payment(amount=".5"), "not-a-decimal", "/amount"),
    "not a number": (payment(amount=SECRET), "wrong-type", "/amount"),
    "infinite": (payment(amount="Infinity"), "bad-value", "/amount"),
    "NaN": (payment(amount="NaN"), "bad-value", "/amount"),
    "far too large": (payment(amount="1e400000"), "bad-value", "/amount"),
    "above the largest": (payment(amount="1000000000000000.01"), "bad-value", "/amount"),
    "five decimals": (payment(amount="1.00001"), "bad-value", "/amount"),
    "an empty id": (payment(loan_id=""), "bad-value", "/loan_id"),
    "an id of 129 characters": (payment(loan_id="x" * 129), "bad-value", "/loan_id"),
    "a control character in an id": (payment(loan_id="a\nb"), "bad-value", "/loan_id"),
    "a number for an id": (payment(loan_id=7), "wrong-type", "/loan_id"),
    "an impossible day": (payment(value_on="2026-02-30"), "wrong-type", "/value_on"),
    "an instant for a day": (payment(value_on="2026-02-03T00:00:00Z"), "wrong-type", "/value_on"),
    "an unknown word": (payment(kind=SECRET), "unknown-word", "/kind"),
    "free text for a channel": (payment(channel="told me she is ill"), "bad-value", "/channel"),
}


@pytest.mark.parametrize(("sent", "code", "pointer"), BAD_PAYMENTS.values(), ids=BAD_PAYMENTS)
def test_a_bad_field_is_refused_with_its_place(sent, code, pointer):
    for form in (sent, encode(sent)):
        with pytest.raises(Unreadable) as refused:
            decode_strict(PaymentReceived, form)
        assert (refused.value.code, refused.value.pointer) == (code, pointer)


GOOD_PAYMENTS = {
    "as it should be": payment(),
    "unknown fields are passed over": payment(reason="free text", nested={"a": [1, None, True]}),
    "a long text that nobody reads": payment(reason="x" * 10_000),
    "a null for what is optional": payment(channel=None),
    "the longest id": payment(loan_id="x" * 128),
    "the largest amount": payment(amount="1000000000000000"),
    "four decimals": payment(amount="1.0001"),
    "a negative amount: whether it may be is the core's question": payment(amount="-1"),
}


@pytest.mark.parametrize("sent", GOOD_PAYMENTS.values(), ids=GOOD_PAYMENTS)
def test_a_good_payment_is_read_the_same_from_bytes_and_from_what_was_parsed(sent):
    raw = encode(sent)
    assert decode_strict(PaymentReceived, raw) == decode_strict(PaymentReceived, parse(raw))


def loan(**changes: Any) -> dict[str, Any]:
    whole = {"loan_id": "L1", "customer_id": "C1", "product": "any words", "currency": "CNY", "principal": "1000.00"}
    return {**whole, "opened_on": "2026-03-02", **changes}


def first_instalment(**changes: Any) -> dict[str, Any]:
    return loan(instalments=[{"number": 1, "due_on": "2026-04-02", "principal": "1000.00", **changes}])


BAD_LOANS: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown currency": (loan(currency="XXX"), "bad-value", "/currency"),
    "a currency in small letters": (loan(currency="cny"), "bad-value", "/currency"),
    "more decimals than the currency has": (loan(principal="1.001"), "bad-value", "/principal"),
    "a fraction of a yen": (loan(currency="JPY", principal="1.0"), "bad-value", "/principal"),
    "a number as a rate": (loan(annual_rate=1), "not-a-decimal", "/annual_rate"),
    "negative grace": (loan(grace_days=-1), "bad-value", "/grace_days"),
    "true for a count": (loan(grace_days=True), "wrong-type", "/grace_days"),
    "an instalment without its day": (first_instalment(due_on=None), "wrong-type", "/instalments/0/due_on"),
    "an instalment's amount as a number": (first_instalment(interest=1), "not-a-decimal", "/instalments/0/interest"),
    "an instalment's number below zero": (first_instalment(number=-1), "bad-value", "/instalments/0/number"),
    "an instalment's float": (first_instalment(fees=0.1), "float", "/instalments/0/fees"),
    "too many instalments": (
        loan(instalments=[{"number": 1, "due_on": "2026-04-02", "principal": "1"}] * 3001),
        "bad-value",
        "/instalments",
    ),
    "an unknown role": (loan(parties=[{"customer_id": "C2", "role": SECRET}]), "unknown-word", "/parties/0/role"),
    "a number as an attribute": (loan(facts={SECRET: 7}), "wrong-type", "/facts"),
    "a float as an attribute": (loan(facts={SECRET: 0.7}), "float", "/facts"),
    "33 attributes": (loan(facts={f"a{n}": "x" for n in range(33)}), "bad-value", "/facts"),
    "an attribute of 65 characters": (loan(facts={"purpose": "x" * 65}), "bad-value", "/facts"),
    "an attribute of two lines": (loan(facts={"purpose": "a\nb"}), "bad-value", "/facts"),
    "a name of an attribute in words": (loan(facts={"my name is": "x"}), "bad-value", "/facts"),
    "an unknown field's float": (loan(**{SECRET: 0.1}), "float", ""),
}


@pytest.mark.parametrize(("sent", "code", "pointer"), BAD_LOANS.values(), ids=BAD_LOANS)
def test_a_bad_loan_is_refused_with_its_place(sent, code, pointer):
    with pytest.raises(Unreadable) as refused:
        decode_strict(LoanOpened, sent)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


@pytest.mark.parametrize("code", ["XXX", "cny", "CNYX", ""])
def test_an_unknown_currency_is_refused_before_money_is_measured_by_it(code):
    promise = {"promise_id": "P1", "loan_ids": ["L1"], "amount": "1.00", "due_on": "2026-04-02", "tolerance_days": 3}
    with pytest.raises(Unreadable) as refused:
        decode_strict(PromiseMade, {**promise, "currency": code})
    assert refused.value.pointer == "/currency"


@pytest.mark.parametrize(
    "attributes", [{f"a{n}": "x" for n in range(32)}, {"vehicle": "FORD F-150"}, {"purpose": "装修"}]
)
def test_minimised_attributes_are_kept(attributes):
    assert decode_strict(LoanOpened, loan(facts=attributes)).facts == attributes


ECHOES = {
    **{name: (PaymentReceived, sent) for name, (sent, _, __) in BAD_PAYMENTS.items()},
    **{name: (LoanOpened, sent) for name, (sent, _, __) in BAD_LOANS.items()},
    "an unknown kind of variant": (Plan, {"id": str(UUID(int=1)), "steps": [{"kind": SECRET}]}),
    "an unknown word in a variant": (Plan, {"id": str(UUID(int=1)), "steps": [{"kind": "remind", "channel": SECRET}]}),
    "no UUID": (Plan, {"id": SECRET}),
}


@pytest.mark.parametrize(("cls", "sent"), ECHOES.values(), ids=ECHOES)
def test_a_refusal_never_repeats_what_was_sent(cls, sent):
    with pytest.raises(Unreadable) as refused:
        decode_strict(cls, sent)
    told = f"{refused.value} {refused.value.detail} {refused.value.pointer}"
    assert SECRET not in told
    assert "13800138000" not in told
    assert refused.value.__suppress_context__


BAD_VARIANTS = {
    "no object": (4, "wrong-type", "/steps/0"),
    "no kind": ({}, "unknown-word", "/steps/0/kind"),
    "a kind that is no text": ({"kind": []}, "unknown-word", "/steps/0/kind"),
    "an unknown kind": ({"kind": "bribe"}, "unknown-word", "/steps/0/kind"),
    "a bad field": ({"kind": "remind", "channel": 1}, "wrong-type", "/steps/0/channel"),
    "an instant outside of the calendar elsewhere": (
        {"kind": "remind", "channel": "sms", "at": "0001-01-01T00:00:00+08:00"},
        "bad-value",
        "/steps/0/at",
    ),
    "a naive instant": ({"kind": "remind", "channel": "sms", "at": "2026-03-02T09:30:00"}, "bad-value", "/steps/0/at"),
    "a number as an amount": ({"kind": "offer", "amount": 1}, "not-a-decimal", "/steps/0/amount"),
}


@pytest.mark.parametrize(("step", "code", "pointer"), BAD_VARIANTS.values(), ids=BAD_VARIANTS)
def test_a_bad_variant_is_refused_with_its_whole_place(step, code, pointer):
    with pytest.raises(Unreadable) as refused:
        decode_strict(Plan, {"id": str(UUID(int=1)), "steps": [step]})
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


def test_what_is_no_json_at_all_is_refused_as_an_object_too():
    for odd in ({"else": {1: 2}}, {"else": b"x"}, {"else": {"x": {1, 2}}}, {"else": "\ud800"}, {"else": Decimal(1)}):
        with pytest.raises(Unreadable):
            decode_strict(PaymentReceived, payment(**odd))


def test_a_repeated_name_is_tolerated_and_the_last_counts():
    raw = encode(payment())[:-1] + b',"amount":"7"}'
    assert decode_strict(PaymentReceived, raw).amount == Decimal(7)


def test_thirty_two_levels_are_read_and_one_more_is_not():
    assert parse(nested(32)) is not None
    with pytest.raises(Unreadable, match="too-deep"):
        parse(nested(33))


def test_a_batch_is_split_without_reading_its_items():
    assert split(b' [ {"a": 1} ,2, "x"]', 3, 100) == [b'{"a": 1}', b"2", b'"x"']


BAD_BATCHES: dict[str, tuple[bytes, str]] = {
    "an object": (b"{}", "wrong-type"),
    "one too many": (b"[1,2,3,4]", "too-large"),
    "too long": (b"[" + b" " * 100 + b"]", "too-large"),
    "cut off": (b'[{"a":1}', "invalid-json"),
    "never closed": (b"[" * 100, "invalid-json"),
}


@pytest.mark.parametrize(("raw", "code"), BAD_BATCHES.values(), ids=BAD_BATCHES)
def test_a_batch_that_is_none_is_refused_whole(raw, code):
    with pytest.raises(Unreadable) as refused:
        split(raw, 3, 100)
    assert refused.value.code == code


READERS: dict[str, Callable[[bytes], Any]] = {
    "strict": lambda raw: decode_strict(RiskAssessed, raw),
    "trusting": lambda raw: decode(PromiseMade, raw),
    "any": parse,
    "batches": lambda raw: split(raw, 10, 1000),
}


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(raw=st.binary(max_size=60) | st.text('{}[]":,\\u019e.-tfn amoutkid', max_size=60).map(str.encode))
def test_no_bytes_whatever_make_it_fail_in_another_way(read, raw):
    with suppress(Unreadable):
        read(raw)
