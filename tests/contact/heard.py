"""What the sources say in a story: a ledger with value dates, that says what ingest does, and a borrower's voice."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from shared.events import (
    ArrangementAgreed,
    ArrangementBroken,
    BalanceAdjusted,
    ComplaintRaised,
    ComplaintResolved,
    ConsentGiven,
    ConsentWithdrawn,
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
    Reading,
    ReplyReceived,
    Scope,
)
from tests.contact.borrowers import at, opened
from tests.contact.forbidden import HOME, LOANS, NOTHING

START = date(2026, 3, 2)
BEGINS = at("03-02 10:00")
INSTALMENT = Decimal(100)
DAYS, EVERY, BEFORE = 16, 4, 3


@dataclass
class Ledger:
    """One loan: what is due when, the money by its value date, and what was last said of it."""

    loan: str
    chance: Random
    paid: dict[str, tuple[date, Decimal]] = field(default_factory=dict)
    dues: dict[date, Decimal] = field(default_factory=dict)
    said: Decimal = NOTHING
    told_of: date = date.min
    facts: list = field(default_factory=list)

    def __post_init__(self) -> None:
        first = self.chance.randint(-2, 3)
        self.dues = {START + timedelta(days=first + EVERY * number): INSTALMENT for number in range(5)}
        self.months = self.chance.randint(0, 3)

    def owed(self, today: date, until: date) -> Decimal:
        """What is due up to *until* (inclusive), less all money that counts by *today*."""
        due = sum((money for on, money in self.dues.items() if on <= until), NOTHING)
        return max(NOTHING, due - sum((money for on, money in self.paid.values() if on <= today), NOTHING))

    def tell(self, today: date) -> None:
        """Say the figure when it changed, and a cure."""
        owed, was = self.owed(today, today - timedelta(days=1)), self.said
        if owed == was:
            return
        self.said = owed
        since = min(self.dues) - timedelta(days=30 * self.months) if owed else None
        stage = ("early", "early", "middle", "late")[self.months] if owed else "current"
        self.facts.append(DelinquencyChanged(self.loan, today, owed, "CNY", stage=stage, overdue_since=since))
        if was and not owed:
            self.facts.append(LoanCured(self.loan, today, "payment", START))

    def announce(self, today: date) -> None:
        """Say once what comes due within the next days."""
        for number, due_on in enumerate(self.dues, start=1):
            ahead = (due_on - today).days
            unpaid = min(INSTALMENT, self.owed(today, due_on))
            if 0 <= ahead <= BEFORE and due_on > self.told_of and unpaid:
                self.told_of = due_on
                self.facts.append(InstalmentComingDue(self.loan, number, due_on, unpaid, "CNY", ahead))

    def pay(self, today: date) -> None:
        """Accept money that counts today or later, take some back, or correct what is owed."""
        move, known = self.chance.random(), f"{self.loan}-{today}"
        if move < 0.4:
            value_on = today + timedelta(days=self.chance.choice((0, 0, 1, 3, 6)))
            money = Decimal(self.chance.choice((40, 100, 100, 160, 300)))
            self.paid[known] = (value_on, money)
            self.facts.append(PaymentReceived(known, self.loan, money, value_on, "repayment"))
        elif move < 0.5 and self.paid:
            gone = self.chance.choice(sorted(self.paid))
            del self.paid[gone]
            self.facts.append(PaymentReversed(gone, self.loan, today))
        elif move < 0.6:
            self.facts.append(BalanceAdjusted(known, self.loan, "fees", Decimal(-1), today, "correction"))


def repayments(ledgers: list[Ledger]) -> list:
    """What ingest says, day by day: what came due or counts by now, what comes due, and what happens that day."""
    facts: list = [opened(ledger.loan, jurisdiction="TIGHT") for ledger in ledgers]
    for number in range(DAYS):
        today = START + timedelta(days=number)
        for ledger in ledgers:
            ledger.tell(today)
            ledger.announce(today)
            ledger.pay(today)
            ledger.tell(today)
            facts += ledger.facts
            ledger.facts = []
    return facts


def ledgers(chance: Random) -> list[Ledger]:
    """Both loans."""
    return [Ledger(loan, chance) for loan in LOANS]


KINDS = (
    "promise", "promise", "dispute", "dispute", "arrangement", "stop", "stop-channel", "reply", "hardship", "claim",
    "complaint", "consent", "consent", "consent", "slot", "days", "window", "block",
)  # fmt: skip


def voices(chance: Random) -> list:
    """What feedback says: things begun, and most of them ended, in order; a window is preferred once at most."""
    facts: list = []
    for number, kind in enumerate(chance.sample(KINDS, k=chance.randint(0, 8))):
        begins, over = _voice(kind, f"{kind}-{number}", chance, BEGINS + timedelta(minutes=10 * number))
        facts += [begins, *([over] if over is not None and chance.random() < 0.8 else [])]
    return facts


def _voice(kind: str, known: str, chance: Random, said: datetime):
    loan = chance.choice(LOANS)
    return (_case(kind, known, loan, chance) or _wish(kind, known, chance, said))[kind]


def _case(kind: str, known: str, loan: str, chance: Random) -> dict | None:
    today, money = START, Decimal("50.00")
    until = today + timedelta(days=chance.randint(0, 9))
    found = chance.choice(("upheld", "partly_upheld", "rejected", "withdrawn"))
    why = chance.choice(("amount", "not_mine", "identity_theft"))
    cases = {
        "promise": (
            PromiseMade(known, (loan,), money, "CNY", today, 0),
            PromiseBroken(known, (loan,), today, Decimal(0), money, "CNY"),
        ),
        "dispute": (DisputeRaised(known, (loan,), why, today), DisputeResolved(known, (loan,), found, today)),
        "arrangement": (
            ArrangementAgreed(known, "extension", (loan,), "CNY", (), today),
            ArrangementBroken(known, (loan,), "missed", today, "CNY"),
        ),
        "claim": (
            HardshipClaimed(known, (loan,), "short_relief", "short", today),
            HardshipDeclined(known, (loan,), "no_evidence", today),
        ),
        "hardship": (
            HardshipConfirmed(known, (loan,), "short_relief", "short", today, until),
            HardshipEnded(known, (loan,), "recovered", today),
        ),
        "complaint": (
            ComplaintRaised(known, "conduct", today, until),
            ComplaintResolved(known, found, "none", today),
        ),
    }
    return cases if kind in cases else None


def _wish(kind: str, known: str, chance: Random, said: datetime) -> dict:
    channel = chance.choice(("email", "sms"))
    way = Scope("channel", channel=channel)
    last = START + timedelta(days=chance.randint(0, 9))
    end = datetime.combine(last + timedelta(days=1), time(), HOME)
    opens = chance.randint(8, 18)
    hours = {"from_time": time(opens), "until_time": time(opens + 2), "until": chance.choice((end, None))}
    reading = (Reading("dispute", Decimal("0.4"), certain=False),)
    return {
        "stop": (ContactStopped(known, Scope("loans", (chance.choice(LOANS),)), said), None),
        "stop-channel": (ContactStopped(known, way, said), None),
        "reply": (ReplyReceived(known, "sms", said, reading), None),
        "consent": (
            ConsentGiven(known, "channel", way, said, chance.choice((last, last, None))),
            ConsentWithdrawn(known, said + timedelta(minutes=5)) if chance.random() < 0.3 else None,
        ),
        "slot": (
            PreferenceStated(known, "inconvenient_slot", said, channel=chance.choice((channel, None)), **hours),
            None,
        ),
        "window": (PreferenceStated(known, "preferred_window", said, **hours), None),
        "days": (PreferenceStated(known, "inconvenient_days", said, days=("TUE", "THU")), None),
        "block": (PreferenceStated(known, "channel_block", said, channel=channel, until=hours["until"]), None),
    }
