"""What all rules share: where they come from, whom and what they bind, since when, and how they object."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias

from services.contact.domain.gate import words
from services.contact.domain.gate.facts import Facts, Moment
from services.contact.domain.gate.reading import AnyOf
from services.contact.domain.gate.waivers import Waiver

Verdict: TypeAlias = Literal["deny", "defer", "review"]
Force: TypeAlias = Literal["law", "rule", "std", "ind", "guide", "draft", "house"]
Certainty: TypeAlias = Literal["P", "PQ", "OS", "S", "R", "mixed", "own"]
"""`own`: the figure is this pack's, because the source gives none."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why one rule is against it. `until`: the rule objects up to that instant (exclusive); None: no release follows.

    `contacts` are references to the past contacts it counted; `must` is what is missing from the content.
    """

    rule: str
    verdict: Verdict
    reason: str
    until: datetime | None = None
    contacts: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    pack: str = ""


class Pass(NamedTuple):
    """No objection; which exception lifted it, and how many would count once this contact is made."""

    by: str = ""
    counted: int | None = None


Finding: TypeAlias = Objection | Pass
PASS: Final = Pass()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a pack. Several may share an `id` (the provision), told apart by `part`.

    None in a filter binds all. An unknown debt type is bound by every rule that names types.
    """

    id: str
    kind: str = ""
    part: str = ""
    text: str
    source: str
    force: Force
    certainty: Certainty
    note: str = ""
    effective_from: date
    effective_to: date | None = None
    applies_to: Annotated[frozenset[str], AnyOf(words.ACTORS)] | None = None
    channels: words.Channels | None = None
    purposes: words.Purposes | None = None
    purposes_except: words.Purposes = frozenset()
    recipients: words.Roles | None = None
    debt_types: frozenset[words.DebtType] | None = None
    debt_types_except: frozenset[words.DebtType] = frozenset()
    waivers: tuple[Waiver, ...] = ()

    @property
    def key(self) -> str:
        """What names the rule within its pack."""
        return f"{self.id}/{self.part}" if self.part else self.id

    def binds(self, facts: Facts) -> bool:
        """Whether the contact is of the sort that this rule speaks of."""
        return (
            (self.channels is None or facts.channel in self.channels)
            and (self.purposes is None or facts.purpose in self.purposes)
            and (self.recipients is None or facts.role in self.recipients)
            and (self.applies_to is None or facts.actor in self.applies_to)
            and facts.purpose not in self.purposes_except
            and self.binds_debts(facts)
        )

    def binds_debts(self, facts: Facts) -> bool:
        """Whether any debt concerned is of a type that this rule speaks of."""
        named = self.debt_types is None or None in facts.debt_types or not facts.debt_types.isdisjoint(self.debt_types)
        return named and not facts.debt_types <= self.debt_types_except

    def in_force(self, day: date) -> bool:
        """Whether the rule is in force on *day*; both ends inclusive."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    def judge(self, moment: Moment) -> Finding:
        """What this rule finds, after its exceptions."""
        finding = self.weigh(moment)
        if isinstance(finding, Objection) and self.waivers:
            return self._excuse(finding, moment)
        return finding

    def weigh(self, _moment: Moment, /) -> Finding:
        """What this rule finds before its exceptions. Here: nothing (some kinds judge tasks, not contacts)."""
        return PASS

    def object(self, verdict: Verdict, reason: str, **more: Any) -> Objection:
        """An objection of this rule."""
        return Objection(self.id, verdict, reason, **more)

    def defer(self, reason: str, until: datetime | None, **more: Any) -> Objection:
        """An objection that ends; one whose end cannot be found denies."""
        return Objection(self.id, "deny" if until is None else "defer", reason, until, **more)

    def _excuse(self, objection: Objection, moment: Moment) -> Finding:
        for waiver in self.waivers:
            if waiver.is_claimed(moment.facts):
                if waiver.is_earned(moment):
                    if waiver.verdict == "pass":
                        return Pass(waiver.id)
                    return replace(objection, rule=waiver.id, verdict="review", until=None)
                if waiver.owns_failure:
                    objection = replace(objection, rule=waiver.id)
        return objection
