"""The rules as they are written, kept for ever, and read again when a decision is taken again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.contact.domain.context import TemplateInfo
from services.contact.domain.gate.pack import Pack, Packs, parse_pack
from services.contact.domain.strategy import Strategy, parse_strategy
from services.contact.store.rules import RuleBook, document_in
from shared.codec import decode, encode
from shared.verify import Rulebook


@dataclass(frozen=True, slots=True)
class Template:
    """What decisions may rest on of one text in one language."""

    name: str
    language: str
    info: TemplateInfo


@dataclass(frozen=True, slots=True)
class Written:
    """Everything that decides, as documents."""

    packs: Sequence[Mapping[str, Any]]
    strategy: Mapping[str, Any]
    templates: Sequence[Template]


@dataclass(frozen=True, slots=True)
class Rules:
    """The same, ready to decide."""

    packs: Packs
    strategy: Strategy
    templates: Mapping[tuple[str, str], TemplateInfo]


def rulebook_of(book: RuleBook, strategy: Path, infos: Mapping[tuple[str, str], TemplateInfo]) -> Rulebook:
    """The rules in force, to be kept; *strategy* is its file. Raises: BadRules."""
    templates = [Template(name, language, info) for (name, language), info in sorted(infos.items())]
    return Rulebook.by_digest(encode(Written([*book.documents.values()], document_in(strategy), templates)))


def rules_in(body: bytes) -> Rules | None:
    """The rules in a kept rulebook; None when they are no longer understood."""
    kept = decode(Written, body)
    packs = [parse_pack(document) for document in kept.packs]
    understood = [pack for pack in packs if isinstance(pack, Pack)]
    strategy = parse_strategy(kept.strategy)
    if len(understood) < len(packs) or not isinstance(strategy, Strategy):
        return None
    return Rules(Packs(understood), strategy, {(one.name, one.language): one.info for one in kept.templates})
