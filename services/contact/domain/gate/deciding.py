"""The gate: one door that nothing can bypass. Limits are data; each rule names its own source.

The strictest verdict wins: deny, then defer, then review, then allow. Whatever is unknown counts against contacting.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from services.contact.domain.gate.calendars import Calendars
from services.contact.domain.gate.case import ContactCase
from services.contact.domain.gate.decision import Bound, Decision, TraceLine
from services.contact.domain.gate.facts import Facts, Moment, Zones
from services.contact.domain.gate.pack import MissingPackError, Pack, Packs
from services.contact.domain.gate.rule import Objection, Rule
from services.contact.domain.gate.tasks import answer_task
from services.contact.domain.gate.zones import ONE_DAY, start_of_day, zone_named

SEARCH_DAYS_MAX: Final = 60
SEARCH_STEPS_MAX: Final = 500
NEVER: Final = datetime.min.replace(tzinfo=UTC)
STRICTNESS: Final = {"deny": 3, "defer": 2, "review": 1}


def decide_contact(case: ContactCase, packs: Packs, now: datetime, calendars: Calendars | None = None) -> Decision:
    """Judge one proposed contact at *now* (aware) by every rule of every pack that binds it.

    *calendars* are those held outside the packs; a pack's own are known already.
    """
    assert now.tzinfo is not None, "an instant without its offset"
    try:
        binding = packs.binding(case.jurisdictions)
    except MissingPackError:
        return Decision("deny", rule="missing-pack", flags=("missing-pack",))
    if not case.jurisdictions:
        return Decision("deny", rule="missing-pack", flags=("missing-pack",))
    facts = Facts(case, now, _calendars(binding, calendars))
    bound = [Bound(pack.name, rule, _zones(pack, binding, facts)) for pack in binding for rule in pack.rules]
    versions = {pack.name: pack.version for pack in binding}
    if case.proposed.task is not None:
        return replace(answer_task(facts, bound), packs=versions)
    return replace(_contact(facts, [item for item in bound if item.rule.binds(facts)]), packs=versions)


def _calendars(binding: Sequence[Pack], calendars: Calendars | None) -> Calendars:
    held = {calendar.name: calendar for pack in binding for calendar in pack.calendars}
    return {**held, **calendars} if calendars else held


def _zones(pack: Pack, binding: Sequence[Pack], facts: Facts) -> Zones:
    """The clocks a pack is judged by: its one legal time, every zone the borrower may be in, or every zone there is."""
    if pack.zone is not None:
        return (zone_named(pack.zone),)
    everywhere = pack.zones or tuple(zone for other in binding for zone in other.zones)
    return facts.zones or tuple(zone_named(name) for name in dict.fromkeys(everywhere))


def _contact(facts: Facts, bound: Sequence[Bound]) -> Decision:
    objections, trace = _judge(facts, facts.now, bound)
    flags = tuple(dict.fromkeys(_flags(facts, objections)))
    if not objections:
        return Decision("allow", flags=flags, trace=tuple(trace))
    deciding = _deciding(objections)
    decision = Decision(
        deciding.verdict,
        rule=deciding.rule,
        objections=tuple(objections),
        flags=flags,
        evidence=tuple(dict.fromkeys(ref for objection in objections for ref in objection.contacts)),
        trace=tuple(trace),
    )
    return _with_earliest(decision, facts, bound) if deciding.verdict == "defer" else decision


def _judge(facts: Facts, at: datetime, bound: Sequence[Bound]) -> tuple[list[Objection], list[TraceLine]]:
    moments = {zones: Moment(facts, at, zones) for zones in {item.zones for item in bound}}
    objections: list[Objection] = []
    trace: list[TraceLine] = []
    for pack, rule, zones in bound:
        moment = moments[zones]
        if not rule.in_force(moment.today(moment.zone)):
            continue
        found = rule.judge(moment)
        if isinstance(found, Objection):
            objections.append(_within_force(replace(found, pack=pack), rule, moment))
            by = found.rule if found.rule != rule.id else ""
            trace.append(TraceLine(pack, rule.key, rule.kind, found.verdict, by))
        else:
            trace.append(TraceLine(pack, rule.key, rule.kind, "pass", found.by, found.counted))
    return objections, trace


def _within_force(objection: Objection, rule: Rule, moment: Moment) -> Objection:
    """A rule that is repealed objects no longer than it is in force."""
    if rule.effective_to is None or objection.until is None:
        return objection
    return replace(objection, until=min(objection.until, start_of_day(rule.effective_to + ONE_DAY, moment.zone)))


def _deciding(objections: Sequence[Objection]) -> Objection:
    """The strictest; among deferrals the one that lasts longest; among equals the first in the order of the packs."""
    strictest = max(STRICTNESS[found.verdict] for found in objections)
    equals = [found for found in objections if STRICTNESS[found.verdict] == strictest]
    if equals[0].verdict != "defer":
        return equals[0]
    return max(equals, key=lambda found: found.until or NEVER)


def _with_earliest(decision: Decision, facts: Facts, bound: Sequence[Bound]) -> Decision:
    """The decision with its release: the first instant at which no rule denies or defers any more.

    Every rule objects without a gap until its own release, so no instant before the latest of them can be permitted.
    """
    objections: Sequence[Objection] = decision.objections
    for _ in range(SEARCH_STEPS_MAX):
        at = max(found.until for found in objections if found.verdict == "defer" and found.until is not None)
        if at > facts.now + timedelta(days=SEARCH_DAYS_MAX):
            break
        objections, _ = _judge(facts, at, bound)
        verdicts = {found.verdict for found in objections}
        if "deny" in verdicts:
            return replace(decision, decision="deny", flags=(*decision.flags, "denied-at-release"))
        if "defer" not in verdicts:
            later = ("review-at-release",) if verdicts else ()
            return replace(decision, earliest_permitted=at, flags=decision.flags + later)
    return replace(decision, decision="deny", flags=(*decision.flags, f"no-release-within-{SEARCH_DAYS_MAX}-days"))


def _flags(facts: Facts, objections: Sequence[Objection]) -> list[str]:
    """What was unknown, so that whoever reads the decision can make it known."""
    proposed, debtor = facts.proposed, facts.case.debtor
    unknown = {
        "time-zone-unknown": not facts.zones,
        "debt-unknown": not facts.debts,
        "outcome-unknown": any(item.outcome is None for item in facts.past),
        "content-unstated": proposed.content_flags is None,
        "provenance-unknown": (proposed.channel == "email" and debtor.email_provenance is None)
        or (proposed.channel == "sms" and debtor.sms_provenance is None),
        "agency-unknown": facts.actor == "agency" and facts.case.party is None,
    }
    return [flag for flag, found in unknown.items() if found] + [flag for found in objections for flag in found.flags]
