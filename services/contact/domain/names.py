"""Ids that follow from what makes a thing unique: the same step, attempt or hold always has the same one."""

from datetime import date
from typing import Final
from uuid import UUID, uuid5

HOUSE: Final = UUID("8f6c1d3e-52a7-5c0b-9a54-3b1f0e7d2c68")
"""The name space of everything that contact names."""
SLOT_MINUTES: Final = 30


def contact_id(borrower: str, step: str, business_date: date) -> str:
    """One step for one borrower on one business date."""
    return _named("contact", borrower, step, business_date.isoformat())


def attempt_id(contact: str, number: int) -> str:
    """One try at a contact, counted from 1."""
    return _named("attempt", contact, str(number))


def hold_id(borrower: str, sort: str, case: str, part: str = "") -> str:
    """The hold that follows from one case of a sort (promise, dispute …), or from one part of it."""
    return _named("hold", borrower, sort, case, part)


def spread(contact: str, minutes: int) -> int:
    """A multiple of half an hour below *minutes*, always the same for one contact, evenly spread over all of them.

    Slots are coarse because a provider's own rate smooths what is sent in one; finer ones only wake the house more.
    """
    slots = -(-minutes // SLOT_MINUTES)
    return UUID(contact).int % slots * SLOT_MINUTES if slots else 0


def _named(*parts: str) -> str:
    return str(uuid5(HOUSE, "".join(f"{len(part)}:{part}" for part in parts)))
