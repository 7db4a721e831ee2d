"""The facts of core banking as they reach a borrower: what each is called, and what it needs to be known first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from shared.events import Command, Event
from shared.events.registry import FACT_TYPES
from shared.events.repayments import (
    BalanceAdjusted,
    ChargebackPosted,
    DelinquencyPaused,
    DelinquencyResumed,
    FactVoided,
    FeeCharged,
    LoanOpened,
    LoanRescheduled,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    ScheduleRestored,
    StatementIssued,
)

FACTS: Final[Mapping[str, type[Event]]] = FACT_TYPES
"""What ingest understands, by the type it is posted under."""


@dataclass(frozen=True, slots=True)
class Posted(Command):
    """One fact of core banking, with everything about it that the borrower's own facts do not say.

    `id` and `source` are CloudEvents'; `time` is when the source recorded it and `recorded_on` that instant's date in
    the business calendar (for a person's entry: the business date). `business_date` is the day we stand on, if any.
    `about` is the fact it refers to, as first posted: the payment reversed, the fact voided; `about_time` is its time,
    `about_identity` its identity, `about_type` the type it was posted under, without which the journal could not be
    read. `about_gone`: it was voided already, by itself or with the payment it reversed.
    """

    source: str
    id: str
    time: datetime
    recorded_on: date
    type: str
    fact: Event
    business_date: date | None = None
    about: Event | None = None
    about_time: datetime | None = None
    about_type: str | None = None
    about_identity: str | None = None
    about_gone: bool = False

    @property
    def identity(self) -> str:
        """Source and id as one text."""
        return identity_of(self.source, self.id)

    @property
    def at(self) -> int:
        """The second at which core banking recorded it."""
        return second_of(self.time)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact as it stands in the table of facts; `recorded_at` is when it had reached us."""

    posted: Posted
    recorded_at: datetime


def identity_of(source: str, id_: str) -> str:
    """What CloudEvents names one fact by, as one text: neither part can hold a line feed."""
    return f"{source}\n{id_}"


def as_posted(fact: Event) -> Event:
    """*fact* without what only ingest may add to it."""
    if isinstance(fact, FactVoided):
        return FactVoided(fact.source, fact.id)
    return replace(fact, amount=None, value_on=None) if isinstance(fact, PaymentReversed) else fact


def second_of(time: datetime) -> int:
    """Whole seconds since 1970, UTC."""
    return int(time.timestamp())


def loan_of(fact: Event) -> str | None:
    """The loan that *fact* is about; None for a fact about another fact."""
    loan_id: str | None = getattr(fact, "loan_id", None)
    return loan_id


def name_of(fact: Event) -> str | None:
    """The identity *fact* has in the lender's books: other content under the same name is a contradiction."""
    named = _NAMES.get(type(fact))
    return named(fact) if named else None


def names_gone_with(fact: Event) -> tuple[str, ...]:
    """The names that are free again once *fact* is voided: its own, and that of the reversal of a payment."""
    name = name_of(fact)
    own = (name,) if name else ()
    return (*own, f"reversal:{fact.payment_id}") if isinstance(fact, PaymentReceived) else own


def voided_by(posted: Posted) -> str | None:
    """The identity of the fact that *posted* voids."""
    fact = posted.fact
    return identity_of(fact.source, fact.id) if isinstance(fact, FactVoided) else None


def makes_known(fact: Event) -> tuple[str, ...]:
    """What facts that were held may wait for, and *fact* brings."""
    if isinstance(fact, DelinquencyPaused):
        return (f"pause:{fact.loan_id}",)
    name = name_of(fact)
    return (name,) if name else ()


def needs_of(fact: Event) -> tuple[str, ...]:
    """What must be known before *fact* can be taken; of several missing, the first gives the reason it is held."""
    if isinstance(fact, LoanOpened | FactVoided):
        return ()
    loan = (f"loan:{loan_of(fact)}",)
    more = _NEEDS.get(type(fact))
    return loan + more(fact) if more else loan


def about_name(fact: Event) -> str | None:
    """The name of the fact whose content must travel with *fact* as `about`; a void names it by source and id."""
    return f"payment:{fact.payment_id}" if isinstance(fact, PaymentReversed) else None


def _charged_back(fact: ChargebackPosted) -> tuple[str, ...]:
    return (f"payment:{fact.payment_id}",) if fact.payment_id else ()


_NAMES: Final[Mapping[type[Event], Callable[[Any], str]]] = MappingProxyType(
    {
        **{cls: lambda fact: f"loan:{fact.loan_id}" for cls in FACTS.values() if issubclass(cls, LoanOpened)},
        PaymentReceived: lambda fact: f"payment:{fact.payment_id}",
        PaymentReversed: lambda fact: f"reversal:{fact.payment_id}",
        PaymentFailed: lambda fact: f"attempt:{fact.attempt_id}",
        LoanRescheduled: lambda fact: f"revision:{fact.loan_id}/{fact.revision_id}",
        ScheduleRestored: lambda fact: f"restoral:{fact.loan_id}/{fact.revision_id}",
        ChargebackPosted: lambda fact: f"chargeback:{fact.chargeback_id}",
        FeeCharged: lambda fact: f"fee:{fact.fee_id}",
        BalanceAdjusted: lambda fact: f"adjustment:{fact.adjustment_id}",
        FactVoided: lambda fact: f"void:{identity_of(fact.source, fact.id)}",
        StatementIssued: lambda fact: f"statement:{fact.loan_id}/{fact.period}",
    }
)

_NEEDS: Final[Mapping[type[Event], Callable[[Any], tuple[str, ...]]]] = MappingProxyType(
    {
        PaymentReversed: lambda fact: (f"payment:{fact.payment_id}",),
        ScheduleRestored: lambda fact: (f"revision:{fact.loan_id}/{fact.revision_id}",),
        DelinquencyResumed: lambda fact: (f"pause:{fact.loan_id}",),
        ChargebackPosted: _charged_back,
    }
)
