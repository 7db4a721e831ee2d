"""Every door of every house, and the scope that opens it, read off the applications themselves."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from deploy.local.secrets import ensure_master_key
from services.contact.app import build as build_contact
from services.contact.settings import Settings as ContactSettings
from services.feedback.app import build as build_feedback
from services.feedback.settings import Settings as FeedbackSettings
from services.ingest.app import build as build_ingest
from services.ingest.settings import Settings as IngestSettings
from services.scoring.app import build as build_scoring
from services.scoring.settings import Settings as ScoringSettings

_NOWHERE: Final = "http://127.0.0.1:9"
_HOUSES: Final = ("ingest", "scoring", "contact", "feedback")
_INTRODUCTION: Final = """\
# Scopes

Generated from the houses' applications by `python -m deploy.catalogue`; edit the doors, not this page.

Every door needs a bearer token (JWT) whose `scope` names the one given here; a door with two needs both. The probes
`/livez` and `/readyz` need none, because who probes has no token; nor does a webhook, which is signed instead. `/docs`
and `/openapi.json` need `docs:read` unless `FORBEAR_DOCS=open`, as on one machine.
"""


@dataclass(frozen=True, slots=True)
class Door:
    """One method of one path, the scopes it needs, and what it does."""

    method: str
    path: str
    scopes: tuple[str, ...]
    does: str


def page() -> str:
    """The whole page, in Markdown."""
    lines = [_INTRODUCTION]
    with TemporaryDirectory() as folder:
        doors = {house: list(doors_of(app)) for house, app in applications(Path(folder)).items()}
    shared = set.intersection(*(set(found) for found in doors.values()))
    lines += ["## Every house\n", *_table(door for door in doors["ingest"] if door in shared)]
    for house, found in doors.items():
        lines += [f"## {house.capitalize()}\n", *_table(door for door in found if door not in shared)]
    return "\n".join(lines).rstrip("\n") + "\n"


def applications(folder: Path) -> Mapping[str, FastAPI]:
    """The four houses, put together as in production and never started; *folder* holds what must be a file."""
    ensure_master_key(folder / "master.key")
    common: dict[str, Any] = {
        "database_url": "postgresql+asyncpg://unused",
        "jwks_file": folder / "jwks.json",
        "jurisdiction": "CN",
        "peers": dict.fromkeys(_HOUSES, _NOWHERE),
    }
    vault = {**common, "master_key_file": folder / "master.key"}
    made: dict[str, Callable[[], FastAPI]] = {
        "ingest": lambda: build_ingest(IngestSettings(**common)),
        "scoring": lambda: build_scoring(ScoringSettings(**common)),
        "contact": lambda: build_contact(ContactSettings(**vault)),
        "feedback": lambda: build_feedback(FeedbackSettings(**vault)),
    }
    return {house: build() for house, build in made.items()}


def doors_of(app: FastAPI) -> Iterator[Door]:
    """Every door of *app*, in the order of paths and methods. Raises: AssertionError for one that cannot be judged."""
    found = []
    for route in iter_route_contexts(app.routes):
        assert isinstance(route.original_route, APIRoute), "only doors that can name their scope are opened"
        does = (route.endpoint.__doc__ or "").strip().partition("\n")[0]
        scopes = tuple(sorted(set(_scopes_in(route.dependant))))
        found += [Door(method, route.path or "", scopes, does) for method in route.methods or ()]
    yield from sorted(found, key=lambda door: (door.path, door.method))


def _scopes_in(dependant: Dependant) -> Iterator[str]:
    for inner in dependant.dependencies:
        scope = getattr(inner.call, "scope", None)
        if isinstance(scope, str):
            yield scope
        yield from _scopes_in(inner)


def _table(doors: Iterator[Door]) -> Iterator[str]:
    yield "| door | scope | does |"
    yield "|---|---|---|"
    for door in doors:
        scopes = ", ".join(f"`{scope}`" for scope in door.scopes) or "none"
        yield f"| `{door.method} {door.path}` | {scopes} | {door.does.replace('|', chr(92) + '|')} |"
    yield ""
