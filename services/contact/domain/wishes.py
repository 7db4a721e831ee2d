"""What the borrower asked for, agreed to and told: remembered as it was said, obeyed from the moment it is heard."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import time
from types import MappingProxyType
from typing import Any, Final

from services.contact.domain.borrower import WISHES_MAX, Borrower, Consent, Contact, Wish
from services.contact.domain.commands import HearReply
from services.contact.domain.contacting import attempt_of, with_contact
from services.contact.domain.gate.reading import WEEKDAYS
from shared.events import (
    AddressInvalid,
    CauseStated,
    ConsentGiven,
    ConsentWithdrawn,
    HardshipClaimed,
    HardshipConfirmed,
    HardshipDeclined,
    HardshipEnded,
    PreferenceStated,
    ReplyReceived,
)

SINGLE: Final = frozenset({"agreed_attempts", "language", "preferred_channel"})
"""Wishes of which only the last one stated counts."""
WAYS: Final = frozenset({"address", "channel", "everything"})
"""Scopes that tell by which way somebody agreed to be reached."""
END_OF_DAY: Final = 1440


def note_wish(borrower: Borrower, event: PreferenceStated) -> Borrower:
    """A wish; when there are more than the house can keep, the ones that ended go first (see `is_overwhelmed`)."""
    wish = Wish(
        kind=event.kind,
        stated_on=event.stated_at.date(),
        channel=event.channel,
        address_ref=event.address_ref,
        place=event.place,
        days=tuple(WEEKDAYS.index(day) for day in event.days),
        opens=_minutes(event.from_time, 0),
        closes=_minutes(event.until_time, END_OF_DAY) or END_OF_DAY,
        limit=event.limit_per_day,
        language=event.language,
        until=event.until,
    )
    kept = [old for old in borrower.wishes if old.kind not in SINGLE or old.kind != event.kind]
    running = [old for old in kept if old.until is None or old.until > event.stated_at]
    return replace(borrower, wishes=(*running, wish)[: WISHES_MAX + 1])


def is_overwhelmed(borrower: Borrower) -> bool:
    """Whether the borrower wishes for more than can be kept: a person must look."""
    return len(borrower.wishes) > WISHES_MAX


def _minutes(at: time | None, otherwise: int) -> int:
    return otherwise if at is None else at.hour * 60 + at.minute


def note_consent(borrower: Borrower, event: ConsentGiven) -> Borrower:
    """What was agreed to; a consent to further calls is a word from the borrower that the caps look at.

    To be reached about one loan, or at a place, is no consent to every channel.
    """
    scope = event.scope
    if event.matter == "channel" and scope.kind not in WAYS:
        return borrower
    given = Consent(event.consent_id, event.matter, event.given_at, scope.channel, scope.address_ref, event.expires_on)
    borrower = replace(borrower, consents=(*_beside(given, borrower.consents), given))
    if event.matter != "further_calls":
        return borrower
    word = Contact(event.given_at, "phone", "consent_to_calls", scope.loan_ids, inbound=True)
    return with_contact(borrower, word)


def _beside(given: Consent, consents: tuple[Consent, ...]) -> Iterator[Consent]:
    """The consents that still tell something beside *given*: those that stand, and, if it has an end, the last no."""
    taken_back = [one for one in consents if _same_matter(one, given) and one.withdrawn_at is not None]
    last = max(taken_back, key=lambda one: one.withdrawn_at or one.given_at, default=None)
    for one in consents:
        if one not in taken_back or (one == last and given.expires_on is not None):
            yield one


def _same_matter(one: Consent, other: Consent) -> bool:
    return (one.matter, one.channel, one.address_ref) == (other.matter, other.channel, other.address_ref)


def take_consent_back(borrower: Borrower, event: ConsentWithdrawn) -> Borrower:
    """Effective at once."""
    consents = tuple(
        one._replace(withdrawn_at=event.withdrawn_at) if one.id == event.consent_id else one
        for one in borrower.consents
    )
    return replace(borrower, consents=consents)


def note_reply(borrower: Borrower, event: ReplyReceived) -> Borrower:
    """A word from the borrower; a reading confirmed later is no second word."""
    if event.confirmed_by_person:
        return borrower
    word = Contact(event.received_at, event.channel, "received", event.loan_ids, inbound=True)
    return with_contact(borrower, word)


def note_word(borrower: Borrower, command: HearReply) -> Borrower:
    """A word from the borrower, once; the caps and the rules on replies look at it."""
    if any(one.inbound and one.contact_id == command.reply_id for one in borrower.contacts):
        return borrower
    loans = answered_loans(borrower, command)
    word = Contact(command.at, command.channel, "received", loans, contact_id=command.reply_id, inbound=True)
    return with_contact(borrower, word)


def answered_loans(borrower: Borrower, command: HearReply) -> tuple[str, ...]:
    """The loans of the message that was answered, while it is remembered."""
    attempt = None if command.attempt_id is None else attempt_of(borrower, command.attempt_id)
    return () if attempt is None else attempt.loan_ids


def note_dead_address(borrower: Borrower, event: AddressInvalid) -> Borrower:
    """Nothing is sent there any more; another address has another reference."""
    return without_address(borrower, event.address_ref)


def without_address(borrower: Borrower, address_ref: str) -> Borrower:
    """The borrower as not to be reached there."""
    profile = borrower.profile
    known = profile is None or any(entry.address_ref == address_ref for entry in profile.channels)
    if not known or address_ref in borrower.invalid:
        return borrower
    return replace(borrower, invalid=(*borrower.invalid, address_ref)[-INVALID_MAX:])


INVALID_MAX: Final = 32


def note_cause(borrower: Borrower, event: CauseStated) -> Borrower:
    """How the cause is to be handled, over the horizon stated."""
    return replace(borrower, situation=_over(event.handling, event.horizon))


def note_hardship(borrower: Borrower, event: HardshipClaimed | HardshipConfirmed) -> Borrower:
    """The same of a hardship."""
    return replace(borrower, situation=_over(event.handling, event.horizon))


def forget_hardship(borrower: Borrower, _event: HardshipDeclined | HardshipEnded) -> Borrower:
    """What was declared counts no more."""
    return replace(borrower, situation=None)


def _over(handling: str, horizon: str) -> str:
    return "long_relief" if handling == "short_relief" and horizon == "long" else handling


WISH_CHANGES: Final[Mapping[type, Callable[[Borrower, Any], Borrower]]] = MappingProxyType(
    {
        PreferenceStated: note_wish,
        ConsentGiven: note_consent,
        ConsentWithdrawn: take_consent_back,
        ReplyReceived: note_reply,
        HearReply: note_word,
        AddressInvalid: note_dead_address,
        CauseStated: note_cause,
        HardshipClaimed: note_hardship,
        HardshipConfirmed: note_hardship,
        HardshipDeclined: forget_hardship,
        HardshipEnded: forget_hardship,
    }
)
