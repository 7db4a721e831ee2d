"""The page of events for readers: a table per topic, then the shapes and the words they use."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from shared.events import EVENT_TYPES, SOURCES, TOPICS, agreements, contacts, feedback, repayments, risk, words
from shared.events.base import Attribute, Code, Count, Currency, Identifier, Percent, Probability
from shared.money import Money, Rate

_INTRODUCTION: Final = """\
# Events

Generated from `shared/events` by `python -m deploy.catalogue`; edit the dataclasses, not this page.

Every event travels as a CloudEvent in Kafka's binary mode: its name is `ce_type`, its subject (nearly always the
borrower) the key, its value the JSON object below. A field with `?` may be absent. Money and rates are decimal strings,
dates are the loan's business calendar unless a field says otherwise, instants are RFC 3339 in UTC. Optional fields may
be added, None by default; anything else is a new event. An identifier has 1 to 128 characters, a code 1 to 64 of
`A-Z a-z 0-9 . _ : + / -`.
"""
_PLAIN: Final[Mapping[Any, str]] = {
    Identifier: "identifier",
    Code: "code",
    Attribute: "attribute",
    Currency: "ISO 4217 code",
    Count: "count",
    Percent: "0–100",
    Probability: "probability",
    Money: "money",
    Rate: "rate",
}
_WORDS: Final[Mapping[Any, str]] = {
    hint: name
    for module in (words, repayments, risk, contacts, feedback, agreements)
    for name, hint in vars(module).items()
    if get_origin(hint) is Literal
}


def page() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_INTRODUCTION, *_topics(), *_shapes(), *_words()]) + "\n"


def _topics() -> Iterator[str]:
    for house, topic in SOURCES.items():
        yield f"## `{topic}`, said by {house}\n"
        yield from _table("event", TOPICS[topic].values())
        yield ""


def _table(what: str, classes: Any) -> Iterator[str]:
    yield f"| {what} | says | fields |"
    yield "|---|---|---|"
    for cls in classes:
        yield f"| `{cls.__name__}` | {_first_paragraph(cls)} | {_fields_of(cls)} |"


def _shapes() -> Iterator[str]:
    yield "## Shapes inside events\n"
    yield from _table("shape", sorted(_nested(), key=lambda cls: cls.__name__))
    yield ""


def _nested() -> set[type]:
    found: set[type] = set()
    waiting: list[type] = list(EVENT_TYPES.values())
    while waiting:
        new = set(_dataclasses_in(waiting.pop())) - found
        found |= new
        waiting.extend(new)
    return found


def _dataclasses_in(cls: Any) -> Iterator[type]:
    for hint in get_type_hints(cls).values():
        yield from (part for part in (hint, *get_args(hint)) if isinstance(part, type) and is_dataclass(part))


def _words() -> Iterator[str]:
    yield "## Closed lists of words\n"
    yield "| list | words |"
    yield "|---|---|"
    for hint, name in sorted(_WORDS.items(), key=lambda pair: pair[1]):
        yield f"| {name} | {', '.join(f'`{word}`' for word in get_args(hint))} |"


def _first_paragraph(cls: type) -> str:
    return " ".join((cls.__doc__ or "").split("\n\n")[0].split()).replace("|", "\\|")


def _fields_of(cls: Any) -> str:
    hints = get_type_hints(cls, include_extras=True)
    return "<br>".join(_field(field, hints[field.name]) for field in fields(cls))


def _field(field: Field[Any], hint: Any) -> str:
    required = field.default is MISSING and field.default_factory is MISSING
    return f"`{field.name}{'' if required else '?'}` {_kind(hint)}{_default(field)}"


def _default(field: Field[Any]) -> str:
    silent = field.default in (MISSING, None, False, ())
    return "" if silent else f" ({field.default})"


def _kind(hint: Any) -> str:
    """What stands in a field, in the words of the page."""
    if hint in _PLAIN or hint in _WORDS:
        return _PLAIN.get(hint) or _WORDS[hint]
    origin, parts = get_origin(hint), [part for part in get_args(hint) if part not in (NoneType, Ellipsis)]
    if origin is Literal:
        return " / ".join(parts)
    if origin in (Union, UnionType, Annotated):
        return _kind(parts[0])
    if origin is tuple:
        return f"list of {_kind(parts[0])}"
    if origin is dict:
        return f"{_kind(parts[0])} → {_kind(parts[1])}"
    name: str = hint.__name__
    return {"str": "text", "bool": "yes / no", "datetime": "instant"}.get(name, name)
