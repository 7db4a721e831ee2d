"""`python -m deploy.catalogue` writes the pages and what new events need; with `--check` it says what is stale."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.catalogue.doors import page as scopes_page
from deploy.catalogue.examples import example_of
from deploy.catalogue.page import page
from deploy.catalogue.schemas import breaks, schema_of
from shared.codec import encode
from shared.events import TOPICS

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = Path("docs/events.md")
SCOPES_PAGE: Final = Path("docs/scopes.md")
GOLDEN: Final = Path("tests/contracts/golden")


def main(arguments: list[str]) -> int:
    """Write what is stale under the root of the repository, or with `--check` name it and answer 1.

    A golden example, once written, is never rewritten; a schema is only where the change breaks nobody.
    """
    if broken := list(find_breaks(ROOT)):
        print("These changes break those who hear the event; give it a new name instead:", *broken, sep="\n  ")
        return 1
    stale = dict(find_stale(ROOT))
    if "--check" in arguments:
        print(*(f"stale or missing: {path}" for path in stale), sep="\n", end="\n" if stale else "")
        return 1 if stale else 0
    for path, content in stale.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(content, encoding="utf-8")
        print(f"wrote {path}")
    return 0


def find_breaks(root: Path) -> Iterator[str]:
    """What of the published shapes is no longer kept, a removed event included."""
    known = {
        path for topic, types in TOPICS.items() for path in (GOLDEN / topic / f"{name}.schema.json" for name in types)
    }
    for path in sorted((root / GOLDEN).glob("*/*.schema.json")):
        if path.relative_to(root) not in known:
            yield f"{path.name.removesuffix('.schema.json')} is gone from {path.parent.name}"
    for path, cls in _schema_paths():
        if (root / path).exists():
            old = json.loads((root / path).read_text(encoding="utf-8"))
            yield from (f"{cls.__name__}{change}" for change in sorted(breaks(old, schema_of(cls))))


def find_stale(root: Path) -> Iterator[tuple[Path, str]]:
    """Every generated file that is missing or not as it would be written now, with what would be written."""
    for path, content in _generated(root):
        file = root / path
        if not file.exists() or file.read_text(encoding="utf-8") != content:
            yield path, content


def _generated(root: Path) -> Iterator[tuple[Path, str]]:
    yield PAGE, page()
    yield SCOPES_PAGE, scopes_page()
    for path, cls in _schema_paths():
        yield path, json.dumps(schema_of(cls), indent=1, sort_keys=True) + "\n"
        example = path.with_name(f"{cls.__name__}.json")
        if not (root / example).exists():
            yield example, encode(example_of(cls)).decode() + "\n"


def _schema_paths() -> Iterator[tuple[Path, type]]:
    for topic, types in TOPICS.items():
        yield from ((GOLDEN / topic / f"{name}.schema.json", cls) for name, cls in types.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
