"""A pack of rules, as data: read, checked, and put together for the jurisdictions that bind one contact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any, Final

from services.contact.domain.gate.blocks import DoNotContact
from services.contact.domain.gate.calendars import Calendar
from services.contact.domain.gate.caps import CooldownAfter, FrequencyCap
from services.contact.domain.gate.channels import ChannelGate
from services.contact.domain.gate.content import ContentRule, VisitRule
from services.contact.domain.gate.deadlines import Deadline, Retention
from services.contact.domain.gate.governance import GovernanceGate
from services.contact.domain.gate.holds import Hold
from services.contact.domain.gate.patterns import PatternFlag
from services.contact.domain.gate.reading import OneOf, UnreadableError, read_object, refuse
from services.contact.domain.gate.recipients import RecipientRule
from services.contact.domain.gate.rule import Rule
from services.contact.domain.gate.windows import ContactWindow, DebtorSlot
from services.contact.domain.gate.zones import ZoneName
from shared.refusal import Refusal

KINDS: Final[Mapping[str, type[Rule]]] = {
    "contact_window": ContactWindow,
    "debtor_slot": DebtorSlot,
    "frequency_cap": FrequencyCap,
    "cooldown_after": CooldownAfter,
    "pattern_flag": PatternFlag,
    "channel_gate": ChannelGate,
    "do_not_contact": DoNotContact,
    "recipient_rule": RecipientRule,
    "hold": Hold,
    "content_rule": ContentRule,
    "visit_rule": VisitRule,
    "deadline": Deadline,
    "retention": Retention,
    "governance_gate": GovernanceGate,
}
PackName = Annotated[str, OneOf(frozenset(), (r"[A-Z][A-Z0-9-]{1,31}",))]


class AnyRule:
    """A rule of whatever kind it names."""

    def read(self, data: Any, pointer: str) -> Rule:
        kind = data.get("kind") if isinstance(data, Mapping) else None
        if not isinstance(kind, str) or kind not in KINDS:
            refuse("unknown-word", "not a rule of a known kind", f"{pointer}/kind")
        rule: Rule = read_object(KINDS[kind], data, pointer)
        if rule.effective_to is not None and rule.effective_to < rule.effective_from:
            refuse("bad-date", "a rule that ends before it begins", f"{pointer}/effective_to")
        return rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The rules of one jurisdiction, or the house's own (`always`), in the order in which equals decide.

    `zone`: the one legal time of the jurisdiction; without it the borrower's own. `zones`: every zone there, for a
    borrower whose zone nobody knows. `on_top_of`: packs that bind wherever this one does.
    """

    name: PackName
    title: str
    version: str
    always: bool = False
    on_top_of: tuple[PackName, ...] = ()
    zone: ZoneName | None = None
    zones: tuple[ZoneName, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    rules: tuple[Annotated[Rule, AnyRule()], ...] = field(default=())
    narrowed: bool = field(default=False, metadata={"inward": True})


def parse_pack(data: object) -> Pack | Refusal:
    """The pack that was written down, or a refusal that points at the first thing not understood."""
    try:
        return check_pack(read_object(Pack, data, ""))
    except UnreadableError as unread:
        return unread.refusal


def check_pack(pack: Pack) -> Pack:
    """The same pack, if its parts fit together.

    Raises: UnreadableError.
    """
    if not pack.always and not pack.zones:
        refuse("missing-field", "a pack names every zone of its jurisdiction", "/zones")
    seen: set[str] = set()
    held = {calendar.name for calendar in pack.calendars}
    for index, rule in enumerate(pack.rules):
        if rule.key in seen:
            refuse("repeated-rule", "two rules of one id and part", f"/rules/{index}/id")
        if isinstance(rule, ContactWindow) and rule.holidays is not None and rule.holidays not in held:
            refuse("unknown-calendar", "a calendar that the pack does not hold", f"/rules/{index}/holidays")
        seen.add(rule.key)
    return pack


class MissingPackError(LookupError):
    """There is no pack for a jurisdiction: every contact there is blocked."""


class Packs:
    """Every pack there is, put together once for each set of jurisdictions."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        self.by_name: Final[Mapping[str, Pack]] = {pack.name: pack for pack in packs}

    def binding(self, jurisdictions: Iterable[str]) -> tuple[Pack, ...]:
        """The packs that bind there, the ones they stand on first, and the house's own last.

        Raises: MissingPackError.
        """
        found: dict[str, Pack] = {}
        for name in jurisdictions:
            self._add(name, found)
        always = {pack.name: pack for pack in self.by_name.values() if pack.always}
        return tuple((found | always).values())

    @cached_property
    def about_content(self) -> "Packs":
        """The same packs with their content rules alone: what a text may and must say, whenever it is said."""
        return Packs(replace(pack, rules=_content_rules(pack)) for pack in self.by_name.values())

    def _add(self, name: str, found: dict[str, Pack]) -> None:
        if name not in self.by_name:
            raise MissingPackError(name)
        for below in self.by_name[name].on_top_of:
            if below not in found:
                self._add(below, found)
        found.setdefault(name, self.by_name[name])


def _content_rules(pack: Pack) -> tuple[Rule, ...]:
    return tuple(rule for rule in pack.rules if isinstance(rule, ContentRule))
