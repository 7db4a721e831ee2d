"""What is ready to be sent, what may be begun of it now, and what came of a call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.contact.gateways import Accepted, Outgoing, Rejected, Result, Unclear
from services.contact.store.attempts import Attempt, Closing, Written
from services.contact.store.messages import Message
from services.contact.store.switches import Thrown


@dataclass(frozen=True, slots=True)
class Ready:
    """An attempt whose message is made, and what is written down of it."""

    attempt: Attempt
    message: Outgoing
    written: Written


def made_ready(attempt: Attempt, message: Message) -> Ready:
    """*attempt* with its *message*, as a call takes it."""
    outgoing = Outgoing(attempt.reference, attempt.channel, message.to, message.subject, message.body)
    return Ready(attempt, outgoing, Written(attempt.attempt_id, message.request_hash, message.text_hash))


def sift(ready: Sequence[Ready], thrown: Thrown, now: datetime) -> tuple[list[Ready], list[Closing]]:
    """What may be begun at *now*, and what is stopped; a second attempt at a contact may not begin beside the first."""
    stopped: dict[str, str] = {}
    first: dict[str, Ready] = {}
    for one in ready:
        attempt = one.attempt
        if thrown.stops(_scopes(attempt)):
            stopped[attempt.attempt_id] = "kill-switch"
        elif attempt.send_by is not None and now >= attempt.send_by:
            stopped[attempt.attempt_id] = "late"
        else:
            first.setdefault(attempt.contact_id, one)
    return list(first.values()), [Closing(id_, "cancelled", reason) for id_, reason in stopped.items()]


def closing_of(attempt_id: str, result: Result) -> Closing:
    """What is written down of an answer."""
    match result:
        case Accepted(provider_ref, cost, currency):
            return Closing(attempt_id, "accepted", None, provider_ref, cost, currency)
        case Rejected(reason):
            return Closing(attempt_id, "rejected", reason)
        case Unclear(reason):
            return Closing(attempt_id, "unknown", reason)


def _scopes(attempt: Attempt) -> dict[str, str | None]:
    """What the scopes of a switch see of an attempt; None is unknown."""
    return {
        "channel": attempt.channel,
        "provider": attempt.provider,
        "strategy": attempt.strategy,
        "segment": attempt.segment,
        "borrower": attempt.key,
    }
