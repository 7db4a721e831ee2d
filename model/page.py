"""The part of the model's page that is measured: tables of what was checked, and the shortest ways to what broke."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from model.checking import Checked
from model.guards import LIMITS, REMOVALS, SECOND_LINES, Removal

PAGE: Final = Path(__file__).parents[1] / "docs" / "model.md"
MARK: Final = "<!-- measured: written by python -m model --write -->\n"


def renew(checked: Sequence[Checked]) -> None:
    """Write what was measured behind the mark of the page."""
    written, _, _ = PAGE.read_text().partition(MARK)
    PAGE.write_text(written + MARK + measured(checked))


def measured(checked: Sequence[Checked]) -> str:
    """Everything behind the mark."""
    intact = [one for one in checked if one.removal is None]
    parts = [_scenes(intact)]
    for title, group in SECTIONS:
        found = [one for one in checked if one.removal in group]
        if found:
            parts.append(f"## {title}\n\n{_removals(found)}")
    parts.append("## The shortest ways\n\n" + "\n".join(_ways(one for one in checked if _has_way(one))))
    return "\n" + "\n".join(parts)


SECTIONS: Final[tuple[tuple[str, tuple[Removal, ...]], ...]] = (
    ("What goes wrong without each guard", REMOVALS),
    ("Second lines: taken away alone, nothing breaks", SECOND_LINES),
    ("What is not promised", LIMITS),
)


def _scenes(checked: Iterable[Checked]) -> str:
    lines = ["## The scenes, intact", "", "| scene | who | bounds | states | s | MiB |", "|---|---|---|--:|--:|--:|"]
    for one in checked:
        scene, found = one.scene, one.verdict
        bounds = ", ".join([f"{name} {value}" for name, value in scene.bounds.items()] + list(scene.without))
        found_here = f"{found.states:,} | {found.seconds:.1f} | {found.megabytes:.0f}"
        lines.append(f"| {scene.name} | {scene.says} | {bounds} | {found_here} |")
    return "\n".join(lines) + "\n"


def _removals(checked: Iterable[Checked]) -> str:
    lines = ["| guard | in scene | breaks | why | in the code | states | s |", "|---|---|---|---|---|--:|--:|"]
    for one in checked:
        removal, found = one.removal, one.verdict
        assert removal is not None, "a scene is no removal"
        where = "<br>".join(f"`{place}`" for place in removal.where)
        broken = (found.broken or "nothing").replace("_", " ")
        cells = (f"`{removal.name}`", removal.scene, broken, removal.reason, where)
        lines.append(f"| {' | '.join(cells)} | {found.states:,} | {found.seconds:.1f} |")
    return "\n".join(lines) + "\n"


def _has_way(one: Checked) -> bool:
    """A run without end is no short way, and is not shown."""
    return bool(one.verdict.trace) and not one.scene.fairly


def _ways(checked: Iterable[Checked]) -> Iterable[str]:
    for one in checked:
        assert one.removal is not None, "an intact scene has no way to go wrong"
        steps = "\n".join(one.verdict.trace)
        broken = (one.verdict.broken or "").replace("_", " ")
        yield f"### `{one.removal.name}`: {broken}\n\n```\n{steps}\n```\n"
