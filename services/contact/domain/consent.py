"""Consent to further calls: given directly, for a few dates, and gone with the next conversation.

Source: 12 CFR 1006.14(b)(3)(i) and comments 14(b)(3)(i)-1 to -3.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from services.contact.domain.case import PastContact
from services.contact.domain.facts import Facts, Moment, person_reached
from services.contact.domain.reading import Between


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Which provision excludes calls placed with consent, and for how many dates; the date of receipt is day one."""

    id: str
    days: Annotated[int, Between(1, 60)] = 7


def is_under_consent(consent: Consent, moment: Moment, debts: frozenset[str] | None, *, placed: bool = False) -> bool:
    """Whether a call at this instant is placed with consent that still runs.

    `placed`: the call was made, so a conversation at the same instant is its own and ends the consent only after it.
    """
    given = [item for item in moment.facts.past if _gives(item, moment.facts, debts)]
    return any(_runs(item, consent, moment, debts, placed=placed) for item in given)


def _gives(item: PastContact, facts: Facts, debts: frozenset[str] | None) -> bool:
    """Consent to calls about *debts* (None: every debt there is); one that names no debt speaks of the only one."""
    if item.outcome != "consent_to_calls" or person_reached(item.to) != facts.person:
        return False
    every = frozenset(debt.id for debt in facts.case.debtor.debts)
    if not item.debts:
        return len(every) <= 1
    return not debts.isdisjoint(item.debts) if debts is not None else every <= set(item.debts)


def _runs(given: PastContact, consent: Consent, moment: Moment, debts: frozenset[str] | None, *, placed: bool) -> bool:
    if moment.at <= given.at:
        return False
    last_day = (given.at.astimezone(zone).date() + timedelta(days=consent.days - 1) for zone in moment.zones)
    if any(moment.today(zone) > day for zone, day in zip(moment.zones, last_day, strict=True)):
        return False
    return not any(
        given.at < item.at and (item.at < moment.at if placed else item.at <= moment.at)
        for item in moment.facts.past
        if _ends(item, moment.facts, debts)
    )


def _ends(item: PastContact, facts: Facts, debts: frozenset[str] | None) -> bool:
    talked = item.outcome in ("conversation", "recorded_call")
    return talked and person_reached(item.to) == facts.person and facts.discussed(item, debts)
