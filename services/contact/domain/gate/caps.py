"""How often: caps over the borrower's local dates, and silence after a conversation."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal, TypeAlias

from services.contact.domain.gate import words
from services.contact.domain.gate.case import PastContact
from services.contact.domain.gate.consent import Consent, Period
from services.contact.domain.gate.facts import Facts, Moment, actor_of, person_reached, place_of
from services.contact.domain.gate.reading import Between
from services.contact.domain.gate.rule import PASS, Finding, Objection, Pass, Rule
from services.contact.domain.gate.zones import ONE_DAY, start_of_day

Debts: TypeAlias = frozenset[str] | None
"""A group of debts that count as one; None is every debt of the person."""
NOT_COUNTED: Final = {
    "dials": frozenset[str](),
    "connected": words.UNCONNECTED,
    "answered": words.UNANSWERED,
    "contacts": words.UNREACHED,
    "effective": words.OUTCOMES - words.TALKS,
}
"""Outcomes that each way of counting leaves out; an unknown outcome is always counted."""


def group_of(debt: str, facts: Facts, grouped: bool) -> frozenset[str]:
    """The debts that count as one with *debt*: student loans served under one account number when they were placed.

    Source: 12 CFR 1006.14(b)(4).
    """
    loans = {loan.id: loan.account_at_placement for loan in facts.case.debtor.debts if loan.type == "student_loan"}
    if not grouped or debt not in loans:
        return frozenset({debt})
    return frozenset(loan for loan, account in loans.items() if loans[debt] is None or account in (None, loans[debt]))


def groups_of(facts: Facts, grouped: bool) -> tuple[Debts, ...]:
    """The groups of debts that a contact is about, each counted by itself; a contact that names none is about each."""
    named = [facts.proposed.debt] if facts.proposed.debt else [debt.id for debt in facts.case.debtor.debts]
    return tuple(dict.fromkeys(group_of(debt, facts, grouped) for debt in named)) or (None,)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequencyCap(Rule):
    """At most `limit` contacts in a window of local dates, this one included.

    `window`: `dates` are `n` consecutive dates ending today; `week` is Monday to Sunday; `ever` never ends.
    `on_breach: deny` where the source does not say when the window begins.
    """

    kind: Literal["frequency_cap"] = "frequency_cap"
    limit: Annotated[int, Between(1, 1000)]
    window: Literal["dates", "week", "ever"] = "dates"
    n: Annotated[int, Between(1, 366)] = 1
    scope: Literal["debtor", "debt", "address"] = "debtor"
    counts: Literal["dials", "connected", "answered", "contacts", "effective"]
    counted_channels: words.Channels | None = None
    sum_over: Literal["all", "actor"] = "all"
    groups_student_loans: bool = False
    places: frozenset[words.Place] | None = None
    places_except: frozenset[words.Place] = frozenset()
    agreed_limit: bool = False
    consent: Consent | None = None
    on_breach: Literal["defer", "deny", "review"] = "defer"

    def weigh(self, moment: Moment) -> Finding:
        facts = moment.facts
        if not self._binds_place(facts.place):
            return PASS
        groups = groups_of(facts, self.groups_student_loans) if self.scope == "debt" else (None,)
        findings = [self._weigh_group(moment, group) for group in groups]
        objections = [finding for finding in findings if isinstance(finding, Objection)]
        if objections:
            return max(objections, key=lambda objection: objection.until or moment.at)
        return max(findings, key=lambda finding: finding.counted or 0 if isinstance(finding, Pass) else 0)

    def _weigh_group(self, moment: Moment, debts: Debts) -> Finding:
        periods = self.consent.periods(moment.facts, moment.zones, debts) if self.consent else ()
        if self.consent and any(period.covers(moment.at) for period in periods):
            return Pass(self.consent.id)
        past, most, breaches = moment.facts.past, 0, []
        counted = [n for n, item in enumerate(past) if self._counts(item, moment.facts, debts, periods)]
        limit = self._limit(moment.facts)
        for zone in moment.zones:
            days = moment.facts.dates(zone)
            inside = [n for n in counted if days[n] >= self._first_day(moment.today(zone))]
            most = max(most, len(inside))
            if len(inside) >= limit:
                breaches.append((start_of_day(self._frees_on(days[inside[-limit]]), zone), inside))
        if not breaches:
            return Pass(counted=most + 1)
        contacts = tuple(past[n].ref for n in breaches[0][1])
        reason = f"{most} counted, at most {limit} in {self._window_name()}"
        return self._breach(max(until for until, _ in breaches), reason, contacts)

    def _breach(self, until: datetime, reason: str, contacts: tuple[str, ...]) -> Objection:
        if self.on_breach == "defer" and self.window != "ever":
            return self.defer(reason, until, contacts=contacts)
        return self.object("review" if self.on_breach == "review" else "deny", reason, contacts=contacts)

    def _counts(self, item: PastContact, facts: Facts, debts: Debts, periods: tuple[Period, ...]) -> bool:
        channels = self.channels if self.counted_channels is None else self.counted_channels
        return (
            item.direction == "out"
            and (channels is None or item.channel in channels)
            and item.outcome not in NOT_COUNTED[self.counts]
            and person_reached(item.to) == facts.person
            and facts.concerns(item, debts)
            and self._counts_address(item, facts)
            and not any(period.covered(item.at) for period in periods)
        )

    def _counts_address(self, item: PastContact, facts: Facts) -> bool:
        if self.sum_over == "actor" and not _same_actor(actor_of(item.by), facts.actor, item.by, facts.proposed.by):
            return False
        if self.scope == "address" and None not in (item.to, facts.proposed.to) and item.to != facts.proposed.to:
            return False
        return self._binds_place(place_of(item.channel, item.to))

    def _binds_place(self, place: str | None) -> bool:
        return (self.places is None or place in self.places) and place not in self.places_except

    def _limit(self, facts: Facts) -> int:
        wishes = facts.spoken_of_here("agreed_attempts")
        agreed = [wish.limit_per_day for wish in wishes if wish.limit_per_day is not None]
        return min(agreed) if self.agreed_limit and agreed else self.limit

    def _first_day(self, today: date) -> date:
        if self.window == "ever":
            return date.min
        return today - timedelta(days=today.weekday() if self.window == "week" else self.n - 1)

    def _frees_on(self, day: date) -> date:
        """The first date on which a contact of *day* no longer counts."""
        return day + timedelta(days=7 - day.weekday() if self.window == "week" else self.n)

    def _window_name(self) -> str:
        return {"ever": "all time", "week": "a calendar week"}.get(self.window, f"{self.n} consecutive dates")


def _same_actor(past: str, now: str, past_by: str | None, now_by: str | None) -> bool:
    """Whether the same house acted; whoever is unstated is the lender's own."""
    return past_by == now_by if "agency" in (past, now) else True


@dataclass(frozen=True, slots=True, kw_only=True)
class CooldownAfter(Rule):
    """Silence for `days` local dates after an event, whoever began it; its own date is day one or day nought."""

    kind: Literal["cooldown_after"] = "cooldown_after"
    outcomes: words.Outcomes
    event_channels: words.Channels | None = None
    days: Annotated[int, Between(1, 366)]
    event_is_day_one: bool = True
    scope: Literal["debtor", "debt"] = "debt"
    groups_student_loans: bool = False
    consent: Consent | None = None

    def weigh(self, moment: Moment) -> Finding:
        facts = moment.facts
        debts = self._debts(facts)
        last = max((n for n, item in enumerate(facts.past) if self._starts(item, facts, debts)), default=None)
        if last is None:
            return PASS
        frees = {
            zone: facts.dates(zone)[last] + timedelta(days=self.days) + self._day_nought() for zone in moment.zones
        }
        if all(moment.today(zone) >= day for zone, day in frees.items()):
            return PASS
        if self.consent and any(
            period.covers(moment.at) for period in self.consent.periods(facts, moment.zones, debts)
        ):
            return Pass(self.consent.id)
        until = max(start_of_day(day, zone) for zone, day in frees.items())
        return self.defer(f"within {self.days} dates of the last conversation", until, contacts=(facts.past[last].ref,))

    def _debts(self, facts: Facts) -> Debts:
        """The debts of which any conversation counts; None is every debt."""
        debt = facts.proposed.debt
        return group_of(debt, facts, self.groups_student_loans) if self.scope == "debt" and debt else None

    def _starts(self, item: PastContact, facts: Facts, debts: Debts) -> bool:
        return (
            item.outcome in self.outcomes
            and (self.event_channels is None or item.channel in self.event_channels)
            and person_reached(item.to) == facts.person
            and facts.discussed(item, debts)
        )

    def _day_nought(self) -> timedelta:
        return timedelta(0) if self.event_is_day_one else ONE_DAY
