"""Loans, facts and days for the tests of ingest, in as few words as possible."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count

from services.ingest.domain.borrower import Borrower, blank
from services.ingest.domain.context import Context
from services.ingest.domain.decide import decide
from services.ingest.domain.evolve import evolve
from services.ingest.domain.facts import FACTS, Posted, Recorded, identity_of
from services.ingest.domain.waking import midnight, wake_at
from shared.events import Event, Wake
from shared.events.repayments import FactVoided, Instalment, LoanOpened, PaymentReceived, PaymentReversed
from shared.refusal import Refusal

TYPES = {cls: name for name, cls in FACTS.items()}
NOON = time(12, tzinfo=UTC)
CONTEXT = Context(now=datetime(2030, 1, 1, tzinfo=UTC))


def day(text: str) -> date:
    """*text* like 2025-01-31, or 01-31 of 2025."""
    return date.fromisoformat(text if len(text) > 5 else f"2025-{text}")


def loan(*due: tuple[str, str], opened: str = "01-01", grace: int = 0, **more) -> LoanOpened:
    """A loan of instalments (due date, amount)."""
    instalments = tuple(Instalment(n, day(on), Decimal(amount)) for n, (on, amount) in enumerate(due, start=1))
    principal = sum((one.principal for one in instalments), Decimal(0))
    fields = {"loan_id": "L1", "customer_id": "C1", "product": "personal", "currency": "EUR", "principal": principal}
    return LoanOpened(**(fields | more), opened_on=day(opened), grace_days=grace, instalments=instalments)


def monthly(times: int = 12, amount: str = "100", **more) -> LoanOpened:
    """A loan of equal instalments on the 15th, the first in January 2025."""
    dates = [f"{2025 + month // 12}-{month % 12 + 1:02}-15" for month in range(times)]
    return loan(*((on, amount) for on in dates), **more)


def paid(amount: str, on: str, payment_id: str = "P1", kind: str = "repayment") -> PaymentReceived:
    """A payment on loan L1."""
    return PaymentReceived(payment_id, "L1", Decimal(amount), day(on), kind)


class Bank:
    """Core banking and the ingest house in one: posts facts, closes days, and listens to what is said."""

    def __init__(self, context: Context = CONTEXT, source: str = "/core") -> None:
        self.context, self.source, self.ids = context, source, count(1)
        self.state: Borrower = blank("C1")
        self.today: date | None = None
        self.facts: list[Recorded] = []
        self.said: list[Event] = []

    def post(self, fact: Event, on: str | date | None = None, hour: int = 12) -> Sequence[Event] | Refusal:
        """Post *fact*, recorded on *on* (default: today); only an accepted one is kept."""
        recorded_on = day(on) if isinstance(on, str) else on or self.today or date(2025, 1, 1)
        posted = self.posted(fact, recorded_on, hour)
        self.age()
        said = self._apply(posted)
        if not isinstance(said, Refusal):
            self.facts.append(Recorded(posted, posted.time + timedelta(minutes=len(self.facts))))
        return said

    def posted(self, fact: Event, recorded_on: date, hour: int = 12) -> Posted:
        """*fact* with its envelope, and with the fact it refers to."""
        at = datetime.combine(recorded_on, time(hour, tzinfo=UTC))
        posted = Posted(self.source, str(next(self.ids)), at, recorded_on, TYPES[type(fact)], fact, self.today)
        about = self._about(fact)
        if about is None:
            return posted
        is_gone = about.identity in self._gone()
        return replace(
            posted, about=about.fact, about_time=about.time, about_identity=about.identity, about_gone=is_gone
        )

    def close(self, on: str | date) -> list[Event]:
        """Close the days up to *on*; answers what was said."""
        self.today = day(on) if isinstance(on, str) else on
        return self.age()

    def age(self) -> list[Event]:
        """Apply the wakes that are due."""
        before = len(self.said)
        while self.today and (at := self.wake_at()) and at <= midnight(self.today):
            assert not isinstance(self._apply(Wake(at)), Refusal)
        return self.said[before:]

    def wake_at(self) -> datetime | None:
        """When the state wants to be looked at, by the rules of the context."""
        return wake_at(self.state, self.context.coming_due_days, self.context.changes)

    def _apply(self, heard: Posted | Wake) -> Sequence[Event] | Refusal:
        state = evolve(self.state, heard)
        said = decide(state, heard, self.context)
        if isinstance(said, Refusal):
            return said
        for event in said:
            state = evolve(state, event)
        self.state = state
        self.said += said
        return said

    def _gone(self) -> set[str]:
        """What was voided, and the reversals of voided payments."""
        known = [one.posted for one in self.facts]
        voided = {identity_of(one.fact.source, one.fact.id) for one in known if isinstance(one.fact, FactVoided)}
        reversals = [one for one in known if isinstance(one.fact, PaymentReversed)]
        return voided | {one.identity for one in reversals if one.about_identity in voided}

    def _about(self, fact: Event) -> Posted | None:
        known: Iterable[Posted] = [one.posted for one in self.facts]
        if isinstance(fact, PaymentReversed):
            found = [one for one in known if getattr(one.fact, "payment_id", None) == fact.payment_id]
            payments = [one for one in found if isinstance(one.fact, PaymentReceived)]
            return next((one for one in payments if one.identity not in self._gone()), None)
        if TYPES[type(fact)] == "fact.voided":
            return next((one for one in known if (one.source, one.id) == (fact.source, fact.id)), None)
        return None


def types_of(said: Sequence[Event] | Refusal) -> list[str]:
    """The names of what was said."""
    assert not isinstance(said, Refusal), said
    return [type(event).__name__ for event in said]
