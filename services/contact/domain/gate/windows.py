"""When: the hours a law leaves open, and the slots the borrower closed. An opening is inside, a closing outside."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from services.contact.domain.gate import words
from services.contact.domain.gate.case import Preference
from services.contact.domain.gate.facts import Moment
from services.contact.domain.gate.reading import WEEKDAYS, AnyOf, ClockTime, read_list, read_text, refuse
from services.contact.domain.gate.rule import PASS, Finding, Objection, Rule
from services.contact.domain.gate.waivers import SLOT_PREFERENCES, blocking_slots
from services.contact.domain.gate.zones import SEARCH_DAYS_MAX, next_instant

Interval: TypeAlias = tuple[int, int]
PREFERENCE_KINDS: Final = AnyOf(words.PREFERENCES)


class WeekHours:
    """Open hours by weekday: `{MON-FRI: ["08:00-21:00"]}`; a weekday that is not named is closed."""

    def read(self, data: Any, pointer: str) -> tuple[tuple[Interval, ...], ...]:
        if not isinstance(data, dict) or not data:
            refuse("bad-shape", "not open hours by weekday", pointer)
        week: list[tuple[Interval, ...]] = [()] * 7
        for span, hours in data.items():
            intervals = tuple(sorted(_interval(text, f"{pointer}/{span}") for text in read_list(hours, pointer)))
            for weekday in _weekdays(span, pointer):
                week[weekday] = intervals
        return tuple(week)


def _weekdays(span: Any, pointer: str) -> range:
    first, _, last = str(span).partition("-")
    if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
        refuse("unknown-word", "not a weekday or a span of weekdays as MON-FRI", pointer)
    return range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)


def _interval(data: Any, pointer: str) -> Interval:
    match = re.fullmatch(r"(\d\d:\d\d)-(\d\d:\d\d)", read_text(data, pointer))
    opens, closes = (ClockTime().read(match[side], pointer) for side in (1, 2)) if match else (0, 0)
    if not opens < closes:
        refuse("bad-time", "not hours as 08:00-21:00, opening before closing", pointer)
    return opens, closes


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactWindow(Rule):
    """Hours outside which nobody is contacted, on the borrower's clock wherever they may be.

    `opened_by`: preferences that open further hours; with `opened_directly` only those given to this collector itself,
    in an exchange that was itself allowed. `in_conflict`: the provision that decides when several zones are possible.
    """

    kind: Literal["contact_window"] = "contact_window"
    open: Annotated[tuple[tuple[Interval, ...], ...], WeekHours()]
    holidays: str | None = None
    places: frozenset[words.Place] | None = None
    places_except: frozenset[words.Place] = frozenset()
    opened_by: Annotated[frozenset[str], PREFERENCE_KINDS] = frozenset()
    opened_directly: bool = False
    opened_id: str | None = None
    lifted_over_days_past_due: int | None = None
    in_conflict: str | None = None

    def weigh(self, moment: Moment) -> Finding:
        if not self._binds_place(moment.facts.place) or self._is_lifted(moment):
            return PASS
        closed = [zone for zone in moment.zones if not self._is_open(moment.local(zone), moment)]
        if not closed:
            return PASS
        releases = [self._opening(moment, zone) for zone in closed]
        objection = self.defer(
            "outside the hours of contact" + self._hours(moment, closed[0]),
            None if None in releases else max(release for release in releases if release is not None),
            flags=("calendar-missing",) if None in releases and self._misses_a_year(moment) else (),
        )
        return self._named(objection, moment)

    def _binds_place(self, place: str | None) -> bool:
        return (self.places is None or place in self.places) and place not in self.places_except

    def _is_lifted(self, moment: Moment) -> bool:
        """Whether every debt concerned is so late that the hours fall away."""
        days, debts = self.lifted_over_days_past_due, moment.facts.debts
        return days is not None and bool(debts) and all((debt.days_past_due or 0) > days for debt in debts)

    def _is_open(self, local: datetime, moment: Moment) -> bool:
        if self.opened_by and any(extra.covers(local) for extra in self._extra(moment)):
            return True
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        in_hours = any(opens <= seconds < closes for opens, closes in self.open[local.weekday()])
        return in_hours and (self.holidays is None or moment.facts.is_holiday(self.holidays, local.date()) is False)

    def _opening(self, moment: Moment, zone: ZoneInfo) -> datetime | None:
        return next_instant(moment.at, zone, self._edges(moment), lambda local: self._is_open(local, moment))

    def _edges(self, moment: Moment) -> list[int]:
        hours = {edge for day in self.open for interval in day for edge in interval}
        return sorted(hours | {edge for extra in self._extra(moment) for edge in (extra.opens, extra.closes)})

    def _extra(self, moment: Moment) -> tuple[Preference, ...]:
        """The preferences that open further hours for this medium."""
        extra = moment.facts.spoken_of_here(*self.opened_by)
        return tuple(preference for preference in extra if not self.opened_directly or _is_direct(preference))

    def _named(self, objection: Objection, moment: Moment) -> Objection:
        """The same objection under the provision that decides it: consent that fails, or places that conflict."""
        offered = moment.facts.spoken_of_here(*self.opened_by) if self.opened_id else ()
        if any(preference.covers(moment.local(zone)) for preference in offered for zone in moment.zones):
            return replace(objection, rule=self.opened_id or self.id)
        conflict = len({moment.local(zone).utcoffset() for zone in moment.zones}) > 1
        return replace(objection, rule=self.in_conflict) if conflict and self.in_conflict else objection

    def _misses_a_year(self, moment: Moment) -> bool:
        """Whether the search for an opening ran into a year whose holidays nobody loaded."""
        days = (moment.today(moment.zone), moment.today(moment.zone) + timedelta(days=SEARCH_DAYS_MAX))
        return self.holidays is not None and any(moment.facts.is_holiday(self.holidays, day) is None for day in days)

    def _hours(self, moment: Moment, zone: ZoneInfo) -> str:
        hours = self.open[moment.local(zone).weekday()]
        shown = ", ".join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in hours) or "closed all day"
        return f": {shown}, {zone.key}"


def _is_direct(preference: Preference) -> bool:
    return preference.given_to == "collector" and preference.obtained_in_compliant_communication is True


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtorSlot(Rule):
    """The times and days the borrower closed, or outside which they do not want to be contacted."""

    kind: Literal["debtor_slot"] = "debtor_slot"
    preferences: Annotated[frozenset[str], PREFERENCE_KINDS] = frozenset(SLOT_PREFERENCES)

    def weigh(self, moment: Moment) -> Finding:
        if not blocking_slots(moment, tuple(self.preferences)):
            return PASS
        releases = [self._release(moment.only(zone)) for zone in moment.zones]
        until = None if None in releases else max(release for release in releases if release is not None)
        return self.defer("a time the borrower asked to be left alone", until)

    def _release(self, moment: Moment) -> datetime | None:
        """When the borrower's wishes open by one clock: now, if it is only another clock that closes."""
        kinds = tuple(self.preferences)
        if not blocking_slots(moment, kinds):
            return moment.at
        slots = moment.facts.preferences(*kinds)
        edges = sorted({edge for slot in slots for edge in (slot.opens, slot.closes)})
        return next_instant(moment.at, moment.zone, edges, lambda local: not blocking_slots(moment.then(local), kinds))
