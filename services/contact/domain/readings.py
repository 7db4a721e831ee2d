"""Replies: what they are read to say stops contact at once, however unsure; a person confirms or releases it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from services.contact.domain.borrower import Borrower, Hold
from services.contact.domain.context import Context
from services.contact.domain.holding import EVERYTHING, ONLY_PERSONS_RELEASE, ended
from services.contact.domain.names import hold_id
from shared.events import Event, HoldPlaced, ReplyReceived, Scope
from shared.events.contacts import HoldKind

INTENT_HOLDS: Final[Mapping[str, HoldKind]] = MappingProxyType(
    {
        "already_paid": "payment_claimed",
        "deceased": "deceased",
        "dispute": "dispute",
        "hardship": "hardship",
        "represented": "representative",
        "stop": "stop",
        "vulnerable": "vulnerable",
        "wrong_person": "wrong_person",
    }
)
"""What a reply may say that stops contact at once, however unsure its reading is."""
OWN_EVENT: Final = frozenset({"dispute", "hardship", "represented", "stop", "vulnerable"})
"""Readings that, once certain, feedback tells as an event of their own, whose hold takes their place."""


def hold_for_reply(borrower: Borrower, event: ReplyReceived, _context: Context) -> Iterator[Event]:
    """Hold for every reading that asks for it; those that a person corrected are released."""
    read: dict[str, bool] = {one.intent: one.certain or event.confirmed_by_person for one in event.readings}
    for intent, kind in INTENT_HOLDS.items():
        placed = _placed(borrower, event, kind, intent, certain=read.get(intent, False))
        standing = next((one for one in borrower.holds if one.id == placed.hold_id), None)
        if intent not in read:
            yield from _released(standing, event)
        elif read[intent] and intent in OWN_EVENT and _has_its_own(borrower, kind, event):
            yield from () if standing is None else (ended(standing, "superseded", event.reply_id),)
        elif standing is None or standing.awaits_confirmation != placed.awaits_confirmation:
            yield placed


def _placed(borrower: Borrower, event: ReplyReceived, kind: HoldKind, intent: str, *, certain: bool) -> HoldPlaced:
    return HoldPlaced(
        hold_id=hold_id(borrower.key, "reply", event.reply_id, intent),
        kind=kind,
        scope=Scope("loans", event.loan_ids) if event.loan_ids else EVERYTHING,
        source="feedback",
        because=event.reply_id,
        person_releases=kind in ONLY_PERSONS_RELEASE,
        awaits_confirmation=not certain,
    )


def _has_its_own(borrower: Borrower, kind: str, event: ReplyReceived) -> bool:
    """Whether the case that was read stands already, about what the reply is about."""
    about = set(event.loan_ids)
    cases = (one for one in borrower.holds if one.kind == kind and one.awaits_confirmation is None)
    return any(not about or one.reach == "everything" or not about.isdisjoint(one.names) for one in cases)


def _released(standing: Hold | None, event: ReplyReceived) -> Iterator[Event]:
    if standing is not None and event.confirmed_by_person:
        yield ended(standing, "released", event.reply_id)
