"""The day each event gives itself: what dates a feature, whenever the event may arrive."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, timedelta
from operator import attrgetter
from typing import Any, Final

from shared.events import (
    ArrangementAgreed,
    ArrangementBroken,
    ArrangementCompleted,
    ArrangementOffered,
    ArrangementRefused,
    ArrangementRequested,
    ChargebackPosted,
    ContactReported,
    ConversationHeld,
    DelinquencyChanged,
    Event,
    InstalmentMissed,
    LoanChargedOff,
    LoanClosed,
    LoanCured,
    LoanImported,
    LoanOpened,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    PromiseBroken,
    PromiseKept,
    PromisePartlyKept,
    PromiseRejudged,
    ReplyReceived,
    StatementIssued,
)

Dating = Callable[[Any], date]


def _day_after_due(event: InstalmentMissed) -> date:
    """Due today is not missed."""
    return min(event.due_on, date.max - timedelta(days=1)) + timedelta(days=1)


TOLD_ON: Final[Mapping[type[Event], Dating]] = {
    LoanOpened: attrgetter("opened_on"),
    LoanImported: attrgetter("as_of"),
    LoanClosed: attrgetter("on"),
    LoanChargedOff: attrgetter("on"),
    StatementIssued: attrgetter("issued_on"),
    PaymentReceived: attrgetter("value_on"),
    PaymentReversed: attrgetter("reversed_on"),
    PaymentFailed: attrgetter("failed_on"),
    ChargebackPosted: attrgetter("value_on"),
    InstalmentMissed: _day_after_due,
    DelinquencyChanged: attrgetter("as_of"),
    LoanCured: attrgetter("on"),
}
"""Repayments that show up to which day the bank has told; changed terms do not, they may lie in the future."""

HEARD_ON: Final[Mapping[type[Event], Dating]] = {
    **TOLD_ON,
    PromiseKept: attrgetter("judged_on"),
    PromisePartlyKept: attrgetter("judged_on"),
    PromiseBroken: attrgetter("judged_on"),
    PromiseRejudged: attrgetter("judged_on"),
    ArrangementRequested: attrgetter("requested_on"),
    ArrangementRefused: attrgetter("refused_on"),
    ArrangementOffered: attrgetter("offered_on"),
    ArrangementAgreed: attrgetter("agreed_on"),
    ArrangementBroken: attrgetter("judged_on"),
    ArrangementCompleted: attrgetter("completed_on"),
    ReplyReceived: lambda event: event.received_at.astimezone(UTC).date(),
    ConversationHeld: lambda event: event.started_at.astimezone(UTC).date(),
    ContactReported: lambda event: event.at.astimezone(UTC).date(),
}


def own_day(event: Event) -> date | None:
    """The day *event* is about, by its own word; None when it names none that lies behind it."""
    dating = HEARD_ON.get(type(event))
    return dating(event) if dating else None
