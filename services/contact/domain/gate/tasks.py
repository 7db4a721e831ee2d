"""Questions to which the answer is a date or a yes, not a contact: deadlines, keeping times, the term of a plan."""

from collections.abc import Sequence
from datetime import date

from services.contact.domain.gate.calendars import MissingYearError
from services.contact.domain.gate.deadlines import Deadline, NoEventError, Retention
from services.contact.domain.gate.decision import Bound, Decision, TraceLine
from services.contact.domain.gate.facts import Facts
from services.contact.domain.gate.governance import GovernanceGate


def answer_task(facts: Facts, bound: Sequence[Bound]) -> Decision:
    """Answer the task that was proposed; what no rule answers is for a person."""
    speaking = [item for item in bound if _speaks(item, facts)]
    if facts.proposed.task == "create_plan":
        return _judge_plan(facts, speaking)
    return _compute(facts, speaking)


def _speaks(item: Bound, facts: Facts) -> bool:
    today = facts.now.astimezone(item.zones[0]).date()
    named = item.rule.applies_to is None or facts.actor in item.rule.applies_to
    return named and item.rule.in_force(today) and item.rule.binds_debts(facts)


def _judge_plan(facts: Facts, speaking: Sequence[Bound]) -> Decision:
    gates = [(item.pack, item.rule) for item in speaking if isinstance(item.rule, GovernanceGate)]
    found = [
        (pack, gate.judge_plan(facts.proposed.term_months)) for pack, gate in gates if isinstance(gate, GovernanceGate)
    ]
    objections = tuple(objection for _, objection in found if objection is not None)
    trace = tuple(TraceLine(pack, gate.key, gate.kind, "judged") for pack, gate in gates)
    if not objections:
        return Decision("allow", trace=trace)
    return Decision("deny", rule=objections[0].rule, objections=objections, trace=trace)


def _compute(facts: Facts, speaking: Sequence[Bound]) -> Decision:
    """The earliest of the deadlines, or the longest of the keeping times."""
    dated = [
        item
        for item in speaking
        if isinstance(item.rule, Deadline | Retention) and facts.proposed.task in item.rule.tasks
    ]
    if not dated:
        return Decision("review", flags=("no-rule-for-task",))
    due: list[tuple[date, Bound]] = []
    for item in dated:
        try:
            due.append((_due(item, facts), item))
        except NoEventError:
            continue
        except MissingYearError:
            return Decision("deny", rule=item.rule.id, flags=("calendar-missing",))
    if not due:
        return Decision("review", rule=dated[0].rule.id, flags=("event-missing",))
    keeps = isinstance(due[0][1].rule, Retention)
    day, deciding = (max if keeps else min)(due, key=lambda pair: pair[0])
    trace = tuple(TraceLine(item.pack, item.rule.key, item.rule.kind, found.isoformat()) for found, item in due)
    return Decision("compute", rule=deciding.rule.id, computed=day, trace=trace)


def _due(item: Bound, facts: Facts) -> date:
    """The strictest date over all zones in which the borrower may be."""
    if isinstance(item.rule, Retention):
        return max(item.rule.due(facts, zone) for zone in item.zones)
    assert isinstance(item.rule, Deadline)
    return min(item.rule.due(facts, zone) for zone in item.zones)
