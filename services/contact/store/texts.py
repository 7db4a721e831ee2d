"""Templates: texts in files, each with its version and what it says, rendered in a sandbox for one message.

A file `<template>.<language>.txt` begins with YAML between two lines `---`, and goes on with the text.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2 import Template as Compiled
from jinja2.sandbox import ImmutableSandboxedEnvironment

from services.contact.domain.context import TemplateInfo
from services.contact.domain.gate.words import FLAGS

TEXT_CHARACTERS_MAX: Final = 8_000
SUBJECT_CHARACTERS_MAX: Final = 200
FENCE: Final = "---\n"
FIELDS: Final = frozenset({"version", "approved", "subject", "channels", "says", "purpose", "about"})


class BadTemplate(RuntimeError):
    """A template file that cannot be used: the house does not start."""


@dataclass(frozen=True, slots=True)
class Text:
    """One template in one language; `says` are the content flags that its author vouches for."""

    name: str
    language: str
    version: str
    text_hash: str
    approved: bool
    channels: frozenset[str]
    says: frozenset[str]
    subject: Compiled
    body: Compiled

    def render(self, figures: Mapping[str, Any]) -> tuple[str, str] | None:
        """Subject and body for one message; None when a figure is missing or the text would be too long."""
        try:
            subject = " ".join(self.subject.render(figures).split())
            body = self.body.render(figures).strip()
        except (TemplateError, TypeError, ValueError, ArithmeticError):
            return None
        fits = 0 < len(body) <= TEXT_CHARACTERS_MAX and len(subject) <= SUBJECT_CHARACTERS_MAX
        return (subject, body) if fits else None


class Texts:
    """Every template there is, by name and language."""

    def __init__(self, texts: Iterable[Text]) -> None:
        self.by_name: Final = {(text.name, text.language): text for text in texts}

    def find(self, name: str, language: str | None) -> Text | None:
        """The text in exactly this language: nobody is written to in a language they did not choose."""
        return self.by_name.get((name, language or ""))

    def infos(self) -> Mapping[tuple[str, str], TemplateInfo]:
        """What decisions may rest on."""
        return {
            key: TemplateInfo(text.version, text.text_hash, text.approved, text.says)
            for key, text in self.by_name.items()
        }


def load_texts(folder: Path) -> Texts:
    """All texts in *folder*. Raises: BadTemplate."""
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    return Texts(_read(environment, file) for file in sorted(folder.glob("*.txt")))


def _read(environment: ImmutableSandboxedEnvironment, file: Path) -> Text:
    name, _, language = file.name.removesuffix(".txt").partition(".")
    source = file.read_text(encoding="utf-8")
    head, fence, body = source.removeprefix(FENCE).partition(f"\n{FENCE}")
    try:
        stated = yaml.safe_load(head) if fence and source.startswith(FENCE) else None
        if not language or not isinstance(stated, dict) or not FIELDS >= stated.keys() >= {"version"}:
            raise BadTemplate(f"{file.name}: not <template>.<language>.txt with its version between two lines of ---")
        says = frozenset(stated.get("says", ()))
        if not says <= FLAGS:
            raise BadTemplate(f"{file.name}: says something that no rule has a word for")
        return Text(
            name, language, str(stated["version"]), sha256(source.encode()).hexdigest(),
            stated.get("approved") is True, frozenset(stated.get("channels", ())), says,
            environment.from_string(str(stated.get("subject", ""))), environment.from_string(body),
        )  # fmt: skip
    except (yaml.YAMLError, TemplateError, TypeError) as error:
        raise BadTemplate(f"{file.name}: {type(error).__name__}") from error
