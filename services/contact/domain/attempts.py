"""From what was said to the attempts that the sender works off: what a reservation made, and what was withdrawn."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from services.contact.domain.borrower import Borrower, Loan
from services.contact.domain.contacting import BEFORE_DUE
from shared.events import ContactCancelled, ContactReserved


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a contact, ready to be handed over until `send_by` (exclusive).

    `figures` fill the template: `amounts` (a list of `amount` and `currency`), `due_on` (the oldest unpaid due date, or
    the next one), `loans` (how many).
    """

    attempt_id: str
    contact_id: str
    channel: str
    address_ref: str
    template: str
    template_version: str
    language: str
    reference: str
    loan_ids: tuple[str, ...]
    reserved_at: datetime
    send_by: datetime
    segment: str | None
    cost: Decimal | None
    currency: str | None
    figures: Mapping[str, Any]


def attempts_in(borrower: Borrower, events: Iterable[Any]) -> tuple[Attempt, ...]:
    """The attempts that *events* made; *borrower* as they stand after them."""
    return tuple(_attempt(borrower, event) for event in events if isinstance(event, ContactReserved))


def withdrawn_in(events: Iterable[Any]) -> tuple[str, ...]:
    """The reserved attempts that *events* withdrew: not to be begun any more."""
    found = (event.attempt_id for event in events if isinstance(event, ContactCancelled))
    return tuple(attempt for attempt in found if attempt is not None)


def _attempt(borrower: Borrower, event: ContactReserved) -> Attempt:
    assert event.address_ref is not None, "a reservation of this house names its address"
    assert event.template_version is not None, "its text"
    assert event.language is not None, "in a language"
    assert event.reserved_at is not None, "since when it counts"
    assert event.send_by is not None, "and until when it may go out"
    return Attempt(
        attempt_id=event.attempt_id,
        contact_id=event.contact_id,
        channel=event.channel,
        address_ref=event.address_ref,
        template=event.template,
        template_version=event.template_version,
        language=event.language,
        reference=event.reference,
        loan_ids=event.loan_ids,
        reserved_at=event.reserved_at,
        send_by=event.send_by,
        segment=borrower.profile.segment if borrower.profile is not None else None,
        cost=event.cost,
        currency=event.currency,
        figures=figures_of(borrower, event),
    )


def figures_of(borrower: Borrower, event: ContactReserved) -> Mapping[str, Any]:
    """What the message says is to be paid, and since or until when; one amount per currency."""
    loans = [borrower.loans[loan_id] for loan_id in event.loan_ids]
    before_due = event.purpose == BEFORE_DUE
    amounts: dict[str, Decimal] = {}
    for loan in loans:
        amounts[loan.currency] = amounts.get(loan.currency, Decimal(0)) + _amount(loan, before_due=before_due)
    dates = [day for loan in loans if (day := _date(loan, before_due=before_due)) is not None]
    return {
        "amounts": [{"amount": format(amount, "f"), "currency": currency} for currency, amount in amounts.items()],
        "due_on": min(dates).isoformat() if dates else None,
        "loans": len(loans),
    }


def _amount(loan: Loan, *, before_due: bool) -> Decimal:
    if before_due:
        return loan.coming.unpaid if loan.coming is not None else Decimal(0)
    return loan.owed


def _date(loan: Loan, *, before_due: bool) -> date | None:
    if before_due:
        return loan.coming.due_on if loan.coming is not None else None
    return loan.overdue_since
