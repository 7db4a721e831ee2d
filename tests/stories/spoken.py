"""A source whose every word a test wrote: asked for heads and for what it said, as a house asks its neighbours."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from shared.announcements import Announcement, Cause, Chain, chain
from shared.events import Event
from shared.heads import Heads


class Spoken:
    """What the house *name* has said by subject, numbered and chained as houses do, and its business date."""

    def __init__(self, name: str, business_date: date | None = None) -> None:
        self.name, self.business_date = name, business_date
        self.said: defaultdict[str, list[Announcement]] = defaultdict(list)

    def say(self, key: str, at: datetime, *events: Event) -> list[Announcement]:
        """Say *events* of *key* after all that was said before; answers what is new."""
        known = self.said[key]
        end = Chain(len(known), known[-1].event_id if known else None)
        fresh = chain(self.name, key, end, events, Cause(at, "{}", None, None, None))
        known += fresh
        return fresh

    async def heads(self, keys: Sequence[str]) -> Heads:
        """The last number and id of each of *keys* that was spoken of."""
        last = {key: self.said[key][-1] for key in keys if self.said.get(key)}
        ids = {key: one.event_id for key, one in last.items()}
        return Heads({key: one.number for key, one in last.items()}, ids, self.business_date)

    async def wanted(self, after_by_key: Mapping[str, int], limit_each: int) -> list[Announcement]:
        """What was said of each key behind its number (exclusive)."""
        return [one for key, n in after_by_key.items() for one in self.said.get(key, [])[n : n + limit_each]]

    async def close(self) -> None:
        """Nothing is held."""
