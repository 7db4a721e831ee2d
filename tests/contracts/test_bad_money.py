"""Amounts and currencies that are none, at every door that takes money; posted events have theirs in tests/ingest."""

import copy
import json
from typing import Any

import pytest

from shared.problems import MEDIA_TYPE
from tests.contracts.goods import DOORS
from tests.contracts.shapes import Place

pytestmark = pytest.mark.postgres

MARK = "SECRETMARK"
DOORS_OF_MONEY: dict[str, tuple[str, Place, Place]] = {
    "a promise": ("feedback POST /v1/promises", ("amount",), ("currency",)),
    "a budget": ("contact PUT /v1/budgets", ("amount",), ("currency",)),
    "a stated loan": (
        "scoring POST /v1/assessments/preview",
        ("facts", 0, "data", "principal"),
        ("facts", 0, "data", "currency"),
    ),
}
AMOUNTS = {
    "a number": ("5", "not-a-decimal"),
    "a float": ("5.5", "float"),
    "a huge exponent": ("1e400000", "float"),
    "an endless number": ("9" * 5000, "number-too-large"),
    "a huge exponent in text": ('"1e400000"', "bad-value"),
    "an exponent in text": ('"1e2"', "not-a-decimal"),
    "digits of another script": ('"\u0661\u0662"', "not-a-decimal"),
    "infinity in text": ('"Infinity"', "bad-value"),
    "no number in text": ('"NaN"', "bad-value"),
    "text": (f'"{MARK}"', "wrong-type"),
    "more decimals than the currency has": ('"1.001"', "bad-value"),
    "huge": ('"99999999999999999999"', "bad-value"),
    "huge and below zero": ('"-99999999999999999999"', "bad-value"),
    "a list": (f'["{MARK}"]', "wrong-type"),
}
CURRENCIES = {
    "no country's": ('"XXX"', "bad-value"),
    "no code": (f'"{MARK}"', "bad-value"),
    "in small letters": ('"cny"', "bad-value"),
    "a number": ("156", "wrong-type"),
}


def with_raw(body: Any, place: Place, raw: str) -> bytes:
    """*body* with *raw* JSON in *place*."""
    changed = copy.deepcopy(body)
    inner = changed
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = "\u2603"
    return json.dumps(changed, ensure_ascii=False).replace('"\u2603"', raw).encode()


async def refuse(houses, door: str, place: Place, raw: str, code: str) -> None:
    house, good = DOORS[door]
    before = await houses.rows(house)
    answer = await houses.send(house, good, with_raw(good.body(next(houses.numbers)), place, raw))
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert MARK not in answer.text
    assert await houses.left(house, before) == {}
    return answer


@pytest.mark.parametrize(("raw", "code"), AMOUNTS.values(), ids=AMOUNTS)
@pytest.mark.parametrize(("door", "amount", "_currency"), DOORS_OF_MONEY.values(), ids=DOORS_OF_MONEY)
async def test_an_amount_that_is_none_is_the_same_problem_everywhere(houses, door, amount, _currency, raw, code):
    answer = await refuse(houses, door, amount, raw, code)
    assert answer.json()["errors"] == [{"pointer": "".join(f"/{step}" for step in amount)}]


@pytest.mark.parametrize(("raw", "code"), CURRENCIES.values(), ids=CURRENCIES)
@pytest.mark.parametrize(("door", "_amount", "currency"), DOORS_OF_MONEY.values(), ids=DOORS_OF_MONEY)
async def test_a_currency_that_is_none_is_the_same_problem_everywhere(houses, door, _amount, currency, raw, code):
    answer = await refuse(houses, door, currency, raw, code)
    assert answer.json()["errors"] == [{"pointer": "".join(f"/{step}" for step in currency)}]


BELOW = {
    "a promise": ("feedback POST /v1/promises", ("amount",), "amount-too-small"),
    "a budget": ("contact PUT /v1/budgets", ("amount",), "bad-value"),
}


@pytest.mark.parametrize(("door", "amount", "code"), BELOW.values(), ids=BELOW)
async def test_an_amount_below_zero_is_refused(houses, door, amount, code):
    await refuse(houses, door, amount, '"-5.00"', code)


async def test_a_promise_in_another_currency_than_its_loans_is_refused(houses):
    await refuse(houses, "feedback POST /v1/promises", ("currency",), '"USD"', "currency-mismatch")


TYPES = {
    "a stated event": ("scoring POST /v1/assessments/preview", ("facts", 0, "type"), "/facts/0/type"),
    "an event in place of a parked one": ("scoring POST /v1/parked/{parked_id}/replace", ("type",), "/type"),
}


@pytest.mark.parametrize(("door", "place", "pointer"), TYPES.values(), ids=TYPES)
async def test_a_type_that_nobody_knows_is_the_same_problem_everywhere(houses, door, place, pointer):
    answer = await refuse(houses, door, place, f'"{MARK}"', "type-not-supported")
    assert answer.json()["errors"] == [{"pointer": pointer}]
