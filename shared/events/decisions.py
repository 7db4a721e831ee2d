"""The gate's answer as it travels: which rule decided, which objected, and what they looked at."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from shared.events.base import Checked, Code, Count, Identifier

Verdict: TypeAlias = Literal["allow", "deny", "defer", "review"]
EvidenceBasis: TypeAlias = Literal[
    "arrangement", "balance", "calendar", "consent", "contact", "count", "debt", "hold", "hours", "preference",
    "recipient", "template", "zone",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Objection(Checked):
    """One rule that did not let the contact pass, and from when it would."""

    rule: Identifier
    verdict: Literal["deny", "defer", "review"]
    earliest_permitted: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence(Checked):
    """One thing a rule looked at: which contact, which hours (`at` inclusive to `until` exclusive), how many."""

    basis: EvidenceBasis
    rule: Identifier | None = None
    reference: Identifier | None = None
    at: datetime | None = None
    until: datetime | None = None
    count: Count | None = None


@dataclass(frozen=True, slots=True)
class GateDecision(Checked):
    """The gate's whole answer about one proposed contact; `rule` decided, `objections` are all that objected."""

    decision: Verdict
    pack: Identifier
    pack_version: Identifier
    rule: Identifier | None = None
    earliest_permitted: datetime | None = None
    objections: tuple[Objection, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    flags: tuple[Code, ...] = ()
