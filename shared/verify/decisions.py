"""One decision taken again, under the rules and with the values it was taken with, and compared with what was said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from sqlalchemy import Row

from shared.announcements import Announcement, Cause, Chain, chain
from shared.codec import encode
from shared.events import EVENT_TYPES, Command, Event, Wake
from shared.fold import Context
from shared.refusal import Refusal
from shared.verify.differences import differences
from shared.verify.report import Kind
from shared.verify.verification import Rebuild, Verification

Rules: TypeAlias = Mapping[int, tuple[Mapping[str, str], Rebuild | None]]


@dataclass(frozen=True, slots=True)
class Taken:
    """A decision as it was taken: on what, in which state, by whom told, and what was said then."""

    entry: Row[Any]
    fact: Event | Command | Wake
    state: Any
    heard: Mapping[str, int]
    end: Chain
    told: Announcement | None
    said: Sequence[Announcement]


def difference(verification: Verification[Any], rules: Rules, taken: Taken) -> tuple[Kind, str] | None:
    """What is otherwise when the decision is taken again; None when every byte is the same."""
    versions, rebuild = rules.get(taken.entry.edition, ({}, None))
    if rebuild is None:
        return "rules-unknown", ", ".join(sorted(versions)) or "no such edition"
    context = rebuild(taken.entry.now, taken.entry.context)
    if dict(context.versions) != dict(versions):
        return "rules-unknown", "the context is rebuilt under other versions"
    what = _difference(verification, context, taken)
    return None if what is None else ("decision-differs", what)


def _difference(verification: Verification[Any], context: Context, taken: Taken) -> str | None:
    house = verification.house
    try:
        decision = house.decide(taken.state, taken.fact, context)
    except Exception as error:  # whatever code of today does with it is the finding
        return f"now raises {type(error).__name__}"
    if isinstance(decision, Refusal):
        return f"now refused: {decision.code}"
    made = chain(house.name, taken.entry.key, taken.end, decision, _cause(context, taken))
    types = [one.type for one in made], [one.type for one in taken.said]
    if types[0] != types[1]:
        return f"now says {', '.join(types[0]) or 'nothing'} instead of {', '.join(types[1]) or 'nothing'}"
    return next((_other(now, then) for now, then in zip(made, taken.said, strict=True) if now != then), None)


def _other(now: Announcement, then: Announcement) -> str:
    """In what two announcements of one type differ."""
    if now.data != then.data:
        return f"{then.type}: {differences(EVENT_TYPES[then.type], then.data, now.data)}"
    names = [field.name for field in fields(then) if getattr(now, field.name) != getattr(then, field.name)]
    return f"{then.type}: {', '.join(name for name in names if name != 'event_id') or 'event_id'}"


def _cause(context: Context, taken: Taken) -> Cause:
    """As the fold names it; the trace and correlation of a request came with it, and are taken as they were said."""
    basis = encode({"heard": dict(taken.heard), "versions": dict(context.versions)}).decode()
    entry, told = taken.entry, taken.told
    if entry.source is None:
        if isinstance(taken.fact, Wake) or not taken.said:
            return Cause(entry.now, basis, None, None, None)
        return Cause(entry.now, basis, None, taken.said[0].correlation_id, taken.said[0].traceparent)
    if entry.body is not None or told is None:
        return Cause(entry.now, basis, entry.event_id, entry.event_id, None)
    return Cause(entry.now, basis, entry.event_id, told.correlation_id or entry.event_id, told.traceparent)
