"""One subject's history taken again: every entry of its journal heard, every decision taken, and the end compared."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.announcements import Announcement, Chain
from shared.codec import Unreadable, encode
from shared.events import Wake
from shared.fold.subject import NewerState, state_in
from shared.verify.decisions import Rules, Taken, difference
from shared.verify.differences import differences
from shared.verify.entries import event_of, fact_of
from shared.verify.reading import Kept
from shared.verify.report import Kind, Mismatch
from shared.verify.verification import Verification


@dataclass
class Replay:
    """A subject on its way from blank to what is kept of it; `decisions` counts those taken again."""

    verification: Verification[Any]
    kept: Kept
    rules: Rules
    decisions: int = 0
    position: int = 0
    end: Chain = field(default_factory=lambda: Chain(0, None))
    heard: dict[str, tuple[int, UUID | None]] = field(default_factory=dict)
    state: Any = None

    def run(self) -> Iterator[Mismatch]:
        """Everything that is otherwise than kept; an entry that cannot be read ends it."""
        house = self.verification.house
        self.heard = dict.fromkeys(house.hears, (0, None))
        self.state = house.blank(self.kept.key)
        said = {one.number: one for one in self.kept.said}
        for entry in self.kept.entries:
            try:
                yield from self._take(entry, said)
            except Unreadable as error:
                yield self._mismatch("journal-unreadable", str(error))
                return
            except Exception as error:  # a bug of today's code is a finding about this subject alone
                yield self._mismatch("state-differs", f"evolve now raises {type(error).__name__}")
                return
        yield from self._compare_end(len(said))

    def _take(self, entry: Row[Any], said: dict[int, Announcement]) -> Iterator[Mismatch]:
        if entry.position != self.position + 1:
            yield self._mismatch("journal-misnumbered", f"followed by {entry.position}")
        self.position = entry.position
        told = self.kept.told.get(entry.source, {}).get(entry.number)
        if entry.source is not None:
            yield from self._hear(entry, told)
        follows = [said[number] for number in range(self.end.said + 1, entry.said + 1) if number in said]
        if len(follows) != entry.said - self.end.said:
            yield self._mismatch("announcement-misnumbered", "not all that followed from this entry is there")
        yield from self._follow(entry, told, follows)
        self.end = Chain(entry.said, follows[-1].event_id if follows else self.end.last_id)

    def _hear(self, entry: Row[Any], told: Announcement | None) -> Iterator[Mismatch]:
        """The next number of its source, under the id that the source gave it; an operator may have put another."""
        number, _ = self.heard.get(entry.source, (0, None))
        by_operator = entry.body is not None
        if entry.number != number + 1 and not (by_operator and entry.number == number):
            yield self._mismatch("heard-out-of-order", f"number {entry.number} of {entry.source} after {number}")
        if not by_operator and (told is None or told.event_id != entry.event_id):
            yield self._mismatch("heard-otherwise", f"not what {entry.source} says under number {entry.number}")
        elif not by_operator and told is not None and not told.is_intact(entry.source):
            yield self._mismatch(
                "heard-otherwise", f"number {entry.number} of {entry.source} was changed at its source"
            )
        self.heard[entry.source] = (entry.number, entry.event_id)

    def _follow(self, entry: Row[Any], told: Announcement | None, follows: list[Announcement]) -> Iterator[Mismatch]:
        if entry.edition is None:
            if follows:
                yield self._mismatch("announcement-unexplained", "nothing was decided here, and yet something said")
            return
        fact = fact_of(self.verification, entry, told)
        if isinstance(fact, Wake) and fact.at != self.verification.house.wake_at(self.state):
            yield self._mismatch("wake-unasked", "the state had not asked to be woken then")
        self.state = self.verification.house.evolve(self.state, fact)
        numbers = {source: number for source, (number, _) in self.heard.items()}
        found = difference(
            self.verification, self.rules, Taken(entry, fact, self.state, numbers, self.end, told, follows)
        )
        self.decisions += found is None or found[0] != "rules-unknown"
        if found is not None:
            yield self._mismatch(*found)
        for one in follows:
            self.state = self.verification.house.evolve(self.state, event_of(one))

    def _compare_end(self, said: int) -> Iterator[Mismatch]:
        row = self.kept.subject
        if said != self.end.said:
            yield self._mismatch("announcement-unexplained", "more, or less, was said than the journal accounts for")
        if row is None:
            yield self._mismatch("subject-differs", "its row is gone")
            return
        others = [name for name, value in self._row(row).items() if getattr(row, name) != value]
        if others:
            yield self._mismatch("subject-differs", ", ".join(others))
        yield from self._compare_state(row)

    def _row(self, row: Row[Any]) -> dict[str, Any]:
        """The row as it should be; one that is older than the latest source has no number of it yet."""
        heard = [*self.heard.values()]
        while len(heard) > len(row.heard) and heard[-1] == (0, None):
            heard.pop()
        return {
            "position": self.position,
            "said": self.end.said,
            "last_id": self.end.last_id,
            "heard": [number for number, _ in heard],
            "heard_ids": [id_ for _, id_ in heard],
            "wake_at": self.verification.house.wake_at(self.state),
        }

    def _compare_state(self, row: Row[Any]) -> Iterator[Mismatch]:
        """By what is written of both today: a field added since, or a decimal written otherwise, is no difference."""
        house = self.verification.house
        try:
            kept = encode(state_in(house, row))
        except (Unreadable, NewerState) as error:
            yield self._mismatch("state-differs", f"cannot be read: {type(error).__name__}")
            return
        found = encode(self.state)
        if kept != found:
            yield self._mismatch("state-differs", differences(house.state_type, kept, found))

    def _mismatch(self, kind: Kind, what: str) -> Mismatch:
        return Mismatch(kind, self.kept.key, self.position, what)
