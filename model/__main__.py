"""`make model`: check every scene, take every guard away in turn, tell how it came out; `--write` renews the page."""

import sys
from collections.abc import Iterable
from typing import Final

from model.checking import Checked, check_removal, check_scene
from model.guards import LIMITS, REMOVALS, SECOND_LINES
from model.page import renew
from model.scenes import SCENES
from model.spin import CannotCheck, missing_tools

EXIT_SURPRISED: Final = 1
EXIT_CANNOT: Final = 3


def check_all() -> Iterable[Checked]:
    """Everything, one after another. Raises: CannotCheck."""
    yield from (check_scene(scene) for scene in SCENES.values())
    yield from (check_removal(removal) for removal in (*REMOVALS, *SECOND_LINES, *LIMITS))


def told(one: Checked) -> str:
    """One line about one check, and the way to what was not expected."""
    what = f"{one.scene.name}, {one.removal.name}" if one.removal else one.scene.name
    outcome = f"breaks {one.verdict.broken}" if one.verdict.broken else "holds"
    line = f"{what:58} {outcome:27} {one.verdict.states:>11,} states {one.verdict.seconds:6.1f} s"
    if one.is_as_expected:
        return line
    return "\n    ".join((f"{line}   NOT AS EXPECTED", *one.verdict.trace))


def check_and_tell() -> list[Checked]:
    """Everything, told as it comes. Raises: CannotCheck."""
    checked = []
    for one in check_all():
        print(told(one), flush=True)
        checked.append(one)
    return checked


def main() -> int:
    """Check, tell, and answer with the exit code."""
    missing = missing_tools()
    if missing:
        print(f"The model is not checked: {', '.join(missing)} is missing (Debian: spin, gcc).", file=sys.stderr)
        return EXIT_CANNOT
    try:
        checked = check_and_tell()
    except CannotCheck as error:
        print(f"The model is not checked to its end: {error}", file=sys.stderr)
        return EXIT_CANNOT
    if not all(one.is_as_expected for one in checked):
        return EXIT_SURPRISED
    if "--write" in sys.argv:
        renew(checked)
    return 0


if __name__ == "__main__":
    sys.exit(main())
