"""The decision record: what was decided, by which rule, on what evidence, under which versions of the rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from services.contact.domain.gate.facts import Zones
from services.contact.domain.gate.rule import Objection, Rule


class TraceLine(NamedTuple):
    """What one rule found: its verdict, the exception that lifted it, and how many would count with this contact."""

    pack: str
    rule: str
    kind: str
    verdict: str
    by: str = ""
    counted: int | None = None


Answer: TypeAlias = Literal["allow", "deny", "defer", "review", "compute"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision record. `earliest_permitted` (UTC) is set for `defer` alone, `computed` for `compute` alone."""

    decision: Answer
    earliest_permitted: datetime | None = None
    rule: str | None = None
    objections: tuple[Objection, ...] = ()
    flags: tuple[str, ...] = ()
    computed: date | None = None
    evidence: tuple[str, ...] = ()
    trace: tuple[TraceLine, ...] = ()
    packs: Mapping[str, str] = field(default_factory=dict)


class Bound(NamedTuple):
    """A rule that speaks of this contact, and the zones on whose clocks it is judged."""

    pack: str
    rule: Rule
    zones: Zones
