"""Which step comes next, and on which date at the earliest: the mildest that has not run in this lateness."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.contact.domain.borrower import Borrower
from services.contact.domain.casework import jurisdictions_of
from services.contact.domain.context import Context
from services.contact.domain.names import contact_id, spread
from services.contact.domain.reaching import day_of, zone_of
from services.contact.domain.strategy import Rung
from services.contact.domain.treatment import Look, look_at, treatment_for


class Next(NamedTuple):
    """The rung to climb, under which treatment, for which loans, and from when on (`on` is the date of `at`)."""

    rung: Rung
    treatment: str
    loan_ids: tuple[str, ...]
    on: date
    at: datetime
    zone: ZoneInfo


def next_step(borrower: Borrower, context: Context) -> Next | None:
    """The step to make next; None when there is none, or nobody may be spoken to."""
    look = look_at(borrower, context)
    rung = None if look is None else next_rung(borrower, look, context)
    if look is None or rung is None:
        return None
    zone = home_of(borrower, look.loan_ids, context)
    on = _earliest_date(borrower, rung, day_of(context.at, zone), zone)
    loan_ids = look.loan_ids
    if look.before_due:
        loan_ids = tuple(loan_id for loan_id in loan_ids if due_on(borrower, loan_id) >= on)
    if not loan_ids:
        return None
    treatment, _ = treatment_for(look, context.strategy)
    return Next(rung, treatment, loan_ids, on, _start(borrower, rung, on, zone, context), zone)


def next_rung(borrower: Borrower, look: Look, context: Context) -> Rung | None:
    """The treatment's first rung that has not run, once its stage is reached; a milder one is never passed over."""
    if look.hold is not None:
        return None
    strategy = context.strategy
    treatment, _ = treatment_for(look, strategy)
    done = borrower.spell.done if borrower.spell is not None and not look.before_due else ()
    name = next((name for name in strategy.treatment(treatment).steps if name not in done), None)
    rung = strategy.rung(name) if name is not None else None
    if rung is None or (not look.before_due and strategy.rank(rung.stage) > strategy.rank(look.stage)):
        return None
    return rung


def due_on(borrower: Borrower, loan_id: str) -> date:
    """When the loan's next instalment is due; long ago when none is coming."""
    coming = borrower.loans[loan_id].coming
    return date.min if coming is None else coming.due_on


def home_of(borrower: Borrower, loan_ids: tuple[str, ...], context: Context) -> ZoneInfo:
    """The zone whose dates count for a plan: the borrower's, else the one that their jurisdiction names first."""
    packs = context.packs.by_name
    laws = [packs[law] for law in jurisdictions_of(borrower, loan_ids) if law in packs]
    return zone_of(borrower, (laws[0].zone or laws[0].zones[0]) if laws else None)


def _earliest_date(borrower: Borrower, rung: Rung, today: date, zone: ZoneInfo) -> date:
    """Late enough, long enough after the last contact, and a date that this step was not planned for before."""
    dates = [today]
    if borrower.spell is not None and not rung.before_due:
        dates.append(borrower.spell.anchor + timedelta(days=rung.from_day))
    made = [one.at for one in borrower.contacts if not one.inbound and one.outcome not in ("failed", "withdrawn")]
    if made:
        dates.append(day_of(max(made), zone) + timedelta(days=rung.wait_days))
    if rung.name in borrower.planned_on:
        dates.append(borrower.planned_on[rung.name] + timedelta(days=1))
    return max(dates)


def _start(borrower: Borrower, rung: Rung, on: date, zone: ZoneInfo, context: Context) -> datetime:
    """When contacts of that date begin, each some minutes after the others; never before now."""
    minutes = spread(contact_id(borrower.key, rung.name, on), context.strategy.spread_minutes)
    local = datetime.combine(on, time(), zone) + timedelta(seconds=context.strategy.starts_at, minutes=minutes)
    return max(context.at, local.astimezone(UTC))
