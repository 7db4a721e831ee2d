"""The published language keeps its promises: what was once published is still read, and written, the same."""

import copy
import inspect
import re
from dataclasses import MISSING, fields
from types import NoneType
from typing import get_args, get_type_hints

import pytest

from deploy.catalogue.__main__ import GOLDEN, ROOT, find_breaks, find_stale
from deploy.catalogue.examples import example_of
from deploy.catalogue.schemas import breaks, schema_of
from shared.codec import decode, decode_strict, encode
from shared.events import EVENT_TYPES, FACT_TYPES, SOURCES, TOPICS, DelinquencyChanged, Event, LoanOpened, type_name

SPECIFICATION = ROOT.parent / "shared" / "spec" / "events.md"
EXAMPLES = sorted((ROOT / GOLDEN).glob("*/*.json"))
EXAMPLES = [path for path in EXAMPLES if not path.name.endswith(".schema.json")]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_what_was_published_is_still_read_and_written_the_same(path):
    raw = path.read_bytes().rstrip()
    cls = TOPICS[path.parent.name][path.stem]
    event = decode(cls, raw)
    assert decode_strict(cls, raw) == event
    assert encode(event) == raw


def test_no_published_shape_is_broken():
    assert list(find_breaks(ROOT)) == []


def test_the_catalogue_is_not_stale():
    assert [str(path) for path, _ in find_stale(ROOT)] == [], "run python -m deploy.catalogue"


def test_every_event_has_one_topic_and_every_topic_one_house():
    assert sorted(SOURCES.values()) == sorted(TOPICS)
    assert sum(len(types) for types in TOPICS.values()) == len(EVENT_TYPES)
    assert all(type_name(cls) == name for name, cls in EVENT_TYPES.items())
    assert set(FACT_TYPES.values()) <= set(TOPICS[SOURCES["ingest"]].values())


@pytest.mark.skipif(
    not SPECIFICATION.exists(), reason="the specification is not beside this clone: ../shared/spec/events.md"
)
def test_the_topics_say_exactly_what_the_specification_lists():
    rows = re.findall(
        r"^\| `(collections\.\w+\.v1)` \| (.*) \|$", SPECIFICATION.read_text(encoding="utf-8"), re.MULTILINE
    )
    listed = {topic: set(re.findall(r"\b(?:[A-Z][a-z]+){2,}\b", cell)) for topic, cell in rows}
    assert listed == {topic: set(types) for topic, types in TOPICS.items()}


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_an_event_is_frozen_explained_and_none_wherever_it_may_be_none(cls):
    assert issubclass(cls, Event)
    assert cls.__dataclass_params__.frozen
    assert not hasattr(example_of(cls), "__dict__")
    assert inspect.getdoc(cls)
    for field in fields(cls):
        nullable = NoneType in get_args(get_type_hints(cls)[field.name])
        assert not nullable or field.default is None, field.name
        assert field.default is not MISSING or field.default_factory in (MISSING, dict)


FREE_TEXT = {
    "name",
    "first_name",
    "address",
    "phone",
    "email",
    "text",
    "note",
    "notes",
    "comment",
    "message",
    "cause",
    "body",
}


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_no_event_has_room_for_an_identity_or_free_text(cls):
    assert not FREE_TEXT & {field.name for field in fields(cls)}
    assert str not in get_type_hints(cls, include_extras=True).values(), "an identifier, a code or a closed word"


def changed(**properties):
    """The schema of a small event after a change: None removes a property."""
    schema = copy.deepcopy(schema_of(DelinquencyChanged))
    for name, shape in properties.items():
        schema["properties"].pop(name, None)
        if shape is not None:
            schema["properties"][name] = shape
    return schema


def required(*names):
    return {**schema_of(DelinquencyChanged), "required": list(names)}


def with_instalment(**properties):
    schema = copy.deepcopy(schema_of(LoanOpened))
    schema["properties"]["instalments"]["items"]["properties"].update(properties)
    return schema


OPTIONAL = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
CHANGES = {
    "nothing": (DelinquencyChanged, changed(), []),
    "an optional field added": (DelinquencyChanged, changed(extra=OPTIONAL), []),
    "an optional field added inside a shape": (LoanOpened, with_instalment(extra=OPTIONAL), []),
    "a field removed": (DelinquencyChanged, changed(stage=None), [".stage was removed or renamed"]),
    "a field renamed": (DelinquencyChanged, changed(stage=None, phase=OPTIONAL), [".stage was removed or renamed"]),
    "a field retyped": (
        DelinquencyChanged,
        changed(paused={"type": "integer", "default": False}),
        [".paused was retyped"],
    ),
    "a field retyped inside a shape": (
        LoanOpened,
        with_instalment(due_on={"type": "string"}),
        [".instalments[].due_on was retyped"],
    ),
    "another default": (
        DelinquencyChanged,
        changed(paused={"type": "boolean", "default": True}),
        [".paused has another default"],
    ),
    "a required field added": (
        DelinquencyChanged,
        changed(extra={"type": "string"}),
        [".extra was added, and is not None by default"],
    ),
    "a field added with a default that is written": (
        DelinquencyChanged,
        changed(extra={"type": "boolean", "default": False}),
        [".extra was added, and is not None by default"],
    ),
    "an optional field made required": (
        DelinquencyChanged,
        required("loan_id", "as_of", "delinquent_amount", "currency", "stage"),
        [".stage is no longer as required as it was"],
    ),
    "a required field made optional": (
        DelinquencyChanged,
        required("loan_id", "as_of", "delinquent_amount"),
        [".currency is no longer as required as it was"],
    ),
}


@pytest.mark.parametrize(("cls", "new", "expected"), CHANGES.values(), ids=CHANGES)
def test_only_optional_fields_may_be_added(cls, new, expected):
    assert sorted(breaks(schema_of(cls), new)) == expected


def test_a_word_added_to_a_closed_list_breaks_those_who_know_only_the_old_ones():
    old = {"properties": {"kind": {"enum": ["a"], "type": "string"}}}
    new = {"properties": {"kind": {"enum": ["a", "b"], "type": "string"}}}
    assert list(breaks(old, new)) == [".kind was retyped"]


def test_an_event_that_is_gone_is_missed(tmp_path):
    gone = tmp_path / GOLDEN / "collections.risk.v1" / "FortuneTold.schema.json"
    gone.parent.mkdir(parents=True)
    gone.write_text("{}", encoding="utf-8")
    assert list(find_breaks(tmp_path)) == ["FortuneTold is gone from collections.risk.v1"]


def test_examples_are_always_the_same():
    assert example_of(LoanOpened) == example_of(LoanOpened)
    assert encode(example_of(LoanOpened)) == encode(example_of(LoanOpened))
