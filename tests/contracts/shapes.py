"""Values that fit a JSON Schema as our documentation writes it, and one thing done to such a value."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hypothesis import strategies as st

MARK: Final = "SECRETMARK"
DEPTH_MAX: Final = 4
STRANGE: Final = (
    None, True, 0, -1, 7, 1.5, 1e300, 2**63, -(2**70), "", MARK, f"{MARK}\u0000", f"{MARK}\ud800", f"{MARK}\n\u0007",
    "1e400000", "Infinity", "-0.00", "99999999999999999999", "2025-02-30", "0001-01-01", "9999-12-31",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2025-02-02T01:00:00", "\u0661\u0662", MARK * 500,
    [], {}, [MARK], {MARK: MARK}, [[[[MARK]]]], [None] * 3, {"kind": MARK},
)  # fmt: skip
Place = tuple[str | int, ...]


def values_of(schema: Mapping[str, Any], parts: Mapping[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of *schema*; what it refers to stands in *parts*, by name."""
    if "$ref" in schema:
        return values_of(parts[schema["$ref"].rpartition("/")[2]], parts, depth)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return st.one_of(*(values_of(one, parts, depth) for one in schema[several]))
    if "allOf" in schema:
        return st.tuples(*(values_of(one, parts, depth) for one in schema["allOf"])).map(_together)
    if "const" in schema or "enum" in schema:
        return st.sampled_from([schema["const"]] if "const" in schema else schema["enum"])
    return _plain(schema, parts, depth)


def _together(several: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    return {name: value for one in several for name, value in one.items()}


def _plain(schema: Mapping[str, Any], parts: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        return _objects(schema, parts, depth)
    if kind == "array":
        least, most = schema.get("minItems", 0), min(schema.get("maxItems", 2), 2)
        return st.lists(values_of(schema.get("items", {}), parts, depth + 1), min_size=least, max_size=max(least, most))
    simple = {
        "boolean": st.booleans(),
        "integer": st.integers(schema.get("minimum", 0), schema.get("maximum", 99)),
        "null": st.none(),
        "object": st.just({}),
    }
    return simple.get(kind or "", _texts(schema))


def _objects(schema: Mapping[str, Any], parts: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    needed = schema.get("required", ())
    fields = {name: values_of(one, parts, depth + 1) for name, one in schema["properties"].items()}
    optional = {} if depth > DEPTH_MAX else {name: one for name, one in fields.items() if name not in needed}
    return st.fixed_dictionaries({name: fields[name] for name in needed}, optional=optional)


def _texts(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Text as its format or its examples have it; patterns of ours all take words and small numbers."""
    by_format = {
        "date": ("2025-02-02", "2025-02-28", "1999-12-31"),
        "date-time": ("2025-02-02T01:00:00Z", "2025-02-02T09:00:00+08:00"),
        "time": ("09:00:00", "21:30:00"),
    }
    known = by_format.get(schema.get("format", ""), ("C1", "L1", "5", "0.50", "CNY", "sms", "zh-CN", "Asia/Shanghai"))
    return st.sampled_from([*schema.get("examples", ()), *known])


def places_in(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where in *value* something may be done: everywhere, itself included."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield from places_in(one, (*place, step))


@st.composite
def mutants(draw: st.DrawFn, good: Any) -> bytes:
    """*good* with one thing done to it: something strange in a place, a name gone, one too many, or its end cut off."""
    place = draw(st.sampled_from(list(places_in(good))))
    deed = draw(st.sampled_from(["strange", "strange", "strange", "gone", "named", "cut"]))
    if deed == "cut":
        whole = json.dumps(good).encode()
        return whole[: draw(st.integers(0, len(whole) - 1))]
    return json.dumps(_changed(good, place, deed, draw(st.sampled_from(STRANGE)))).encode()


def _changed(value: Any, place: Place, deed: str, strange: Any) -> Any:
    if place:
        step, *further = place
        if deed == "gone" and not further:
            return _without(value, step)
        inner = _changed(value[step], tuple(further), deed, strange)
        return (
            [inner if i == step else one for i, one in enumerate(value)]
            if isinstance(value, list)
            else {**value, step: inner}
        )
    return {**value, MARK: strange} if deed == "named" and isinstance(value, dict) else strange


def _without(value: Any, step: str | int) -> Any:
    if isinstance(value, list):
        return [one for i, one in enumerate(value) if i != step]
    return {name: one for name, one in value.items() if name != step}
