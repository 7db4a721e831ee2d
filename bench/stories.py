"""Borrowers as the real ingest house tells of them: facts through its own core, in memory, with its real encoders."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.ingest.app import build_house, context_of
from services.ingest.domain.borrower import Borrower
from services.ingest.domain.context import Context
from services.ingest.domain.facts import FACTS, Posted
from services.ingest.settings import Settings
from services.ingest.store.rulebook import Rulebook
from shared.announcements import Announcement
from shared.events import Event, Wake
from shared.events.repayments import Instalment, LoanOpened, PaymentReceived
from shared.fold import Applied, Heard, House, Request, Said
from shared.fold.batch import Batch
from shared.fold.subject import Subject

CALLER: Final = Request("bench")
NOWHERE: Final = "postgresql+asyncpg://nobody@127.0.0.1:9/nothing"
ZONE: Final = ZoneInfo("Asia/Shanghai")
SOURCE: Final = "/bench"
AMOUNT: Final = Decimal("300.00")
TYPES: Final = {cls: name for name, cls in FACTS.items()}


@dataclass
class Teller:
    """Ingest's core, called as its shell would call it."""

    house: House[Borrower] = field(init=False)
    context: Context = field(init=False)

    def __post_init__(self) -> None:
        settings = Settings(database_url=NOWHERE, jwks_file=Path("none"), jurisdiction="CN", business_zone=ZONE.key)
        self.context = context_of(settings)
        self.house = build_house(settings, Rulebook(self.context))

    def tell(self, key: str, facts: Sequence[Event], until: date) -> "Told":
        """The life of the borrower *key*: *facts*, each on its own day, and every day up to *until* closed."""
        subject = Subject(self.house, _blank(key))
        told = Told(subject, self.house)
        for fact in facts:
            posted = posted_on(fact, day := day_of(fact))
            told.take(self._hear(subject, Heard(key, posted, CALLER), day))
        told.take(self._hear(subject, Heard(key, Wake(_midnight(until)), None), until))
        return told

    def _hear(self, subject: Subject, heard: Heard, day: date) -> Batch:
        now = datetime.combine(day, time(9), ZONE).astimezone(UTC)
        context = Context(now, jurisdiction=self.context.jurisdiction, versions=self.context.versions)
        batch = Batch(self.house, {subject.key: subject}, {subject.key: context}, now, _midnight(day))
        outcome = batch.hear(heard)
        assert heard.via is None or isinstance(outcome, Applied), outcome
        return batch


@dataclass
class Told:
    """One borrower's row, and all that was said and journaled on the way to it."""

    subject: Subject
    house: House[Borrower]
    said: list[Said] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    editions: dict[int, Any] = field(default_factory=dict)

    def take(self, batch: Batch) -> None:
        """Add what *batch* brought."""
        self.said += batch.said
        self.journal += batch.journal
        self.announcements += batch.announcements()
        self.editions |= batch.editions


def loan(number: int, opened_on: date, dues: Sequence[date]) -> LoanOpened:
    """Borrower *number*'s loan of equal instalments."""
    instalments = tuple(Instalment(n, due, AMOUNT) for n, due in enumerate(dues, 1))
    total = AMOUNT * len(dues)
    return LoanOpened(
        loan_of(number), key_of(number), "cash", "CNY", total, opened_on, jurisdiction="CN", bucket_set="cn-m",
        instalments=instalments,
    )  # fmt: skip


def payment(number: int, of: int, on: date, amount: Decimal = AMOUNT) -> PaymentReceived:
    """Payment *of* of borrower *number*."""
    return PaymentReceived(f"{loan_of(number)}-P{of}", loan_of(number), amount, on, "repayment")


def key_of(number: int) -> str:
    """The key of borrower *number*."""
    return f"C{number:06}"


def loan_of(number: int) -> str:
    """The id of borrower *number*'s only loan."""
    return f"L{number:06}"


def months(first: date, count: int) -> list[date]:
    """*count* due dates, 30 days apart."""
    return [first + timedelta(days=30 * n) for n in range(count)]


def day_of(fact: Event) -> date:
    """The day on which core banking records *fact*."""
    named: date = fact.opened_on if isinstance(fact, LoanOpened) else fact.value_on  # type: ignore[attr-defined]
    return named


def posted_on(fact: Event, day: date) -> Posted:
    """*fact* as posted at eight in the morning of *day*."""
    at = datetime.combine(day, time(8), ZONE).astimezone(UTC)
    id_ = f"{getattr(fact, 'payment_id', None) or getattr(fact, 'loan_id', '')}-{type(fact).__name__}"
    return Posted(SOURCE, id_, at, day, TYPES[type(fact)], fact, day)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _blank(key: str) -> Any:
    """The row of a borrower never heard of."""
    return SimpleNamespace(
        key=key, said=0, last_id=None, heard=[], heard_ids=[], position=0, parked=(), body=b"", schema=0, wake_at=None
    )
