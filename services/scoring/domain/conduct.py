"""What contacts and feedback tell of the borrower's conduct: answers, promises and arrangements.

A cause, a hardship, a vulnerability, a dispute, a complaint, a stop or a survey changes nothing here: what they call
for they route by themselves, and nobody scores worse for using a right.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

from services.scoring.domain.history import ANSWERS_KEPT, MONTHS_KEPT, Answered, Arrangement, Borrower, Judged
from services.scoring.domain.schedule import month_of
from services.scoring.domain.tallies import with_month
from shared.events import (
    ArrangementAgreed,
    ArrangementBroken,
    ArrangementCompleted,
    ArrangementOffered,
    ArrangementRefused,
    ArrangementRequested,
    ContactFailed,
    ContactReported,
    ContactSent,
    ConversationHeld,
    Event,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromisePartlyKept,
    PromiseRejudged,
    PromiseSuperseded,
    ReplyReceived,
)

Change: TypeAlias = Callable[[Borrower, Any], Borrower]
AFTER_SENDING: Final = frozenset({"address-invalid", "expired", "undelivered"})
"""Failures of a contact that had been announced as sent; the others never counted."""


def _not_deliver(borrower: Borrower, event: ContactFailed) -> Borrower:
    """Silence is held against nobody whom the contact did not reach."""
    return replace(borrower, undelivered=borrower.undelivered + (event.reason in AFTER_SENDING))


def _speak(borrower: Borrower, event: ConversationHeld) -> Borrower:
    if event.person_reached != "debtor":
        return borrower
    return replace(borrower, spoken=_with_answer(borrower.spoken, event.channel, event.started_at))


def _report(borrower: Borrower, event: ContactReported) -> Borrower:
    """Others' calls count as contacts when they went out, and as an answer when the borrower spoke."""
    sent = borrower.sent + (event.direction == "out")
    if event.person_reached != "debtor" or event.outcome != "conversation":
        return replace(borrower, sent=sent)
    return replace(borrower, sent=sent, spoken=_with_answer(borrower.spoken, event.channel, event.at))


def _reply(borrower: Borrower, event: ReplyReceived) -> Borrower:
    return replace(borrower, replied=_with_answer(borrower.replied, event.channel, event.received_at))


def _count(field: Literal["sent", "promised"], by: int) -> Change:
    def count(borrower: Borrower, _: Event) -> Borrower:
        return replace(borrower, **{field: max(0, getattr(borrower, field) + by)})

    return count


def _judge(verdict: str) -> Change:
    def judge(borrower: Borrower, event: PromiseKept | PromisePartlyKept | PromiseBroken) -> Borrower:
        month = month_of(event.judged_on)
        return replace(borrower, judged=_with_verdict(borrower.judged, month, verdict, 1))

    return judge


def _rejudge(borrower: Borrower, event: PromiseRejudged) -> Borrower:
    """The new verdict takes the place of the old one, in the month of the latest promise so judged."""
    before, verdict = VERDICTS[event.before], VERDICTS[event.verdict]
    month = next((row.month for row in reversed(borrower.judged) if getattr(row, before)), month_of(event.judged_on))
    judged = _with_verdict(borrower.judged, month, before, -1)
    return replace(borrower, judged=_with_verdict(judged, month, verdict, 1))


def _arrange(state: Arrangement) -> Change:
    def arrange(borrower: Borrower, _: Event) -> Borrower:
        return replace(borrower, arrangement=state)

    return arrange


def _break(borrower: Borrower, event: ArrangementBroken) -> Borrower:
    """Only missed instalments are the borrower's; a core that refused or kept silent is not."""
    if event.reason != "missed":
        return replace(borrower, arrangement="none")
    return replace(borrower, arrangement="broken", arrangements_broken=borrower.arrangements_broken + 1)


VERDICTS: Final[Mapping[str, str]] = {"kept": "kept", "partly_kept": "partly", "broken": "broken"}

CONDUCT_CHANGES: Final[Mapping[type[Event], Change]] = {
    ContactSent: _count("sent", 1),
    ContactFailed: _not_deliver,
    ConversationHeld: _speak,
    ContactReported: _report,
    ReplyReceived: _reply,
    PromiseMade: _count("promised", 1),
    PromiseSuperseded: _count("promised", -1),
    PromiseKept: _judge("kept"),
    PromisePartlyKept: _judge("partly"),
    PromiseBroken: _judge("broken"),
    PromiseRejudged: _rejudge,
    ArrangementRequested: _arrange("requested"),
    ArrangementRefused: _arrange("refused"),
    ArrangementOffered: _arrange("offered"),
    ArrangementAgreed: _arrange("agreed"),
    ArrangementBroken: _break,
    ArrangementCompleted: _arrange("completed"),
}


def _with_verdict(rows: tuple[Judged, ...], month: int, verdict: str, by: int) -> tuple[Judged, ...]:
    def change(row: Judged) -> Judged:
        return row._replace(**{verdict: max(0, getattr(row, verdict) + by)})

    return with_month(rows, month, Judged(month, 0, 0, 0), change, MONTHS_KEPT)


def _with_answer(rows: tuple[Answered, ...], channel: str, at: datetime) -> tuple[Answered, ...]:
    """One more answer on *channel* in that hour; beyond the limit the rarest pair is forgotten."""
    hour = at.astimezone(UTC).hour
    same = [row for row in rows if (row.channel, row.hour) == (channel, hour)]
    counted = Answered(channel, hour, 1 + sum(row.times for row in same))
    others = sorted((row for row in rows if row not in same), key=lambda row: (-row.times, row.channel, row.hour))
    return (*others[: ANSWERS_KEPT - 1], counted)
