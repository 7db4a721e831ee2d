"""A lender's own settings on a pack: they may narrow it and add to it, and never loosen it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from services.contact.domain.gate.caps import NOT_COUNTED
from services.contact.domain.gate.pack import AnyRule, Pack, check_pack
from services.contact.domain.gate.reading import UnreadableError, read_changes, read_list, read_text, refuse
from services.contact.domain.gate.rule import Rule
from shared.refusal import Refusal

STRICTNESS: Final = ("review", "defer", "deny")
Narrows: TypeAlias = Callable[[Any, Any], bool]
"""Whether a new value of one parameter binds at least as much as the rule has it now."""


def at_most(name: str) -> Narrows:
    """A new value no larger than the old; where there was none, any value."""
    return lambda rule, new: new is not None and (getattr(rule, name) is None or new <= getattr(rule, name))


def at_least(name: str) -> Narrows:
    """A new value no smaller than the old."""
    return lambda rule, new: new is not None and getattr(rule, name) is not None and new >= getattr(rule, name)


def only_on(name: str) -> Narrows:
    """A duty that may be taken on and not put off."""
    return lambda rule, new: new is True or new == getattr(rule, name)


def _fewer_hours(rule: Any, new: Any) -> bool:
    """Every new open interval lies within one of the old ones of that weekday."""
    return all(
        any(old[0] <= interval[0] and interval[1] <= old[1] for old in rule.open[weekday])
        for weekday, day in enumerate(new)
        for interval in day
    )


def _longer_window(rule: Any, new: Any) -> bool:
    return bool(rule.window == "dates" and new >= rule.n)


def _stricter_gate(rule: Any, new: Any) -> bool:
    """Freshness in fewer days, waiting in more."""
    return bool(new <= rule.days if rule.needs == "fresh_text_number" else new >= rule.days)


def _shorter_steps(rule: Any, new: Any) -> bool:
    pairs = zip(new, rule.steps, strict=False)
    return len(new) == len(rule.steps) and all(
        step.days <= old.days and step.work_days_of == old.work_days_of for step, old in pairs
    )


def _fewer_waivers(rule: Any, new: Any) -> bool:
    return set(new) <= set(rule.waivers)


NARROWS: Final[Mapping[str, Mapping[str, Narrows]]] = {
    "contact_window": {
        "open": _fewer_hours,
        "opened_by": at_most("opened_by"),
        "lifted_over_days_past_due": lambda rule, new: new is None or at_least("lifted_over_days_past_due")(rule, new),
    },
    "debtor_slot": {"preferences": at_least("preferences")},
    "frequency_cap": {
        "limit": at_most("limit"),
        "n": _longer_window,
        "counts": lambda rule, new: NOT_COUNTED[new] <= NOT_COUNTED[rule.counts],
        "sum_over": lambda rule, new: new in ("all", rule.sum_over),
        "on_breach": lambda rule, new: STRICTNESS.index(new) >= STRICTNESS.index(rule.on_breach),
    },
    "cooldown_after": {"days": at_least("days"), "outcomes": at_least("outcomes")},
    "pattern_flag": {"gap_minutes": at_least("gap_minutes"), "per_day": at_most("per_day")},
    "channel_gate": {"days": _stricter_gate},
    "do_not_contact": {"holds_days": at_least("holds_days"), "places": at_least("places")},
    "recipient_rule": {"allowed": at_most("allowed"), "failures": at_least("failures")},
    "hold": {"days": at_least("days"), "kinds": at_least("kinds")},
    "content_rule": {"must": at_least("must"), "must_not": at_least("must_not")},
    "visit_rule": {"staff_min": at_least("staff_min"), "spares_vulnerable": only_on("spares_vulnerable")},
    "deadline": {"steps": _shorter_steps},
    "retention": {"years": at_least("years")},
    "governance_gate": {
        "term_months_max": at_most("term_months_max"),
        "needs_listing": only_on("needs_listing"),
        "needs_notice": only_on("needs_notice"),
        "evaluated_within_days": at_most("evaluated_within_days"),
        "trained_within_days": at_most("trained_within_days"),
    },
}
"""By kind, the parameters that a lender may change, and in which direction. No other may be."""


def narrow(pack: Pack, settings: object) -> Pack | Refusal:
    """The pack as one lender keeps it, or a refusal that points at the first setting that would loosen it.

    *settings*: `{version, rules: {id or id/part: {parameter: value}}, add: [rules]}`.
    """
    try:
        return _narrow(pack, settings)
    except UnreadableError as unread:
        return unread.refusal


def _narrow(pack: Pack, settings: object) -> Pack:
    if not isinstance(settings, Mapping) or not set(settings) <= {"version", "rules", "add"}:
        refuse("bad-shape", "not settings with a version, rules and additions", "")
    changes = settings.get("rules") or {}
    if not isinstance(changes, Mapping) or not set(changes) <= {rule.key for rule in pack.rules}:
        refuse("unknown-rule", "a rule that the pack does not have", "/rules")
    kept = tuple(_changed(rule, changes[rule.key]) if rule.key in changes else rule for rule in pack.rules)
    added = tuple(
        AnyRule().read(item, f"/add/{index}") for index, item in enumerate(read_list(settings.get("add") or [], "/add"))
    )
    version = f"{pack.version}+{read_text(settings.get('version'), '/version')}"
    return check_pack(replace(pack, rules=kept + added, version=version, narrowed=True))


def _changed(rule: Rule, data: Any) -> Rule:
    pointer = f"/rules/{rule.key.replace('~', '~0').replace('/', '~1')}"
    allowed = {**NARROWS[rule.kind], "waivers": _fewer_waivers}
    changes = read_changes(type(rule), data, pointer)
    for name, value in changes.items():
        if name not in allowed:
            refuse("not-narrowable", "a parameter that a lender may not change", f"{pointer}/{name}")
        if not allowed[name](rule, value):
            refuse("loosens", "a value that would loosen the rule", f"{pointer}/{name}")
    return replace(rule, **changes)
