"""What is forbidden about a borrower, followed beside the house in a few lines; it knows nothing else of them."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.contact.domain.borrower import Step
from services.contact.domain.commands import StateProfile
from shared.events import (
    ArrangementAgreed,
    ArrangementBroken,
    BalanceAdjusted,
    ComplaintRaised,
    ComplaintResolved,
    ConsentGiven,
    ConsentWithdrawn,
    ContactReserved,
    ContactStopped,
    DelinquencyChanged,
    DisputeRaised,
    DisputeResolved,
    HardshipClaimed,
    HardshipConfirmed,
    HardshipDeclined,
    HardshipEnded,
    InstalmentComingDue,
    LoanCured,
    PaymentReceived,
    PaymentReversed,
    PreferenceStated,
    PromiseBroken,
    PromiseMade,
    ReplyReceived,
)

LOANS = ("L1", "L2")
HOME = ZoneInfo("Asia/Shanghai")
NOTHING = Decimal(0)
ENDLESS = datetime.max.replace(tzinfo=UTC)
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")

BEGIN = (
    PromiseMade, DisputeRaised, ArrangementAgreed, ContactStopped, ReplyReceived, HardshipClaimed, HardshipConfirmed,
    ComplaintRaised,
)  # fmt: skip
END = (PromiseBroken, DisputeResolved, ArrangementBroken, HardshipDeclined, HardshipEnded, ComplaintResolved)
IDS = ("promise_id", "dispute_id", "arrangement_id", "stop_id", "reply_id", "claim_id", "complaint_id")


@dataclass
class Debt:
    """One loan: its schedule, the money heard of, ingest's figure and up to which day it holds, what comes due next."""

    dues: dict[date, Decimal] = field(default_factory=dict)
    paid: dict[str, tuple[date, Decimal]] = field(default_factory=dict)
    figure: Decimal = NOTHING
    as_of: date = date.min
    coming_on: date = date.min

    def past_due(self) -> Decimal:
        """The figure, less the money that it does not contain."""
        return self.figure - sum((money for on, money in self.paid.values() if on > self.as_of), NOTHING)

    def to_come(self) -> Decimal:
        """All that is due up to the next instalment, less all money, whatever day it counts from."""
        due = sum((money for on, money in self.dues.items() if on <= self.coming_on), NOTHING)
        return due - sum((money for _, money in self.paid.values()), NOTHING)


@dataclass
class Forbidden:
    """What stands open by loan, and until when; what each channel was agreed to; when the borrower wants silence."""

    debts: defaultdict[str, Debt] = field(default_factory=lambda: defaultdict(Debt))
    stands: dict[tuple[str, str], datetime] = field(default_factory=dict)
    agreed: list[tuple[datetime, str, bool, date | None, str]] = field(default_factory=list)
    wishes: list[PreferenceStated] = field(default_factory=list)

    def hears(self, fact: object) -> None:
        self.hears_money(fact, self.debts[getattr(fact, "loan_id", "")])
        self.hears_voice(fact)
        self.hears_wish(fact)

    def hears_money(self, fact: object, debt: Debt) -> None:
        if isinstance(fact, DelinquencyChanged):
            debt.figure, debt.as_of = fact.delinquent_amount, fact.as_of
        if isinstance(fact, LoanCured):
            debt.figure, debt.as_of = NOTHING, fact.on
        if isinstance(fact, PaymentReceived):
            debt.paid[fact.payment_id] = (fact.value_on, fact.amount)
        if isinstance(fact, PaymentReversed):
            debt.paid.pop(fact.payment_id, None)
        if isinstance(fact, InstalmentComingDue):
            debt.coming_on = fact.due_on
            debt.as_of = max(debt.as_of, fact.due_on - timedelta(days=fact.days_before))

    def hears_voice(self, fact: object) -> None:
        if isinstance(fact, BEGIN):
            self.stands |= {(loan, _id(fact)): _until(fact) for loan in _loans(fact)}
        if isinstance(fact, END):
            self.stands = {one: until for one, until in self.stands.items() if one[1] != _id(fact)}
        if isinstance(fact, DisputeResolved) and fact.outcome in ("upheld", "partly_upheld"):
            self.stands |= {(loan, f"wrong {fact.dispute_id}"): ENDLESS for loan in fact.loan_ids}
        if isinstance(fact, BalanceAdjusted) and fact.kind == "correction":
            put_right = {one for one in self.stands if one[0] == fact.loan_id and one[1].startswith("wrong ")}
            self.stands = {one: until for one, until in self.stands.items() if one not in put_right}

    def hears_wish(self, fact: object) -> None:
        if isinstance(fact, StateProfile):
            entries = fact.profile.channels
            long_ago = datetime.min.replace(tzinfo=UTC)
            self.agreed += [(long_ago, one.channel, bool(one.consent), None, "profile") for one in entries]
        if isinstance(fact, ConsentGiven):
            self.agreed.append((fact.given_at, fact.scope.channel or "", True, fact.expires_on, fact.consent_id))
        if isinstance(fact, ConsentWithdrawn):
            taken = [one for one in self.agreed if one[4] == fact.consent_id]
            self.agreed = [one for one in self.agreed if one not in taken]
            self.agreed += [(fact.withdrawn_at, one[1], False, None, one[4]) for one in taken]
        if isinstance(fact, ContactStopped) and fact.scope.channel is not None:
            self.agreed.append((fact.received_at, fact.scope.channel, False, None, fact.stop_id))
        if isinstance(fact, PreferenceStated):
            self.wishes.append(fact)

    def forbids(self, reserved: ContactReserved) -> bool:
        at, last = reserved.reserved_at, reserved.send_by
        assert at is not None
        assert last is not None
        return (
            any(self.forbids_loan(loan, at, reserved.purpose) for loan in reserved.loan_ids)
            or self.forbids_channel(reserved.channel, at)
            or any(_wants_silence(wish, reserved.channel, when) for wish in self.wishes for when in (at, last))
        )

    def forbids_step(self, step: Step | None, now: datetime) -> bool:
        """A plan falls with the last of its loans, a reservation with the first."""
        falls = any if step is not None and step.reservation is not None else all
        return step is not None and falls(self.forbids_loan(loan, now, step.purpose) for loan in step.loan_ids)

    def forbids_loan(self, loan: str, at: datetime, purpose: str) -> bool:
        """Money that came is asked of nobody; a hold that ran out still holds until that was announced."""
        debt = self.debts[loan]
        owed = debt.to_come() if purpose == "reminder_before_due" else debt.past_due()
        return owed <= 0 or any(loan == held and at < until for (held, _), until in self.stands.items())

    def forbids_channel(self, channel: str, at: datetime) -> bool:
        """Whether the last word that stands on that date is no."""
        day = at.astimezone(HOME).date()
        words = [
            (when, yes) for when, name, yes, last, _ in self.agreed if name == channel and (not last or day <= last)
        ]
        return not max(words)[1]


def _id(fact: object) -> str:
    return next(getattr(fact, name) for name in IDS if hasattr(fact, name))


def _loans(fact: object) -> tuple[str, ...]:
    if isinstance(fact, ContactStopped):
        return fact.scope.loan_ids
    return getattr(fact, "loan_ids", ()) or LOANS


def _until(fact: object) -> datetime:
    """The end of the last day of a hardship at home; everything else lasts until it is ended."""
    if not isinstance(fact, HardshipConfirmed) or fact.until is None:
        return ENDLESS
    return datetime(fact.until.year, fact.until.month, fact.until.day, tzinfo=HOME) + timedelta(days=1)


def _wants_silence(wish: PreferenceStated, channel: str, at: datetime) -> bool:
    local = at.astimezone(HOME)
    if wish.channel not in (None, channel) or (wish.until is not None and at >= wish.until):
        return False
    if wish.kind == "channel_block":
        return True
    in_hours = wish.from_time is None or wish.from_time <= local.time() < wish.until_time
    on_day = not wish.days or WEEKDAYS[local.weekday()] in wish.days
    return (in_hours and on_day) != (wish.kind == "preferred_window")
