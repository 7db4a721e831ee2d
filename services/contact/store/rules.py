"""Packs and strategies, read from their files and checked: what cannot be understood stops the start, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from services.contact.domain.gate.pack import Packs, parse_pack
from services.contact.domain.strategy import Strategy, parse_strategy
from shared.refusal import Refusal

T = TypeVar("T")

FILE_BYTES_MAX: Final = 1024 * 1024


class BadRules(RuntimeError):
    """A file of rules that cannot be used: the house does not start."""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The packs as rules, and as they are written."""

    packs: Packs
    documents: Mapping[str, Mapping[str, Any]]


def load_packs(folder: Path) -> RuleBook:
    """Every pack in *folder*. Raises: BadRules."""
    documents = {file.name: _document(file) for file in sorted(folder.glob("*.yaml"))}
    if not documents:
        raise BadRules(f"no packs in the folder {folder.name}: nobody could be contacted")
    packs = [_parsed(name, parse_pack, document) for name, document in documents.items()]
    names = [pack.name for pack in packs]
    for pack in packs:
        if names.count(pack.name) > 1 or not set(pack.on_top_of) <= set(names):
            raise BadRules(f"pack {pack.name}: named twice, or on top of one that is not there")
    written = {pack.name: _plain(document) for pack, document in zip(packs, documents.values(), strict=True)}
    return RuleBook(Packs(packs), written)


def load_strategy(file: Path) -> Strategy:
    """The strategy in *file*. Raises: BadRules."""
    return _parsed(file.name, parse_strategy, _document(file))


def document_in(file: Path) -> Mapping[str, Any]:
    """What is written in *file*, as JSON types. Raises: BadRules."""
    found: Mapping[str, Any] = _plain(_document(file))
    return found


def _document(file: Path) -> Any:
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise BadRules(f"{file.name}: more than {FILE_BYTES_MAX} bytes")
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadRules(f"{file.name}: {type(error).__name__}") from error


def _parsed(name: str, parse: Callable[[object], T | Refusal], document: object) -> T:
    found = parse(document)
    if isinstance(found, Refusal):
        raise BadRules(f"{name}: {found.detail} at {', '.join(found.pointers) or '/'} ({found.code})")
    return found


def _plain(value: Any) -> Any:
    """*value* as JSON types."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
