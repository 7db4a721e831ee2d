"""Borrowers, what is heard of them and the rules in force, for the tests of contact's core, in few words."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml

from services.contact.domain.borrower import Borrower, blank
from services.contact.domain.commands import StateProfile
from services.contact.domain.context import Context, Hearing, Switches, TemplateInfo
from services.contact.domain.decide import decide
from services.contact.domain.evolve import evolve
from services.contact.domain.gate.pack import Pack, Packs, parse_pack
from services.contact.domain.profile import ChannelProfile, Profile
from services.contact.domain.strategy import Strategy, parse_strategy
from services.contact.domain.waking import wake_at
from shared.events import (
    ArrangementAgreed,
    DelinquencyChanged,
    DisputeRaised,
    InstalmentComingDue,
    LoanOpened,
    PaymentReceived,
    PromiseMade,
    Reading,
    ReplyReceived,
    RiskAssessed,
    Scope,
    Wake,
)
from shared.events.risk import Axis
from shared.refusal import Refusal

CONTACT = Path(__file__).parents[2] / "services" / "contact"
MAIL, PHONE, LETTER = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
SAYS = frozenset({"business_name", "mentions_debt", "opt_out_included", "reply_request", "ways_to_check_pay_object"})
LANGUAGES = ("zh-CN", "en")
MONEY = Decimal("100.00")
EVERYTHING = Scope("everything")


@cache
def packs() -> Packs:
    found = []
    for path in sorted((CONTACT / "packs").glob("*.yaml")):
        pack = parse_pack(yaml.safe_load(path.read_text(encoding="utf-8")))
        assert isinstance(pack, Pack), (path.name, pack)
        found.append(pack)
    return Packs(found)


def default_data() -> dict:
    return yaml.safe_load((CONTACT / "strategies" / "default.yaml").read_text(encoding="utf-8"))


@cache
def strategy() -> Strategy:
    found = parse_strategy(default_data())
    assert isinstance(found, Strategy), found
    return found


def day(text: str) -> date:
    """*text* like 2026-03-05, or 03-05 of 2026."""
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


def at(text: str) -> datetime:
    """`03-05 10:00` in Shanghai, 2026."""
    return datetime.fromisoformat(f"2026-{text}:00+08:00").astimezone(UTC)


def templates(*, approved: bool = True, says: frozenset[str] = SAYS) -> dict[tuple[str, str], TemplateInfo]:
    names = {rung.template for rung in strategy().ladder}
    return {(name, language): TemplateInfo("1", "hash", approved, says) for name in names for language in LANGUAGES}


def knowing(now: datetime, heard_out: bool = True, waited: float = 0.0, **more) -> Context:
    """The rules as they ship, at *now*; the ledger stands at the date before."""
    fields = {
        "packs": packs(),
        "strategy": strategy(),
        "templates": templates(),
        "switches": Switches(),
        "heads": Hearing(heard_out, now.date() - timedelta(days=1), waited),
        **more,
    }
    return Context(now=now, clock=now, **fields)


def heard_to(business_date: date) -> Hearing:
    """Heard out, with the ledger at *business_date*."""
    return Hearing(heard_out=True, business_date=business_date)


def waiting(business_date: date, seconds: float = 0.0) -> Hearing:
    """Not heard out for so many seconds."""
    return Hearing(heard_out=False, business_date=business_date, waited_seconds=seconds)


def profile(*channels: ChannelProfile, **more) -> StateProfile:
    known = channels or (ChannelProfile("email", MAIL, consent=True), ChannelProfile("sms", PHONE, consent=True))
    fields = {"jurisdiction": "CN", "time_zone": "Asia/Shanghai", **more}
    return StateProfile(Profile(fields.pop("language", "zh-CN"), channels=known, **fields))


def opened(loan_id: str = "L1", currency: str = "CNY", **more) -> LoanOpened:
    fields = {"jurisdiction": "CN", **more}
    return LoanOpened(loan_id, "C1", "cash", currency, Decimal("1200.00"), day("01-05"), **fields)


def late(as_of: str, since: str | None, amount: str = "100.00", stage: str = "early", loan_id: str = "L1", **more):
    fields = {"currency": "CNY", **more}
    return DelinquencyChanged(
        loan_id,
        day(as_of),
        Decimal(amount),
        stage=stage,
        overdue_since=day(since) if since else None,
        bucket_to="1-30",
        **fields,
    )


def paid(value_on: str, amount: str = "100.00", loan_id: str = "L1", payment_id: str | None = None) -> PaymentReceived:
    return PaymentReceived(
        payment_id or f"P-{loan_id}-{value_on}", loan_id, Decimal(amount), day(value_on), "repayment"
    )


def coming(due_on: str, amount: str = "100.00", days_before: int = 3, loan_id: str = "L1") -> InstalmentComingDue:
    return InstalmentComingDue(loan_id, 3, day(due_on), Decimal(amount), "CNY", days_before)


def promised(due_on: str = "03-20", loan_ids: tuple[str, ...] = ("L1",), promise_id: str = "PR1") -> PromiseMade:
    return PromiseMade(promise_id, loan_ids, Decimal("100.00"), "CNY", day(due_on), 1)


def disputed(loan_ids: tuple[str, ...] = ("L1",), dispute_id: str = "D1") -> DisputeRaised:
    return DisputeRaised(dispute_id, loan_ids, "amount", day("03-06"))


def agreed(arrangement_id: str = "A1") -> ArrangementAgreed:
    return ArrangementAgreed(arrangement_id, "instalment_plan", ("L1",), "CNY", (), day("03-06"))


def replied(*intents: str, certain: bool = False, confirmed: bool = False) -> ReplyReceived:
    readings = tuple(Reading(intent, Decimal("0.5"), certain) for intent in intents)
    return ReplyReceived("R1", "sms", at("03-05 10:01"), readings, confirmed_by_person=confirmed)


def assessed(
    ability: int | None = None, willingness: int | None = None, cure: str | None = None, until: str = "2027-01-01"
) -> RiskAssessed:
    def axis(score: int | None) -> Axis:
        return Axis("insufficient_data", "low") if score is None else Axis("scored", "medium", score)

    return RiskAssessed(
        as_of=day("03-01"),
        basis="bucket_rates",
        confidence="low",
        ability=axis(ability),
        willingness=axis(willingness),
        valid_until=day(until),
        cure_probability=None if cure is None else Decimal(cure),
    )


@dataclass
class Told:
    """A borrower to whom things happen: what was said last, and everything that was said."""

    now: datetime
    borrower: Borrower = field(default_factory=lambda: blank("C1"))
    said: list = field(default_factory=list)
    every: list = field(default_factory=list)
    more: dict = field(default_factory=dict)

    def hears(self, *facts, **context) -> "Told":
        """Apply *facts* as the fold does; a refusal changes nothing."""
        self.said = []
        for fact in facts:
            state = evolve(self.borrower, fact)
            found = decide(state, fact, knowing(self.now, **{**self.more, **context}))
            if isinstance(found, Refusal):
                self.said = [found]
                continue
            self.said += found
            self.every += found
            for event in found:
                state = evolve(state, event)
            self.borrower = state
        return self

    def wakes(self, when: datetime | None = None, **context) -> "Told":
        """Wake at the instant asked for, or at *when*, later."""
        due = wake_at(self.borrower)
        assert due is not None, "nothing to wake for"
        self.now = max(self.now, when or due)
        return self.hears(Wake(due), **context)

    def of(self, cls: type) -> list:
        return [event for event in self.said if isinstance(event, cls)]

    def the(self, cls: type):
        """The only *cls* just said."""
        found = self.of(cls)
        assert len(found) == 1, names(self.said)
        return found[0]

    def tells(self) -> list[str]:
        return names(self.said)


def names(events: Sequence[object]) -> list[str]:
    return [type(event).__name__ for event in events]


def a_late_borrower(now: str = "03-05 10:00", since: str = "03-01", **more) -> Told:
    """Four days late, with e-mail and SMS: the first reminder is planned."""
    told = Told(at(now), more=more)
    return told.hears(opened(), profile(), late(now[:5], since))


def a_reserved_borrower(**more) -> Told:
    """The same at the time of the reminder: the slot is taken."""
    told = a_late_borrower(**more).wakes()
    assert told.borrower.step is not None, names(told.every)
    assert told.borrower.step.reservation is not None, names(told.every)
    return told


def with_strategy(**changed) -> Strategy:
    return replace(strategy(), **changed)
