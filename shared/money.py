"""Money: decimal inside, a decimal string on the wire, always with its currency, never a float."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from shared.refusal import BadValue

AMOUNT_MAX = Decimal(10) ** 15
RATE_MAX = Decimal(10) ** 6
RATE_DECIMALS_MAX = 12
_PLAIN = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,12})?")

# ISO 4217 list one, active codes of countries; the number is how many decimals the minor unit has.
_CODES_BY_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP "
    "CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN "
    "NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
DECIMALS: dict[str, int] = {code: n for n, codes in _CODES_BY_DECIMALS.items() for code in codes.split()}


@dataclass(frozen=True, slots=True)
class DecimalText:
    """Marks a Decimal field that is a string on the wire; a JSON number there is refused, at every door.

    The two `__get_pydantic_*` methods are the hooks pydantic looks for; plain data, so nothing is imported.
    """

    kind: str
    pattern: str = r"^-?\d{1,16}(\.\d{1,12})?$"

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        refuse_numbers = {"type": "no-info", "function": require_text}
        return {"type": "function-before", "function": refuse_numbers, "schema": handler(source)}

    def __get_pydantic_json_schema__(self, schema: Any, handler: Callable[[Any], Any]) -> dict[str, str]:
        return {"type": "string", "pattern": self.pattern}


class NotADecimal(ValueError):
    """Something else than plain decimal text where a decimal is expected."""


Money = Annotated[Decimal, DecimalText("money")]
Rate = Annotated[Decimal, DecimalText("rate")]


def require_text(value: object) -> object:
    """Let ready decimals and decimal text pass; refuse numbers, whose digits a float may already have changed.

    What is no number, or none of a size we take, is refused by what reads it afterwards.
    """
    is_number = isinstance(value, int | float) or (isinstance(value, str) and _is_number(value))
    if is_number and not (isinstance(value, str) and _PLAIN.fullmatch(value)):
        raise NotADecimal("a decimal string is expected")
    return value


def _is_number(text: str) -> bool:
    """Whether *text* is a number of a size we take, however it is written."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number.is_finite() and number.adjusted() < AMOUNT_MAX.adjusted()


def check_currency(field: str, code: str) -> None:
    """Raises: BadValue when *code* is not an ISO 4217 currency."""
    if code not in DECIMALS:
        raise BadValue(field, "not an ISO 4217 currency code")


def check_money(field: str, amount: Decimal, currency: str | None) -> None:
    """Raises: BadValue unless *amount* is finite, below 10**15 in size, and has no more decimals than *currency*.

    Without a currency beside it (the loan knows it), four decimals are the limit here and the core checks the rest.
    """
    _check_decimal(field, amount, AMOUNT_MAX, 4 if currency is None else DECIMALS[currency])


def check_rate(field: str, rate: Decimal) -> None:
    """Raises: BadValue unless *rate* is finite, at most 10**6 in size, with at most 12 decimals."""
    _check_decimal(field, rate, RATE_MAX, RATE_DECIMALS_MAX)


def fits_currency(amount: Decimal, currency: str) -> bool:
    """Whether *amount* has no more decimals than *currency*; trailing zeros are decimals too."""
    return decimals_of(amount) <= DECIMALS[currency]


def decimals_of(amount: Decimal) -> int:
    """How many digits stand behind the point; *amount* must be finite."""
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int), "only finite amounts have decimals"
    return max(0, -exponent)


def _check_decimal(field: str, value: Decimal, size_max: Decimal, decimals_max: int) -> None:
    if not value.is_finite():
        raise BadValue(field, "not a finite decimal")
    if abs(value) > size_max or (value and value.adjusted() < -RATE_DECIMALS_MAX):
        raise BadValue(field, "too large or too small")
    if decimals_of(value) > decimals_max:
        raise BadValue(field, f"more than {decimals_max} decimals")
