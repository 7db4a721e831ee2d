"""Consent to further calls: given directly, for a few dates, and gone with the next conversation.

Source: 12 CFR 1006.14(b)(3)(i) and comments 14(b)(3)(i)-1 to -3.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from services.contact.domain.gate.case import PastContact
from services.contact.domain.gate.facts import Facts, Zones, person_reached
from services.contact.domain.gate.reading import Between
from services.contact.domain.gate.zones import start_of_day


class Period(NamedTuple):
    """While one consent runs: after `given`, before `ends`, and up to the conversation that used it."""

    given: datetime
    ends: datetime
    used: datetime | None

    def covers(self, at: datetime) -> bool:
        """Whether a call proposed at that instant is placed with consent."""
        return self.given < at < self.ends and (self.used is None or at < self.used)

    def covered(self, at: datetime) -> bool:
        """Whether a call made at that instant was: the conversation that ends the consent is the last it covers."""
        return self.covers(at) or (at == self.used and self.given < at < self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Which provision excludes calls placed with consent, and for how many dates; the date of receipt is day one."""

    id: str
    days: Annotated[int, Between(1, 60)] = 7

    def periods(self, facts: Facts, zones: Zones, debts: frozenset[str] | None) -> tuple[Period, ...]:
        """The periods of consent to calls about *debts* (None: about every debt there is)."""
        given = [item for item in facts.past if _gives(item, facts, debts)]
        talks = [item.at for item in facts.past if given and _talks(item, facts, debts)]
        return tuple(
            Period(item.at, self._end(item.at, zones), next((at for at in talks if at > item.at), None))
            for item in given
        )

    def _end(self, given: datetime, zones: Zones) -> datetime:
        days = timedelta(days=self.days)
        return min(start_of_day(given.astimezone(zone).date() + days, zone) for zone in zones)


def _gives(item: PastContact, facts: Facts, debts: frozenset[str] | None) -> bool:
    """Whether it is consent to calls about *debts*; one that names no debt speaks of the only one."""
    if item.outcome != "consent_to_calls" or person_reached(item.to) != facts.person:
        return False
    every = frozenset(debt.id for debt in facts.case.debtor.debts)
    if not item.debts:
        return len(every) <= 1
    return not debts.isdisjoint(item.debts) if debts is not None else every <= set(item.debts)


def _talks(item: PastContact, facts: Facts, debts: frozenset[str] | None) -> bool:
    talked = item.outcome in ("conversation", "recorded_call")
    return talked and person_reached(item.to) == facts.person and facts.discussed(item, debts)
