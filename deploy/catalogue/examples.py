"""One example of every event, with every optional field filled, always the same."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

_FIRST_DAY: Final = date(2026, 3, 2)
_WORDS: Final[dict[str, Any]] = {
    "annual_rate": Decimal("0.0845"),
    "baseline": Decimal("-1.2040"),
    "bucket_from": "1-3",
    "bucket_set": "default",
    "bucket_to": "4-30",
    "by": "lender",
    "contribution": Decimal("-0.3512"),
    "currency": "CNY",
    "jurisdiction": "CN",
    "pack": "CN",
    "pack_version": "2026.1",
    "period": "2026-02",
    "product": "consumer-loan",
    "reason_code": "AM04",
    "remainder": Decimal("0.0210"),
    "rule": "CN-GBT45251-time",
    "source": "/core-banking",
    "stage": "early",
    "stage_from": "current",
}
_SCALARS: Final[dict[Any, Callable[[str, int], Any]]] = {
    str: lambda name, _: f"{name.removesuffix('_id').replace('_', '-')}-1",
    int: lambda _, __: 3,
    bool: lambda _, __: True,
    date: lambda _, at: _FIRST_DAY + timedelta(days=at),
    datetime: lambda _, at: datetime(2026, 3, 2, 1, 30, at, tzinfo=UTC),
    time: lambda _, at: time(9 + at % 12, 0),
}
_DECIMALS: Final = {"money": Decimal("1250.00"), "rate": Decimal("0.25")}


def example_of(cls: type[T]) -> T:
    """A *cls* made of plausible values, from nothing but its annotations and the names of its fields."""
    assert is_dataclass(cls), "only dataclasses have fields"
    hints = get_type_hints(cls, include_extras=True)
    return cls(**{field.name: _value(hints[field.name], field.name, at) for at, field in enumerate(fields(cls))})


def _value(hint: Any, name: str, at: int) -> Any:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _value(next(part for part in parts if part is not NoneType), name, at)
    if origin is Literal:
        return parts[0]
    if origin is tuple:
        return (_value(parts[0], name.removesuffix("s"), at),)
    if origin is dict:
        return {"channel": "branch"}
    return example_of(hint) if is_dataclass(hint) and isinstance(hint, type) else _scalar(hint, name, at)


def _scalar(hint: Any, name: str, at: int) -> Any:
    if name in _WORDS:
        return _WORDS[name]
    plain, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if plain is Decimal:
        return _DECIMALS[next(mark.kind for mark in marks if hasattr(mark, "kind"))]
    return _SCALARS[plain](name, at)
