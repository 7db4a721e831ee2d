"""Deciding a batch in memory: fact by fact, each subject in its own order, one subject's failure its own."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from shared.announcements import BYTES_MAX, Announcement, Cause, TooLarge, chain, to_json
from shared.codec import encode
from shared.events import Event, Garbled, Unheeded, Wake
from shared.fold.acts import Act
from shared.fold.editions import edition_of
from shared.fold.house import (
    Applied,
    Busy,
    Context,
    Failed,
    Gap,
    Heard,
    House,
    Message,
    Outcome,
    Parked,
    Repeat,
    Request,
    Said,
)
from shared.fold.subject import Subject
from shared.refusal import Refusal

WAKES_AT_ONCE_MAX: Final = 400
WAKE: Final = "wake"

log = logging.getLogger("forbear.fold")


@dataclass
class Batch:
    """What one transaction will leave behind."""

    house: House[Any]
    subjects: Mapping[str, Subject]
    contexts: Mapping[str, Context]
    now: datetime
    horizon: datetime | None
    condemned: str | None = None
    said: list[Said] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    parked: list[dict[str, Any]] = field(default_factory=list)
    gaps: dict[tuple[str, str], int] = field(default_factory=dict)
    freed: list[tuple[str, str]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    editions: dict[int, Mapping[str, str]] = field(default_factory=dict)
    _latest: tuple[Context, int] | None = None

    def hear(self, item: Heard) -> Outcome:
        """Take one piece of work as far as it goes: apply, drop, note or set aside."""
        subject = self.subjects[item.key]
        if isinstance(item.via, Message):
            dropped = self._sift(subject, item, item.via)
            if dropped is not None:
                return dropped
        if isinstance(item.fact, Garbled):
            return self._set_aside(subject, item, item.fact.reason)
        if self.condemned is not None:
            return self._set_aside(subject, item, self.condemned)
        if isinstance(item.fact, Wake):
            return self._wake(subject)
        behind = self._catch_up(subject) if self.house.wakes_first else None
        return behind or self._guarded(subject, item, self.contexts[item.key], self.now)

    def announcements(self) -> list[Announcement]:
        """Everything said, in order."""
        return [one for said in self.said for one in said.announcements]

    def changed(self) -> list[Subject]:
        """The subjects to be written back."""
        return [subject for subject in self.subjects.values() if subject.changed]

    def _sift(self, subject: Subject, item: Heard, message: Message) -> Outcome | None:
        """The outcome of a message whose turn it is not; None for the next one in order."""
        readable = not isinstance(item.fact, Garbled)
        standing = subject.standing_of(message, self.house.hears.index(message.source), readable=readable)
        if standing == "next":
            return None
        if standing == "repeat":
            return Repeat()
        if standing == "fork":
            return self._set_aside(subject, item, "fork")
        where = (item.key, message.source)
        self.gaps[where] = max(self.gaps.get(where, 0), message.number)
        return Gap(item.key, message.source)

    def _wake(self, subject: Subject) -> Outcome:
        """Apply every wake of *subject* that is due, in order; a wake that moves nothing is asked for later."""
        last, announced = None, list[Announcement]()
        if WAKE in subject.parked:
            return Parked(subject.key, "an earlier wake failed")
        for _ in range(WAKES_AT_ONCE_MAX):
            due = subject.wake_at()
            if due is None or self.horizon is None or due > self.horizon or due == last:
                break
            context = self.house.at_wake(self.contexts[subject.key], due)
            outcome = self._guarded(subject, Heard(subject.key, Wake(due), None), context, context.now)
            if isinstance(outcome, Repeat):
                break
            if not isinstance(outcome, Applied):
                return outcome
            announced += outcome.announcements
            last = due
        return Applied(subject.key, announced) if last else Repeat()

    def _catch_up(self, subject: Subject) -> Outcome | None:
        """Apply the wakes that are due; what the fact is told instead when they fail or are too many at once."""
        woken = self._wake(subject)
        if isinstance(woken, Parked):
            return woken
        due = subject.wake_at()
        is_behind = due is not None and self.horizon is not None and due <= self.horizon
        return Busy() if is_behind and isinstance(woken, Applied) else None

    def _guarded(self, subject: Subject, item: Heard, context: Context, now: datetime) -> Outcome:
        """Apply *item*, or leave the subject exactly as it was."""
        mark = subject.mark()
        try:
            outcome = self._apply(subject, item, context, now)
        except Exception as error:
            log.exception("decide failed", extra={"type": type(item.fact).__name__, "error": type(error).__name__})
            outcome = self._set_aside(subject, item, f"{type(error).__name__} in decide")
        if not isinstance(outcome, Applied):
            subject.reset(mark)
        return outcome

    def _apply(self, subject: Subject, item: Heard, context: Context, now: datetime) -> Outcome:
        before = subject.state
        if isinstance(item.via, Message):
            subject.hear(item.via, self.house.hears.index(item.via.source))
        if isinstance(item.fact, Unheeded):
            return self._keep(subject, item, before, before, [], now, None)
        state = self.house.evolve(before, item.fact)
        decision = self.house.decide(state, item.fact, context)
        if isinstance(decision, Refusal):
            return decision if isinstance(item.via, Request) else self._set_aside(subject, item, decision.code)
        if isinstance(item.fact, Wake) and not decision and state == before:
            return Repeat()
        for event in decision:
            state = self.house.evolve(state, event)
        try:
            made = self._announce(subject, item, context, now, decision) if decision else []
        except TooLarge:
            refusal = Refusal("announcement-too-large", "what follows from this is larger than 512 KiB")
            return refusal if isinstance(item.via, Request) else self._set_aside(subject, item, refusal.code)
        return self._keep(subject, item, before, state, made, now, context)

    def _announce(
        self, subject: Subject, item: Heard, context: Context, now: datetime, decision: Sequence[Event]
    ) -> list[Announcement]:
        """Raises: TooLarge."""
        cause = self._cause(subject, item, context, now)
        return chain(self.house.name, subject.key, subject.chain, decision, cause)

    def _keep(
        self,
        subject: Subject,
        item: Heard,
        before: Any,
        state: Any,
        made: list[Announcement],
        now: datetime,
        context: Context | None,
    ) -> Applied:
        subject.advance(state, made, item.via if isinstance(item.via, Message) else None)
        self.journal.append(_journal_row(subject, item, now, context, self._edition(context)))
        self.said.append(Said(item, made, before, state, now))
        if isinstance(item.via, Message) and item.via.released:
            self.freed.append((item.key, item.via.source))
        if isinstance(item.via, Message) and item.via.act is not None:
            self.acts.append(item.via.act)
        return Applied(item.key, made)

    def _edition(self, context: Context | None) -> int | None:
        """The edition of a decision, to be kept with it; None where nothing was decided.

        Most decisions of a batch share one context: its edition is worked out once.
        """
        if context is None:
            return None
        if self._latest is None or self._latest[0] is not context:
            versions = context.versions
            edition = edition_of(versions)
            self.editions[edition] = versions
            self._latest = context, edition
        return self._latest[1]

    def _cause(self, subject: Subject, item: Heard, context: Context, now: datetime) -> Cause:
        heard = dict(zip(self.house.hears, subject.heard, strict=True))
        basis = encode({"heard": heard, "versions": dict(context.versions)}).decode()
        if isinstance(item.via, Message):
            correlation = item.via.correlation_id or item.via.id
            return Cause(now, basis, item.via.id, correlation, item.via.trace)
        if isinstance(item.via, Request):
            return Cause(now, basis, None, item.via.correlation_id, item.via.trace)
        return Cause(now, basis, None, None, None)

    def _set_aside(self, subject: Subject, item: Heard, reason: str) -> Outcome:
        """A message or a wake is parked for an operator; a request is told that it failed."""
        if isinstance(item.via, Request):
            return Failed(item.key, reason)
        source, number, event_id, envelope = WAKE, 0, None, b""
        if isinstance(item.via, Message):
            source, number, event_id = item.via.source, item.via.number, item.via.id
            envelope = _envelope(item.via)
        subject.parked |= {source}
        self.parked.append(
            {
                "key": item.key, "source": source, "number": number, "event_id": event_id,
                "type": type(item.fact).__name__, "envelope": envelope, "reason": reason, "at": self.now,
            }
        )  # fmt: skip
        return Parked(item.key, reason)


def _journal_row(
    subject: Subject, item: Heard, now: datetime, context: Context | None, edition: int | None
) -> dict[str, Any]:
    """What was heard, in which order; the body of what came by our own doors, and the values no version names."""
    message = item.via if isinstance(item.via, Message) else None
    unversioned = context.unversioned if context else None
    own = message is None or message.released
    return {
        "key": subject.key,
        "position": subject.position,
        "source": message.source if message else None,
        "number": message.number if message else None,
        "event_id": message.id if message else None,
        "now": now,
        "said": subject.chain.said,
        "edition": edition,
        "body": encode((type(item.fact).__name__, item.fact)) if own else None,
        "context": None if unversioned is None else encode(unversioned),
    }


def _envelope(message: Message) -> bytes:
    """The envelope for inspection, as far as it is text; what is released is pulled from its source again."""
    if message.envelope is None:
        return b""
    readable = message.envelope.data[:BYTES_MAX].decode(errors="replace").encode()
    return encode(to_json(replace(message.envelope, data=readable)))
