"""What a caller may state for a command: the command's own fields, with words in place of references to words."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, make_dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, Final, get_type_hints

from pydantic import TypeAdapter

from shared.codec import Unreadable, decode_strict
from shared.events import Command, Identifier, TextShape
from shared.events.base import TEXT_LENGTH_MAX, Checked
from shared.ids import new_id
from shared.problems import refused_body, stated_at

Words = Annotated[str, TextShape(TEXT_LENGTH_MAX, r"^[\s\S]+$")]
Values = dict[str, Any]

SEALED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"text_ref": ("text", "cause"), "evidence_ref": ("evidence",)}
)
"""For each reference to the vault, the fields that the caller states in its place."""


def as_stated(values: Values) -> Values:
    """Nothing needs translating."""
    return values


@dataclass(frozen=True)
class Form:
    """How *command* is asked for; `names` is the field that names the matter.

    Where `in_path`, the id stands in the path; otherwise it is minted when the caller gives none, if `minted`.
    `instead` are hints of fields that the caller may leave out or adds; `translate` makes the command's of them.
    """

    command: type[Command]
    names: str
    example: Mapping[str, Any]
    in_path: bool = False
    minted: bool = True
    instead: Mapping[str, Any] = field(default_factory=dict)
    translate: Callable[[Values], Values] = as_stated

    @cached_property
    def shape(self) -> type:
        """The dataclass that a body is read as: the command's own checks, under the names that the caller uses."""
        command: Any = self.command
        hints: dict[str, Any] = get_type_hints(command, include_extras=True)
        members: list[Any] = [("customer_id", Identifier)]
        for one in fields(command):
            members += self._members(one.name, hints[one.name], one.default)
        members += [(name, hint | None, None) for name, hint in self.instead.items()]
        return make_dataclass(
            f"{self.command.__name__}Asked", members, bases=(Checked,), frozen=True, slots=True, kw_only=True
        )

    def _members(self, name: str, hint: Any, default: Any) -> list[Any]:
        if name in self.instead or (name == self.names and self.in_path):
            return []
        if name in SEALED:
            return [(words, Words | None, None) for words in SEALED[name] if words not in self.instead][:1]
        if name == self.names and self.minted:
            return [(name, hint | None, None)]
        return [(name, hint)] if default is MISSING else [(name, hint, field(default=default))]

    def read(self, body: bytes, matter_id: str | None = None) -> tuple[str, Command, dict[str, dict[str, str]]]:
        """Whose it is, the command, and the words that each of its references is to stand for. Raises: Refused."""
        stated = read_as(self.shape, body)
        values = {one.name: getattr(stated, one.name) for one in fields(stated)}
        customer_id: str = values.pop("customer_id")
        if self.in_path or self.minted:
            values[self.names] = matter_id or values.get(self.names) or str(new_id())
        values = self.translate(values)
        words = {ref: _take(values, names) for ref, names in SEALED.items()}
        with stated_at():
            command = self.command(**values)
        return customer_id, command, {ref: said for ref, said in words.items() if said}

    def route(self, status: int = 201) -> dict[str, Any]:
        """The keywords of the route: its status and its documented body."""
        content = {"application/json": {"schema": schema_of(self.shape), "example": dict(self.example)}}
        return {"status_code": status, "openapi_extra": {"requestBody": {"required": True, "content": content}}}


def _take(values: Values, names: tuple[str, ...]) -> dict[str, str]:
    """Take the words under *names* out of *values*."""
    taken = {name: values.pop(name, None) for name in names}
    return {name: words for name, words in taken.items() if words is not None}


def read_as(shape: type, body: bytes) -> Any:
    """The body as a *shape*. Raises: Refused."""
    try:
        return decode_strict(shape, body)
    except Unreadable as error:
        raise refused_body(error) from None


def schema_of(shape: type) -> dict[str, Any]:
    """The JSON Schema of *shape*, whole: what it refers to stands where it is used."""
    schema = TypeAdapter(shape).json_schema()
    parts = schema.pop("$defs", {})
    found: dict[str, Any] = _inlined(schema, parts)
    return found


def _inlined(node: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        if "$ref" in node:
            return _inlined(parts[node["$ref"].removeprefix("#/$defs/")], parts)
        return {name: _inlined(inner, parts) for name, inner in node.items()}
    return [_inlined(inner, parts) for inner in node] if isinstance(node, list) else node
