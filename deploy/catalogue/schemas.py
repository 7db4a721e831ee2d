"""JSON Schemas of the events, and which changes of one would break those who hear it."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from pydantic import TypeAdapter

Schema: TypeAlias = dict[str, Any]

_NAMED: Final = ("properties", "$defs")
_PROSE: Final = ("title", "description")


def schema_of(cls: type) -> Schema:
    """The shape of *cls* without its prose: nested shapes stand where they are used."""
    schema = TypeAdapter(cls).json_schema()
    found = _bare(schema, schema.get("$defs", {}))
    assert isinstance(found, dict), "an event is an object"
    return found


def _bare(node: Any, shapes: Schema) -> Any:
    if isinstance(node, list):
        return [_bare(item, shapes) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _bare(shapes[node["$ref"].removeprefix("#/$defs/")], shapes)
    kept = {key: inner for key, inner in node.items() if key not in (*_PROSE, "$defs")}
    return {key: _named(inner, shapes) if key in _NAMED else _bare(inner, shapes) for key, inner in kept.items()}


def _named(members: Schema, shapes: Schema) -> Schema:
    """A member may itself be called `title`: names are not keywords."""
    return {name: _bare(inner, shapes) for name, inner in members.items()}


def breaks(old: Schema, new: Schema, at: str = "") -> Iterator[str]:
    """Every way in which *new* is more than *old* with optional fields added."""
    old, new = _present(old), _present(new)
    if "properties" in old and "properties" in new:
        yield from _breaks_of_object(old, new, at)
    elif "items" in old and "items" in new:
        yield from breaks(old["items"], new["items"], f"{at}[]")
    elif _shape(old) != _shape(new):
        yield f"{at or '.'} was retyped"


def _breaks_of_object(old: Schema, new: Schema, at: str) -> Iterator[str]:
    before, now = old["properties"], new["properties"]
    for name in before.keys() - now.keys():
        yield f"{at}.{name} was removed or renamed"
    for name in now.keys() - before.keys():
        if now[name].get("default", ...) is not None:
            yield f"{at}.{name} was added, and is not None by default"
    for name in before.keys() & now.keys():
        yield from breaks(before[name], now[name], f"{at}.{name}")
        if before[name].get("default", ...) != now[name].get("default", ...):
            yield f"{at}.{name} has another default"
    for name in before.keys() & set(old.get("required", ())).symmetric_difference(new.get("required", ())):
        yield f"{at}.{name} is no longer as required as it was"


def _present(schema: Schema) -> Schema:
    """What a field holds when it is not null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    return choices[0] if len(choices) == 1 else schema


def _shape(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "default"}
