"""Replies to our own messages: a word that they offer is obeyed at once; anything else waits on hold for a person.

Source: the templates, which offer these words; 12 CFR 1006.6(e), a reasonable and simple way to opt out.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from services.contact.domain.borrower import Borrower
from services.contact.domain.commands import HearReply, Meaning
from services.contact.domain.context import Context
from services.contact.domain.holding import EVERYTHING, stands
from services.contact.domain.names import hold_id
from services.contact.domain.wishes import answered_loans
from shared.events import HoldPlaced, Scope
from shared.events.contacts import HoldKind

WORDS: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "stop": "stop",
        "help": "hardship",
        "dispute": "dispute",
        "paid": "already_paid",
        "退订": "stop",
        "困难": "hardship",
        "异议": "dispute",
        "已还": "already_paid",
    }
)
"""Every word that a template offers as a whole answer, in its folded form."""
KINDS: Final[Mapping[Meaning, HoldKind]] = MappingProxyType(
    {
        "stop": "stop",
        "hardship": "hardship",
        "dispute": "dispute",
        "already_paid": "payment_claimed",
        "unread": "review",
    }
)


def meaning_of(folded: str) -> Meaning:
    """What a reply means if all of it, in one case and width and without what stands around it, is one of our words."""
    return WORDS.get(folded, "unread")


def hear_reply(borrower: Borrower, command: HearReply, _context: Context) -> Sequence[HoldPlaced]:
    """Place the hold that the reply asks for; what a machine cannot read holds everything until a person read it."""
    is_unread = command.meaning == "unread"
    placed = HoldPlaced(
        hold_id=hold_id(borrower.key, "inbound", command.reply_id),
        kind=KINDS[command.meaning],
        scope=_scope_of(borrower, command),
        source="feedback",
        because=command.reply_id,
        person_releases=is_unread,
        awaits_confirmation=is_unread,
    )
    return () if stands(borrower, placed) else (placed,)


def _scope_of(borrower: Borrower, command: HearReply) -> Scope:
    """`STOP` closes the channel it came by, as the text says (*here*); all else is about the loans of our message."""
    if command.meaning == "stop":
        return Scope("channel", channel=command.channel)
    loans = answered_loans(borrower, command) if command.meaning != "unread" else ()
    return Scope("loans", loans) if loans else EVERYTHING
