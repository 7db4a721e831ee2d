"""What the gate must know to judge one proposed contact: the borrower's situation, what was done, what is proposed.

Dates follow the borrower's own calendar; instants are aware. Nothing here is personal but by reference.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

from services.contact.domain.gate import words
from services.contact.domain.gate.reading import SECONDS_A_DAY, ClockTime, Weekday
from services.contact.domain.gate.zones import ZoneName

Seconds = Annotated[int, ClockTime()]
Day = Annotated[int, Weekday()]
OPENING = frozenset({"agreed_contact_time", "consent_out_of_hours"})
"""Preferences that open hours which are closed to others."""


@dataclass(frozen=True, slots=True)
class Moratorium:
    """A statutory breathing space on one debt."""

    type: Literal["standard", "mental_health_crisis"]
    starts: date | None = None
    treatment_ended: date | None = None


@dataclass(frozen=True, slots=True)
class DebtPlan:
    """An arrangement on one debt."""

    status: Literal["performing", "defaulted"] | None = None
    type: Literal["personalised_instalment"] | None = None
    signed: date | None = None
    term_months: int | None = None
    reminders_requested: bool = False


@dataclass(frozen=True, slots=True)
class Debt:
    """What the rules ask of one debt; None is unknown, and counts against contacting."""

    id: str
    type: words.DebtType | None = None
    days_past_due: int | None = None
    account_at_placement: str | None = None
    disputed_in_writing_at: date | None = None
    validation_period_end: date | None = None
    verification_sent_at: date | None = None
    time_barred: bool = False
    moratorium: Moratorium | None = None
    plan: DebtPlan | None = None


@dataclass(frozen=True, slots=True)
class EmailProvenance:
    """How the e-mail address came to whoever writes to it."""

    obtained_by: (
        Annotated[str, words.OneOf(frozenset({"creditor", "debtor_used_it"}), (r"(prior_)?collector_\w{1,64}",))] | None
    ) = None
    via: Literal["6(d)(4)(i)", "6(d)(4)(ii)"] | None = None
    chain: tuple[Annotated[str, words.OneOf(frozenset(), (r"\w{1,64} (used|did not use)",))], ...] = ()
    domain: str | None = None
    public_domain: bool | None = None
    employer_provided: bool = False
    notice_sent: date | None = None
    opt_out_deadline: date | None = None
    opted_out: bool = False
    used_by_immediately_prior: bool | None = None


@dataclass(frozen=True, slots=True)
class TextProvenance:
    """How the number for text messages came to whoever writes to it."""

    consent: bool | None = None
    consent_at: date | None = None
    debtor_called: bool = False
    debtor_texted: bool = False
    reassignment_check_at: date | None = None


@dataclass(frozen=True, slots=True)
class HoldFact:
    """A hold on the person: from `starts` to `ends`, both inclusive; without an end it is open."""

    kind: Annotated[str, words.OneOf(words.HOLD_KINDS)]
    type: Annotated[str, words.OneOf(words.HOLD_TYPES)] | None = None
    cause: Annotated[str, words.OneOf(words.HOLD_CAUSES)] | None = None
    confirmed: date | None = None
    notified: date | None = None
    starts: date | None = field(default=None, metadata={"key": "from"})
    to: date | None = None
    until: date | None = None

    @property
    def ends(self) -> date | None:
        """The last day of the hold, inclusive; None while it is open."""
        return self.to if self.until is None else self.until

    def begun(self, today: date) -> bool:
        """Whether the hold is known and running on *today*."""
        start = self.starts or self.confirmed or self.notified
        return start is None or start <= today


@dataclass(frozen=True, slots=True)
class Preference:
    """What the borrower asked for, agreed to or forbade; times in seconds since local midnight, `until` inclusive."""

    kind: Annotated[str, words.OneOf(words.PREFERENCES)]
    address: str | None = None
    agreed_with: Literal["lender", "agency"] | None = None
    at: date | None = None
    channel: words.PastChannel | None = None
    days: tuple[Day, ...] = ()
    form: Literal["oral", "written"] | None = None
    opens: Seconds = field(default=0, metadata={"key": "from"})
    closes: Seconds = field(default=SECONDS_A_DAY, metadata={"key": "to"})
    given_to: Literal["collector", "creditor"] | None = None
    limit_per_day: int | None = None
    obtained_in_compliant_communication: bool | None = None
    place: words.Place | None = None
    reason: str | None = None
    recorded: bool | None = None
    source: Literal["creditor_notes", "debtor_statement"] | None = None
    until: date | None = None
    written_confirmation: date | None = None

    def covers(self, local: datetime) -> bool:
        """Whether the local instant falls in it: the opening inside, the closing outside; it may run past midnight."""
        if not self.is_running(local.date()) or (self.kind in OPENING and self._is_vague()):
            return False
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        if self.opens < self.closes:
            return self.opens <= seconds < self.closes and self._on(local.weekday())
        late = seconds >= self.opens and self._on(local.weekday())
        return late or (seconds < self.closes and self._on((local.weekday() - 1) % 7))

    def is_running(self, day: date) -> bool:
        """Whether it still holds on *day*."""
        return self.until is None or day <= self.until

    def _is_vague(self) -> bool:
        """Whether it names no time at all; such an agreement opens nothing."""
        return self.opens == self.closes or (not self.days and (self.opens, self.closes) == (0, SECONDS_A_DAY))

    def _on(self, weekday: int) -> bool:
        return not self.days or weekday in self.days


@dataclass(frozen=True, slots=True)
class Attorney:
    """Who represents the borrower, and whether they answer."""

    debt: str | None = None
    name: Literal["known"] | None = None
    since: date | None = None
    responsive: bool = True
    unanswered_since: date | None = None
    firm_policy_reasonable_days: int | None = None


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """A payment plan as it stands between the borrower and the collector."""

    status: Literal["active"] | None = None
    fee_controlled_by: Literal["creditor", "collector"] | None = None
    grace_ends: date | None = None
    payment_failed_on: date | None = None


@dataclass(frozen=True, slots=True)
class LocationSignal:
    """Something that tells where the borrower may be."""

    kind: Literal["landline_area_code", "mobile_area_code", "residential_address"]
    tz: ZoneName


@dataclass(frozen=True, slots=True)
class Debtor:
    """The borrower's situation. `holidays` None: nobody said."""

    debts: tuple[Debt, ...] = ()
    time_zone: ZoneName | None = None
    location_signals: tuple[LocationSignal, ...] = ()
    preferences: tuple[Preference, ...] = ()
    holds: tuple[HoldFact, ...] = ()
    holidays: frozenset[date] | None = None
    known_current_place: words.Place | None = None
    languages_used: tuple[words.Language, ...] = ()
    plan: PersonPlan | None = None
    reachability: Literal["lost", "reachable", "uncertain"] | None = None
    represented_by_attorney: Attorney | None = None
    vulnerability: Literal["suspected", "known"] | None = None
    email_provenance: EmailProvenance | None = None
    sms_provenance: TextProvenance | None = None


@dataclass(frozen=True, slots=True)
class PastContact:
    """Something that happened. `debts` were discussed, `placed_for` called about; empty is unknown: all of them."""

    at: datetime
    channel: words.PastChannel
    direction: Literal["in", "out"] = "out"
    outcome: words.Outcome | None = None
    debts: tuple[str, ...] = ()
    placed_for: tuple[str, ...] = ()
    to: str | None = None
    by: words.Actor | None = None
    language: words.Language | None = None
    complexity: Literal["simple", "complex"] | None = None
    note: str | None = None
    ref: str = field(default="", metadata={"inward": True})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed. Without `by` it is the lender's collector; without `debt` it is about every debt.

    `content_flags` None: nobody said what is in it. `complete`: the flags list all that is said. `place`: where the
    address reaches the borrower, where it does not say so itself.
    """

    channel: words.ProposedChannel | None = None
    purpose: words.Purpose = "collect_debt"
    recipient: words.Recipient = "debtor"
    at: datetime | None = None
    by: words.Actor | None = None
    to: str | None = None
    debt: str | None = None
    content_flags: frozenset[words.Flag] | None = None
    declared_type: Literal["limited_content"] | None = None
    read_at: datetime | None = None
    recording: bool | None = None
    staff: int | None = None
    task: words.Task | None = None
    term_months: int | None = None
    complete: bool = field(default=False, metadata={"inward": True})
    place: Literal["home", "work", "mobile", "unknown"] | None = field(default=None, metadata={"inward": True})


@dataclass(frozen=True, slots=True)
class Party:
    """What is known of the agency and agent who would do it; None is unknown and is not judged, only flagged."""

    listed: bool | None = None
    borrower_told_on: date | None = None
    evaluated_on: date | None = None
    trained_on: date | None = None


@dataclass(frozen=True, slots=True)
class ContactCase:
    """One proposed contact with all that the gate asks about it; `jurisdictions` name the packs that bind it."""

    jurisdictions: tuple[str, ...]
    debtor: Debtor
    proposed: Proposal
    history: tuple[PastContact, ...] = ()
    party: Party | None = None
