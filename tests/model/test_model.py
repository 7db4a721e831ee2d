"""The model holds where it is intact and breaks where a guard is missing; what it names in the code is there."""

import ast
import re
from pathlib import Path

import pytest

from model.checking import check_removal, check_scene
from model.guards import LIMITS, REMOVALS, SECOND_LINES
from model.page import PAGE
from model.scenes import SCENES
from model.spin import CannotCheck, missing_tools, verify

ROOT = Path(__file__).resolve().parents[2]
EVERY = (*REMOVALS, *SECOND_LINES, *LIMITS)
PLACES = sorted({place for removal in EVERY for place in removal.where})
TOLD_SHORT = ("CURSOR_INSTEAD_OF_OUTBOX", "NO_NUMBER_CHECK", "NO_HEADS_CHECK", "NO_ATTEMPT_BEFORE_CALL")

needs_spin = pytest.mark.skipif(bool(missing_tools()), reason=f"the model needs {', '.join(missing_tools())}")


@needs_spin
@pytest.mark.parametrize("scene", ["queue", "restored source, pulled"])
def test_the_intact_protocol_holds(scene):
    checked = check_scene(SCENES[scene])
    assert checked.verdict.broken is None
    assert checked.verdict.states > 10_000


@needs_spin
@pytest.mark.parametrize("guard", TOLD_SHORT)
def test_without_a_guard_it_breaks_and_the_way_is_told(guard):
    (removal,) = [one for one in REMOVALS if one.name == guard]
    checked = check_removal(removal)
    assert checked.verdict.broken == removal.breaks
    assert checked.verdict.trace


@needs_spin
def test_a_check_that_comes_to_no_end_is_no_verdict(monkeypatch):
    monkeypatch.setattr("model.spin.DEPTH_MAX", 20)
    with pytest.raises(CannotCheck):
        verify("queue.pml", {}, (), fairly=False, shortest=False)


def test_every_guard_that_is_taken_away_stands_in_a_model():
    models = "\n".join(path.read_text() for path in (ROOT / "model").glob("*.pml"))
    known = {name for pair in re.findall(r"#ifn?def (\w+)|defined\((\w+)\)", models) for name in pair}
    named = {guard.partition("=")[0] for removal in EVERY for guard in removal.guards}
    assert named <= known


@pytest.mark.parametrize("place", PLACES)
def test_what_the_page_names_in_the_code_is_there(place):
    file, name = place.split(": ")
    found = ast.parse((ROOT / file).read_text())
    for part in name.split("."):
        (found,) = [node for node in found.body if getattr(node, "name", None) == part]


def test_the_page_tells_of_every_scene_and_every_guard():
    page = PAGE.read_text()
    assert [scene for scene in SCENES if f"| {scene} |" not in page] == []
    assert [one.name for one in EVERY if f"| `{one.name}` | {one.scene} |" not in page] == []
