"""The house keeps itself in order: sizes, rooms, names, cards, and a domain that touches nothing."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from shared.events import SOURCES, TOPICS

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(
    path for folder in ("shared", "services", "deploy", "bench", "model") for path in (ROOT / folder).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
HOUSES = [path.name for path in sorted((ROOT / "services").iterdir()) if (path / "app.py").exists()]

FUNCTION_LINES_MAX = 40
FILE_LINES_MAX = 300
ROOMS = {
    "__init__",
    "app",
    "settings",
    "api",
    "consumers",
    "timers",
    "schemas",
    "store",
    "tables",
    "domain",
    "migrations",
}
OWN_ROOMS = {
    "contact": {"sender", "gateways", "packs", "strategies", "templates"},
    "scoring": {"training"},
    "ingest": set[str](),
    "feedback": set[str](),
}
SHARED = {
    "__init__", "clock", "ids", "money", "refusal", "events", "codec", "database", "announcements", "heads", "fold",
    "pull", "parking", "relay", "consumer", "timers", "problems", "auth", "telemetry", "migrations", "service",
    "verify",
}  # fmt: skip
EMPTY_NAMES = re.compile(r"(^|_)(utils?|helpers?|managers?|common|core|misc)(_|$)")
# What the pure core may import, and nothing else.
DOMAIN_ALLOWED = {
    "abc", "bisect", "calendar", "collections", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools",
    "hashlib", "itertools", "json", "math", "operator", "re", "struct", "types", "typing", "uuid", "zoneinfo",
    "shared.events", "shared.money", "shared.refusal",
}  # fmt: skip
DOMAIN_CALLS_BANNED = {"open", "print", "input", "eval", "exec", "compile", "__import__", "globals"}


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_function_is_longer_than_forty_lines():
    long = [
        f"{named(path)}:{node.lineno} {node.name} {node.end_lineno - node.lineno + 1}"
        for path in CODE
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not _only_defines(node)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert long == []


def _only_defines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A factory of routes: what it holds is other functions, each measured by itself."""
    inner = sum(isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) for one in node.body)
    own = [one for one in node.body if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    lines = sum((one.end_lineno or 0) - one.lineno + 1 for one in own)
    return inner > 0 and lines <= FUNCTION_LINES_MAX


def test_no_file_is_longer_than_three_hundred_lines():
    long = [f"{named(path)} {lines}" for path in CODE + TESTS if (lines := len(path.read_text().splitlines())) > 300]
    assert long == []


def test_every_module_says_what_it_is():
    silent = [named(path) for path in CODE if not ast.get_docstring(tree_of(path))]
    assert silent == []


def test_no_name_that_says_nothing():
    assert [named(path) for path in CODE if EMPTY_NAMES.search(path.stem)] == []


@pytest.mark.parametrize("house", HOUSES)
def test_a_house_has_only_rooms_that_are_on_the_list(house):
    found = {path.stem for path in (ROOT / "services" / house).iterdir() if path.name != "__pycache__"}
    assert found <= ROOMS | OWN_ROOMS[house]
    assert found >= ROOMS


def test_shared_is_a_closed_list():
    assert {path.stem for path in (ROOT / "shared").iterdir() if path.name != "__pycache__"} == SHARED


@pytest.mark.parametrize("house", HOUSES)
def test_the_card_says_what_the_code_does(house):
    card = dict(re.findall(r"^(owns|hears|says): (.+)$", import_module(f"services.{house}").__doc__, re.MULTILINE))
    handlers = import_module(f"services.{house}.consumers").HANDLERS
    heard = {topic for topic, types in TOPICS.items() for cls in handlers if cls in types.values()}
    assert card["owns"]
    assert card["says"] == SOURCES[house]
    assert set(re.findall(r"collections\.\w+\.v1", card["hears"])) == heard


def _imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(node.module or "")
    return found


DOMAIN = [path for path in CODE if "domain" in path.parts]


@pytest.mark.parametrize("path", DOMAIN, ids=named)
def test_the_domain_imports_only_what_is_allowed(path):
    house = path.relative_to(ROOT).parts[1]
    foreign = [
        name
        for name in _imports(path)
        if not name.startswith(f"services.{house}.domain")
        and not any(name == allowed or name.startswith(f"{allowed}.") for allowed in DOMAIN_ALLOWED)
    ]
    assert foreign == []


@pytest.mark.parametrize("path", DOMAIN, ids=named)
def test_the_domain_calls_nothing_that_reaches_outside(path):
    calls = [
        node.func.id
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in DOMAIN_CALLS_BANNED
    ]
    assert calls == []


def test_the_readme_targets_exist():
    makefile = (ROOT / "Makefile").read_text()
    readme = (ROOT / "README.md").read_text()
    named_targets = set(re.findall(r"`make ([a-z]+)", readme))
    assert named_targets
    assert {target for target in named_targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()


def test_no_download_address_and_no_path_of_one_machine_is_recorded():
    machine = re.compile(
        r"(?<![\w.])/(work|farm|root)/|https?://(pypi|files\.pythonhosted|repo1?\.maven|registry\.npmjs)"
    )
    tracked = [*ROOT.glob("*.lock"), ROOT / "Makefile", *CODE, *TESTS]
    assert [named(path) for path in tracked if machine.search(path.read_text()) and path != Path(__file__)] == []
