"""Who says what: every event by its topic and its name, every topic by its house, every posted fact by its type.

An event dataclass is published by being defined in one of its topic's modules.
"""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Final

from shared.events import agreements, contacts, feedback, lateness, repayments, risk
from shared.events.base import Event


def _events_of(*modules: ModuleType) -> Mapping[str, type[Event]]:
    """The events that *modules* define, by the name they are published under, in the order they are written."""
    classes = [value for module in modules for value in vars(module).values() if _is_event_of(module, value)]
    return MappingProxyType({type_name(cls): cls for cls in classes})


def _is_event_of(module: ModuleType, value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Event) and value.__module__ == module.__name__


def type_name(cls: type[Event]) -> str:
    """The name *cls* is published under, its `ce_type`."""
    return cls.__name__


TOPICS: Final[Mapping[str, Mapping[str, type[Event]]]] = MappingProxyType(
    {
        "collections.repayments.v1": _events_of(repayments, lateness),
        "collections.risk.v1": _events_of(risk),
        "collections.contacts.v1": _events_of(contacts),
        "collections.feedback.v1": _events_of(feedback, agreements),
    }
)

SOURCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ingest": "collections.repayments.v1",
        "scoring": "collections.risk.v1",
        "contact": "collections.contacts.v1",
        "feedback": "collections.feedback.v1",
    }
)
"""Which topic each house writes; nobody else writes it."""

EVENT_TYPES: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {name: cls for types in TOPICS.values() for name, cls in types.items()}
)

FACT_TYPES: Final[Mapping[str, type[Event]]] = MappingProxyType(
    {
        "loan.opened": repayments.LoanOpened,
        "loan.imported": repayments.LoanImported,
        "balance.stated": repayments.BalanceStated,
        "balance.adjusted": repayments.BalanceAdjusted,
        "loan.accelerated": repayments.LoanAccelerated,
        "fact.voided": repayments.FactVoided,
        "loan.classified": repayments.LoanClassified,
        "loan.rescheduled": repayments.LoanRescheduled,
        "loan.schedule_restored": repayments.ScheduleRestored,
        "loan.closed": repayments.LoanClosed,
        "loan.charged_off": repayments.LoanChargedOff,
        "statement.issued": repayments.StatementIssued,
        "payment.received": repayments.PaymentReceived,
        "payment.reversed": repayments.PaymentReversed,
        "payment.failed": repayments.PaymentFailed,
        "chargeback.posted": repayments.ChargebackPosted,
        "fee.charged": repayments.FeeCharged,
        "delinquency.paused": repayments.DelinquencyPaused,
        "delinquency.resumed": repayments.DelinquencyResumed,
    }
)
"""What core banking posts, by the CloudEvents type it posts it under."""

FACT_FIELDS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({"loan.classified": {"class": "asset_class"}})
"""Names in posted data that Python cannot take for a field, and the field that stands for them."""
