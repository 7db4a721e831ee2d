"""One proposed contact as the rules see it: worked out once from the case, then asked again at other instants."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from services.contact.domain.gate import words
from services.contact.domain.gate.calendars import Calendar, Calendars
from services.contact.domain.gate.case import ContactCase, PastContact, Preference
from services.contact.domain.gate.zones import zone_named

Zones = tuple[ZoneInfo, ...]
AT_HOME_BY_DEFAULT = frozenset({"mail", "postcard", "visit", "visit_card"})


class Facts:
    """What every rule asks of a case. What lies after `now` has not happened yet and is left out."""

    __slots__ = (
        "_dates", "actor", "calendars", "case", "channel", "debt_types", "debts", "medium", "now", "past", "person",
        "place", "proposed", "purpose", "role", "zones",
    )  # fmt: skip

    def __init__(self, case: ContactCase, now: datetime, calendars: Calendars | None = None) -> None:
        proposed = case.proposed
        self.case = case
        self.now = now.astimezone(UTC)
        self.calendars: Mapping[str, Calendar] = calendars or {}
        self.proposed = proposed
        self.channel = proposed.channel or ""
        self.medium = words.medium_of(self.channel)
        self.purpose = proposed.purpose
        self.role = role_of(proposed.recipient)
        self.person = person_reached(proposed.recipient)
        self.actor = actor_of(proposed.by)
        self.place = proposed.place if proposed.place in words.PLACES else place_of(proposed.channel, proposed.to)
        self.debts = tuple(debt for debt in case.debtor.debts if proposed.debt in (None, debt.id))
        self.debt_types: frozenset[str | None] = frozenset(debt.type for debt in self.debts) or frozenset({None})
        self.past = tuple(sorted((item for item in case.history if item.at <= now), key=_in_order))
        self.zones: Zones = candidate_zones(case)
        self._dates: dict[ZoneInfo, list[date]] = {}

    def dates(self, zone: ZoneInfo) -> list[date]:
        """The local date of each past contact, in the order of `past`."""
        if zone not in self._dates:
            self._dates[zone] = [item.at.astimezone(zone).date() for item in self.past]
        return self._dates[zone]

    def concerns(self, item: PastContact, debts: frozenset[str] | None) -> bool:
        """Whether a past contact was placed for any of *debts*; None is every debt, and so is one that names none."""
        placed_for = item.placed_for or item.debts
        return debts is None or not placed_for or not debts.isdisjoint(placed_for)

    def discussed(self, item: PastContact, debts: frozenset[str] | None) -> bool:
        """Whether any of *debts* was discussed in a past contact, by the same reading of what is unknown."""
        return debts is None or not item.debts or not debts.isdisjoint(item.debts)

    def debt_ids(self) -> frozenset[str] | None:
        """The debts concerned; None when it is every debt of the person."""
        return None if self.proposed.debt is None else frozenset({self.proposed.debt})

    def preferences(self, *kinds: str) -> tuple[Preference, ...]:
        """The borrower's preferences of these kinds."""
        return tuple(preference for preference in self.case.debtor.preferences if preference.kind in kinds)

    def spoken_of_here(self, *kinds: str) -> tuple[Preference, ...]:
        """The preferences of these kinds that speak of this medium: what was agreed for another opens nothing here."""
        return tuple(
            one
            for one in self.preferences(*kinds)
            if one.channel is None or words.medium_of(one.channel) == self.medium
        )

    def is_holiday(self, calendar: str, day: date) -> bool | None:
        """Whether *day* is a public holiday by the named calendar or by what the case states; None: nobody knows."""
        stated = self.case.debtor.holidays
        if stated is not None and day in stated:
            return True
        known = self.calendars.get(calendar)
        if known is None or not known.knows(day.year):
            return None if stated is None else False
        return known.is_holiday(day)


class Moment:
    """The facts at one instant (UTC), on the clocks by which a pack judges them."""

    __slots__ = ("_local", "at", "facts", "zone", "zones")

    def __init__(self, facts: Facts, at: datetime, zones: Zones) -> None:
        self.facts = facts
        self.at = at
        self.zones = zones
        self.zone = zones[0]
        self._local: dict[ZoneInfo, datetime] = {}

    def then(self, at: datetime) -> "Moment":
        """The same facts at another instant."""
        return Moment(self.facts, at.astimezone(UTC), self.zones)

    def only(self, zone: ZoneInfo) -> "Moment":
        """The same instant by one clock alone."""
        return Moment(self.facts, self.at, (zone,))

    def local(self, zone: ZoneInfo) -> datetime:
        """The instant on the clock of *zone*."""
        if zone not in self._local:
            self._local[zone] = self.at.astimezone(zone)
        return self._local[zone]

    def today(self, zone: ZoneInfo) -> date:
        """The local date in *zone*."""
        return self.local(zone).date()


def candidate_zones(case: ContactCase) -> Zones:
    """Every zone in which the borrower may be; empty when nothing is known."""
    debtor = case.debtor
    names = ([debtor.time_zone] if debtor.time_zone else []) + [signal.tz for signal in debtor.location_signals]
    return tuple(zone_named(name) for name in dict.fromkeys(names))


def role_of(recipient: str) -> str:
    """The recipient's role; all third parties share one."""
    return words.THIRD_PARTY if is_third_party(recipient) else recipient


def is_third_party(recipient: str) -> bool:
    """Whether that is somebody the debt does not concern."""
    return recipient.startswith(f"{words.THIRD_PARTY}:")


def person_reached(recipient: str | None) -> str:
    """Whose count a contact falls on: a third party's own, else the borrower's (past contacts tell no more)."""
    return recipient if recipient is not None and is_third_party(recipient) else "debtor"


def actor_of(by: str | None) -> str:
    """`lender`, `agency`, or `unstated`: the lender's collector acting under the pack."""
    if by is None or by == "lender":
        return by or "unstated"
    return "agency"


def place_of(channel: str | None, to: str | None) -> str | None:
    """The place an address is tied to; paper and visits go home unless stated otherwise."""
    if to is not None and to.startswith(("home_", "work_")):
        return to[:4]
    return "home" if to is None and channel in AT_HOME_BY_DEFAULT else None


def _in_order(item: PastContact) -> tuple[datetime, str, str, str, str, tuple[str, ...]]:
    return item.at, item.direction, item.channel, item.outcome or "", item.to or "", item.debts
