"""What falls due and when, as of a day: the schedule in force with everything that rides on it.

A revision leaves of the older instalments what was paid on them, as far as it could know: what was dated by its
effective date and recorded before it. So money reported late counts towards the new schedule, and money reversed later
opens the old instalment again: neither money nor debt is lost between two schedules.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.ingest.domain.borrower import (
    NOTHING_UNUSUAL,
    Adjustment,
    Charge,
    Credit,
    Loan,
    Reversal,
    Revision,
    Run,
    Servicing,
)
from services.ingest.domain.schedule import due_dates, place_in_period

ZERO = Decimal(0)


class Due(NamedTuple):
    """Everything owed on one instalment; `charged_back` is the part of it that the payer's bank took back, by date.

    `added` is what fees, chargebacks and adjustments changed, each under its name.
    """

    number: int
    due_on: date
    amount: Decimal
    revision_id: str | None = None
    charged_back: tuple[tuple[date, Decimal], ...] = ()
    added: tuple[tuple[str, Decimal], ...] = ()


class Riders(NamedTuple):
    """What changes amounts inside a schedule."""

    fees: tuple[Charge, ...]
    chargebacks: tuple[Charge, ...]
    adjustments: tuple[Adjustment, ...]


def dues_on(loan: Loan, as_of: date) -> Sequence[Due]:
    """The instalments in force on *as_of*, those of older schedules first; zero amounts may occur."""
    if loan.servicing is None:
        return _plain(loan.schedule, None)
    servicing = loan.servicing
    riders = _effective(servicing, as_of)
    done: list[Due] = []
    rows, since = _plain(loan.schedule, None), loan.opened_on
    for revision in revisions_in_force(servicing, as_of):
        seen, riders = _sift(riders, revision, seen=True), _sift(riders, revision, seen=False)
        paid = credited(loan, revision.effective_on, known_at=revision.at)
        done = _keep_paid([*done, *_ride(loan, rows, seen)], paid)
        rows, since = _plain(revision.schedule, revision.revision_id), revision.effective_on
    return [*done, *_accelerate(_ride(loan, rows, riders), servicing, since, as_of)]


def credited(loan: Loan, until: date, *, known_at: int | None = None) -> Decimal:
    """Money with effect on or before *until*, reversals taken off; with *known_at*, only what was recorded by then."""
    servicing = loan.servicing or NOTHING_UNUSUAL
    total = sum((row.amount for row in loan.credits if _counts(row, servicing, until, known_at)), ZERO)
    taken_back = (
        row.amount
        for row in servicing.reversals
        if _counts(row, servicing, until, known_at) and (known_at is None or row.reversed_at <= known_at)
    )
    return total - sum(taken_back, ZERO) if servicing.reversals else total


def revisions_in_force(servicing: Servicing, as_of: date) -> list[Revision]:
    """The revisions that hold on *as_of*, in the order they took effect."""
    undone = {one.revision_id for one in servicing.restorals if one.effective_on <= as_of}
    return [one for one in servicing.revisions if one.effective_on <= as_of and one.revision_id not in undone]


def allocate(dues: Sequence[Due], money: Decimal) -> list[Decimal]:
    """What *money* pays on each of *dues*, in their order: the oldest first."""
    paid = []
    for due in dues:
        part = min(money, due.amount)
        paid.append(part)
        money -= part
    return paid


def _plain(schedule: tuple[Run, ...], revision_id: str | None) -> list[Due]:
    return [
        Due(number + index, on, amount, revision_id)
        for number, due_on, amount, times, step in schedule
        for index, on in enumerate(due_dates(due_on, times, step))
    ]


def _counts(row: Credit | Reversal, servicing: Servicing, until: date, known_at: int | None) -> bool:
    if row.value_on > until or (known_at is not None and row.at > known_at):
        return False
    takeover = servicing.takeover
    return takeover is None or row.value_on > takeover.as_of or row.at > takeover.at


def _effective(servicing: Servicing, as_of: date) -> Riders:
    return Riders(
        tuple(one for one in servicing.fees if one.since <= as_of),
        tuple(one for one in servicing.chargebacks if one.since <= as_of),
        tuple(one for one in servicing.adjustments if one.effective_on <= as_of),
    )


def _sift(riders: Riders, revision: Revision, *, seen: bool) -> Riders:
    """What *revision* had *seen*, and so contains; or what it had not."""
    return Riders(
        tuple(one for one in riders.fees if _is_seen(one, revision) is seen),
        tuple(one for one in riders.chargebacks if _is_seen(one, revision) is seen),
        tuple(one for one in riders.adjustments if _is_seen(one, revision) is seen),
    )


def _is_seen(rider: Charge | Adjustment, revision: Revision) -> bool:
    return rider[0] <= revision.effective_on and rider.at <= revision.at


def _keep_paid(dues: Sequence[Due], money: Decimal) -> list[Due]:
    """Older instalments become what was paid on them."""
    kept = zip(dues, allocate(dues, money), strict=True)
    return [due._replace(amount=paid, charged_back=()) for due, paid in kept if paid > 0]


def _ride(loan: Loan, rows: list[Due], riders: Riders) -> list[Due]:
    """*rows* with fees, chargebacks and adjustments in their places."""
    if not any(riders):
        return rows
    ends = [row.due_on for row in rows]
    charges = [(one, False) for one in riders.fees] + [(one, True) for one in riders.chargebacks]
    for charge, is_chargeback in sorted(charges):
        _add_charge(rows, place_in_period(ends, charge.on), charge, is_chargeback=is_chargeback)
    for adjustment in riders.adjustments:
        _adjust(loan, rows, len(ends), adjustment)
    return [row if row.amount > 0 else row._replace(amount=ZERO) for row in rows]


def _add_charge(rows: list[Due], index: int | None, charge: Charge, *, is_chargeback: bool) -> None:
    """A charge after the last period is an instalment of its own, due on its date."""
    name = f"chargeback:{charge.charge_id}" if is_chargeback else f"fee:{charge.charge_id}"
    if index is None:
        rows.append(_instalment_of_its_own(rows, charge.on, charge.amount, name))
        return
    row = rows[index]
    marks = (*row.charged_back, (charge.on, charge.amount)) if is_chargeback else row.charged_back
    added = (*row.added, (name, charge.amount))
    rows[index] = row._replace(amount=row.amount + charge.amount, charged_back=marks, added=added)


def _adjust(loan: Loan, rows: list[Due], scheduled: int, adjustment: Adjustment) -> None:
    index, name = _index_of(loan, rows, scheduled, adjustment), f"adjustment:{adjustment.adjustment_id}"
    if index is None:
        rows.append(_instalment_of_its_own(rows, adjustment.effective_on, adjustment.amount, name))
    else:
        row = rows[index]
        added = (*row.added, (name, adjustment.amount))
        rows[index] = row._replace(amount=row.amount + adjustment.amount, added=added)


def _index_of(loan: Loan, rows: Sequence[Due], scheduled: int, adjustment: Adjustment) -> int | None:
    """The instalment named, else the one whose period holds the date; unnamed, the oldest unpaid on that date."""
    if adjustment.number is not None:
        named = (index for index in range(scheduled) if rows[index].number == adjustment.number)
        return next(named, place_in_period([row.due_on for row in rows[:scheduled]], adjustment.effective_on))
    paid = allocate(rows, credited(loan, adjustment.effective_on))
    return next((index for index, row in enumerate(rows) if paid[index] < row.amount), None)


def _instalment_of_its_own(rows: Sequence[Due], on: date, amount: Decimal, name: str) -> Due:
    last = rows[-1] if rows else Due(0, on, ZERO)
    return Due(last.number + 1, on, amount, last.revision_id, added=((name, amount),))


def _accelerate(rows: Iterable[Due], servicing: Servicing, since: date, as_of: date) -> Iterable[Due]:
    """Everything later is due on the day of acceleration, unless a newer schedule replaced that."""
    on = min((day for day in servicing.accelerations if since <= day <= as_of), default=None)
    if on is None:
        return rows
    return [row._replace(due_on=on) if row.due_on > on else row for row in rows]
