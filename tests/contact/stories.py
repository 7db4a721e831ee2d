"""Stories for the laws of contact: three sources and the clock in any order, and a model of what is forbidden.

The model follows the facts beside the house, in a few lines, and knows of the borrower nothing else.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from random import Random
from zoneinfo import ZoneInfo

from services.contact.domain import commands
from services.contact.domain.borrower import Borrower, Step, blank
from services.contact.domain.context import Hearing
from services.contact.domain.decide import decide
from services.contact.domain.evolve import evolve
from services.contact.domain.gate.pack import Pack, Packs, parse_pack
from services.contact.domain.strategy import Strategy, parse_strategy
from services.contact.domain.waking import wake_at
from shared.events import (
    ArrangementAgreed,
    ArrangementBroken,
    ContactReserved,
    ContactStopped,
    DelinquencyChanged,
    DisputeRaised,
    DisputeResolved,
    LoanCured,
    PaymentReceived,
    PromiseBroken,
    PromiseMade,
    Reading,
    ReplyReceived,
    Scope,
    Wake,
)
from shared.refusal import Refusal
from tests.contact.borrowers import assessed, at, default_data, knowing, opened, packs, profile, templates

LOANS = ("L1", "L2")
START = date(2026, 3, 2)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BEGINS = at("03-02 10:00")
CAP, CAP_DATES = 2, 4
OPENS, CLOSES = time(8), time(20)


@cache
def tight_packs() -> Packs:
    """A jurisdiction with short hours and a cap over every channel, so that both bite."""
    common = {"text": "t", "source": "s", "force": "house", "certainty": "own", "effective_from": "2020-01-01"}
    hours = {"id": "T-hours", "kind": "contact_window", "channels": ["outbound"], "open": {"MON-SUN": ["08:00-20:00"]}}
    often = {"id": "T-cap", "kind": "frequency_cap", "channels": ["outbound"], "counts": "dials"}
    rules = [{**hours, **common}, {**often, **common, "limit": CAP, "n": CAP_DATES}]
    zones = {"zone": "Asia/Shanghai", "zones": ["Asia/Shanghai"]}
    pack = parse_pack({"name": "TIGHT", "title": "T", "version": "1", "rules": rules, **zones})
    assert isinstance(pack, Pack), pack
    return Packs([pack, packs().by_name["HOUSE"]])


@cache
def eager() -> Strategy:
    """The strategy that ships, without patience: nothing but the gate holds it back."""
    data = default_data()
    for rung in data["ladder"]:
        rung.update(from_day=0, wait_days=0, needs_approval=False)
    found = parse_strategy(data)
    assert isinstance(found, Strategy), found
    return found


@dataclass
class Model:
    """What is forbidden: by loan what is owed as far as heard, and what stands open."""

    owed: dict[str, Decimal] = field(default_factory=dict)
    stands: set[tuple[str, str]] = field(default_factory=set)

    def hears(self, fact: object) -> None:
        loan, amount = getattr(fact, "loan_id", ""), self.owed.get(getattr(fact, "loan_id", ""), Decimal(0))
        if isinstance(fact, DelinquencyChanged):
            self.owed[loan] = fact.delinquent_amount
        if isinstance(fact, PaymentReceived):
            self.owed[loan] = amount - fact.amount
        if isinstance(fact, BEGIN):
            self.stands |= {(loan, _id(fact)) for loan in _loans(fact)}
        if isinstance(fact, END):
            self.stands = {(loan, known) for loan, known in self.stands if known != _id(fact)}

    def forbids(self, reserved: ContactReserved) -> bool:
        return any(self.forbids_loan(loan) for loan in reserved.loan_ids)

    def forbids_step(self, step: Step | None) -> bool:
        """A plan falls with the last of its loans, a reservation with the first."""
        falls = any if step is not None and step.reservation is not None else all
        return step is not None and falls(self.forbids_loan(loan) for loan in step.loan_ids)

    def forbids_loan(self, loan: str) -> bool:
        return self.owed.get(loan, Decimal(0)) <= 0 or any(loan == held for held, _ in self.stands)


BEGIN = (PromiseMade, DisputeRaised, ArrangementAgreed, ContactStopped, ReplyReceived)
END = (PromiseBroken, DisputeResolved, ArrangementBroken)


def _id(fact: object) -> str:
    names = ("promise_id", "dispute_id", "arrangement_id", "stop_id", "reply_id")
    return next(getattr(fact, name) for name in names if hasattr(fact, name))


def _loans(fact: object) -> tuple[str, ...]:
    about = fact.scope.loan_ids if isinstance(fact, ContactStopped) else fact.loan_ids
    return about or LOANS


def repayments(chance: Random) -> list:
    """What ingest says: instalments missed and money that comes, loan by loan, each figure after its payment."""
    facts: list = [opened(loan, jurisdiction="TIGHT") for loan in LOANS]
    owed = dict.fromkeys(LOANS, Decimal(0))
    for number in range(chance.randint(2, 14)):
        loan, today = chance.choice(LOANS), START + timedelta(days=number)
        change = chance.choice((100, 100, 100, -40, -100, -300))
        if change < 0:
            facts.append(PaymentReceived(f"P{number}", loan, Decimal(-change), today, "repayment"))
        was, owed[loan] = owed[loan], max(Decimal(0), owed[loan] + change)
        facts.append(_figure(loan, owed[loan], today, chance.randint(0, 3)))
        if was and not owed[loan]:
            facts.append(LoanCured(loan, today, "payment", START))
    return facts


def _figure(loan: str, owed: Decimal, today: date, months: int) -> DelinquencyChanged:
    since = START - timedelta(days=30 * months) if owed else None
    stage = ("early", "early", "middle", "late")[months] if owed else "current"
    return DelinquencyChanged(loan, today, owed, "CNY", stage=stage, overdue_since=since)


def voices(chance: Random) -> list:
    """What feedback says: things begun, and most of them ended, in order."""
    facts: list = []
    for number in range(chance.randint(0, 6)):
        kind = chance.choice(("promise", "promise", "dispute", "dispute", "arrangement", "stop", "reply"))
        begins, over = _voice(kind, f"{kind}-{number}", chance.choice(LOANS))
        facts += [begins, *([over] if over is not None and chance.random() < 0.8 else [])]
    return facts


def _voice(kind: str, known: str, loan: str):
    today, money = START, Decimal("50.00")
    reading = (Reading("dispute", Decimal("0.4"), certain=False),)
    return {
        "promise": (
            PromiseMade(known, (loan,), money, "CNY", today, 0),
            PromiseBroken(known, (loan,), today, Decimal(0), money, "CNY"),
        ),
        "dispute": (
            DisputeRaised(known, (loan,), "amount", today),
            DisputeResolved(known, (loan,), "rejected", today),
        ),
        "arrangement": (
            ArrangementAgreed(known, "extension", (loan,), "CNY", (), today),
            ArrangementBroken(known, (loan,), "missed", today, "CNY"),
        ),
        "stop": (ContactStopped(known, Scope("loans", (loan,)), at("03-02 10:00")), None),
        "reply": (ReplyReceived(known, "sms", at("03-02 10:00"), reading), None),
    }[kind]


MOVES = (
    "ingest",
    "ingest",
    "feedback",
    "scoring",
    "wake",
    "wake",
    "wake",
    "deaf",
    "later",
    "result",
    "result",
    "result",
)
RESULTS = ("accepted", "accepted", "rejected", "not-begun", "late", "unclear")
MOVES_MAX = 90


@dataclass
class Story:
    """A borrower to whom all this happens, and everything that was heard and said."""

    streams: dict[str, list]
    now: datetime = BEGINS
    borrower: Borrower = field(default_factory=lambda: blank("C1"))
    model: Model = field(default_factory=Model)
    journal: list = field(default_factory=list)
    said: list = field(default_factory=list)
    freed: set[str] = field(default_factory=set)

    def move(self, move: str, hours: int, result: str) -> None:
        stream = self.streams.get(move)
        due = wake_at(self.borrower)
        if stream:
            self.hear(stream.pop(0))
        elif move == "later":
            self.now += timedelta(hours=hours)
        elif move in ("wake", "deaf") and due is not None:
            self.now = max(self.now, due)
            self.hear(Wake(due), heard_out=move == "wake")
        open_ones = [one.attempt_id for one in self.borrower.contacts if one.outcome in ("reserved", "withdrawn")]
        if move == "result" and open_ones:
            self.hear(_result(open_ones[0], result))

    def hear(self, fact: object, *, heard_out: bool = True) -> None:
        """As the fold does it; nothing that was said before may forbid what is said now."""
        context = knowing(self.now, packs=tight_packs(), strategy=eager(), templates=templates())
        context = replace(context, heads=Hearing(heard_out=heard_out, business_date=self.now.date()))
        self.model.hears(fact)
        if isinstance(fact, commands.NoteRefusedBySwitch | commands.NoteMissedWindow | commands.NoteWithdrawn):
            self.freed.add(fact.attempt_id)
        before = self.borrower
        state = evolve(before, fact)
        found = decide(state, fact, context)
        assert not isinstance(found, Refusal), found
        if not heard_out:
            assert not any(isinstance(event, ContactReserved) for event in found)
        for event in found:
            assert not isinstance(event, ContactReserved) or not self.model.forbids(event), event
            state = evolve(state, event)
        self.borrower = state
        assert not self.model.forbids_step(state.step), state.step
        self.journal += [fact, *found]
        self.said += found


def _result(attempt: str, result: str):
    return {
        "accepted": commands.NoteAccepted(attempt),
        "rejected": commands.NoteRejected(attempt, "rejected"),
        "not-begun": commands.NoteRefusedBySwitch(attempt),
        "late": commands.NoteMissedWindow(attempt),
        "unclear": commands.NoteUnclear(attempt, "timeout"),
    }[result]


def told(chance: Random) -> Story:
    """One story, with the moves in any order."""
    story = Story({"ingest": repayments(chance), "feedback": voices(chance), "scoring": [assessed(90, 10)]})
    story.hear(profile(jurisdiction="TIGHT"))
    for _ in range(MOVES_MAX):
        story.move(chance.choice(MOVES), chance.randint(1, 60), chance.choice(RESULTS))
    return story
