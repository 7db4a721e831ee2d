"""The lender's bounds on promises and the deadlines of cases, as data; where a law sets one, it is named."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from services.feedback.domain.borrower import JUDGE_AGAIN_DAYS, SETTLED_MAX


@dataclass(frozen=True, slots=True)
class PromiseBounds:
    """How many promises, how large, how far ahead and how often; every maximum is inclusive.

    `broken_max` (partly kept counts) and `replaced_max` count promises made in the last `memory_days` days, among the
    last few settled ones that a state remembers.
    """

    open_max: int
    loans_max: int
    days_ahead_max: int
    tolerance_days_max: int
    broken_max: int
    replaced_max: int
    memory_days: int
    amount_min: Mapping[str, Decimal] = field(default_factory=dict)
    amount_min_otherwise: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        assert max(self.broken_max, self.replaced_max) < SETTLED_MAX, "more repeats than a state remembers"
        assert self.memory_days <= JUDGE_AGAIN_DAYS, "longer than a state remembers"

    def amount_min_in(self, currency: str) -> Decimal:
        """The smallest amount worth a promise, in *currency*."""
        return self.amount_min.get(currency, self.amount_min_otherwise)


@dataclass(frozen=True, slots=True)
class Deadline:
    """Calendar days from the day a case opens (day zero) to the last day for its answer (inclusive)."""

    days: int

    def last_day(self, opened_on: date) -> date:
        """The last day for the answer of a case opened on *opened_on*."""
        return opened_on + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """When each kind of case must be answered; a complaint may be stretched once for each reason."""

    hardship: Deadline
    dispute: Deadline
    complaint: Deadline
    complaint_complex: Deadline
    complaint_approved: Deadline


@dataclass(frozen=True, slots=True)
class Policies:
    """Everything a lender and a jurisdiction fix for this house.

    `zone` (an IANA name) is the bank's calendar; `hardship_days_max` how long a hardship with an end may last.
    """

    version: str
    zone: str
    promises: PromiseBounds
    deadlines: Deadlines
    hardship_days_max: int = 366

    def date_of(self, at: datetime) -> date:
        """The bank's calendar date at *at* (aware)."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def end_of(self, day: date) -> datetime:
        """The first instant after *day* on the bank's calendar, in UTC."""
        midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(self.zone))
        return midnight.astimezone(ZoneInfo("UTC"))


BOUNDS: Final = PromiseBounds(
    open_max=2,
    loans_max=10,
    days_ahead_max=31,
    tolerance_days_max=5,
    broken_max=2,
    replaced_max=2,
    memory_days=90,
    amount_min={"CNY": Decimal(10), "USD": Decimal(1), "JPY": Decimal(100), "KRW": Decimal(1000)},
)
"""A lender's choices, no law's."""

CN: Final = Policies(
    version="cn-1",
    zone="Asia/Shanghai",
    promises=BOUNDS,
    deadlines=Deadlines(
        # CN-GBT45251-hardship says 7 working days, on one source; 7 calendar days are never later.
        hardship=Deadline(7),
        # CN-CREDIT-25: an objection is answered in writing within 20 days.
        dispute=Deadline(20),
        # CN-COMPLAINT: 15 days, up to 30 when complex, 30 more with approval; the kind of day is not confirmed,
        # so calendar days, the stricter reading.
        complaint=Deadline(15),
        complaint_complex=Deadline(30),
        complaint_approved=Deadline(60),
    ),
)
"""China mainland. Source: regulations of the People's Republic named in the comments, by their identifiers."""

US_FED: Final = Policies(
    version="us-fed-1",
    zone="America/New_York",
    promises=BOUNDS,
    deadlines=Deadlines(
        # No federal rule that we read sets a day for any of these. Regulation F stops collection until a dispute is
        # answered (US-REGF-38(d)(2)), however long that takes: the days are the lender's own promise.
        hardship=Deadline(7),
        dispute=Deadline(30),
        complaint=Deadline(15),
        complaint_complex=Deadline(30),
        complaint_approved=Deadline(60),
    ),
)
"""United States. Source: the lender's own choice; none of its days is a law's."""

HOUSE: Final = Policies(
    version="house-1",
    zone="Asia/Shanghai",
    promises=BOUNDS,
    deadlines=Deadlines(
        # The shortest of all policies above, so that nobody waits longer because nobody knew their law.
        hardship=Deadline(7),
        dispute=Deadline(20),
        complaint=Deadline(15),
        complaint_complex=Deadline(30),
        complaint_approved=Deadline(60),
    ),
)
"""Where no jurisdiction is stated, or none of ours. Source: the lender's own choice."""

POLICIES: Final[Mapping[str, Policies]] = MappingProxyType({"CN": CN, "HOUSE": HOUSE, "US-FED": US_FED})
"""By jurisdiction; where there is none, the default holds."""

DEFAULT: Final = "HOUSE"
UPON: Final[Mapping[str, str]] = MappingProxyType({"US-MA": "US-FED", "US-WA": "US-FED"})
"""Jurisdictions whose cases are answered by the days of another."""


def policies_of_bank(zone: str) -> Mapping[str, Policies]:
    """The policies of a lender whose business days follow the calendar of *zone* (an IANA name), wherever it lends."""
    return MappingProxyType({name: replace(policies, zone=zone) for name, policies in POLICIES.items()})
