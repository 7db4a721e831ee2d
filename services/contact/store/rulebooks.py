"""The rules as they are written, kept for ever under their digest: a decision can be taken again after they changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.domain.context import TemplateInfo
from services.contact.domain.gate.pack import Pack, Packs, parse_pack
from services.contact.domain.strategy import Strategy, parse_strategy
from services.contact.store.rules import RuleBook, document_in
from services.contact.tables import rulebooks
from shared.codec import decode, encode

_KEEP = insert(rulebooks).on_conflict_do_nothing()
_FIND = select(rulebooks.c.body).where(rulebooks.c.digest == bindparam("of"))


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

    @property
    def digest(self) -> str:
        """The name of exactly these rules."""
        return sha256(encode(self)).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Rules:
    """The same, ready to decide."""

    packs: Packs
    strategy: Strategy
    templates: Mapping[tuple[str, str], TemplateInfo]


def written(book: RuleBook, strategy: Path, infos: Mapping[tuple[str, str], TemplateInfo]) -> Written:
    """The rules in force; *strategy* is its file. Raises: BadRules."""
    templates = [Template(name, language, info) for (name, language), info in sorted(infos.items())]
    return Written([*book.documents.values()], document_in(strategy), templates)


async def keep_rulebook(connection: AsyncConnection, rules: Written) -> None:
    """Keep *rules* under their digest, unless they are kept."""
    await connection.execute(_KEEP, {"digest": rules.digest, "body": encode(rules)})


async def find_rulebook(connection: AsyncConnection, digest: str) -> Rules | None:
    """The rules of that name; None when they are not kept, or no longer understood."""
    body = (await connection.execute(_FIND, {"of": digest})).scalar_one_or_none()
    if body is None:
        return None
    kept = decode(Written, body)
    packs = [parse_pack(document) for document in kept.packs]
    understood = [pack for pack in packs if isinstance(pack, Pack)]
    strategy = parse_strategy(kept.strategy)
    if len(understood) < len(packs) or not isinstance(strategy, Strategy):
        return None
    return Rules(Packs(understood), strategy, {(one.name, one.language): one.info for one in kept.templates})
