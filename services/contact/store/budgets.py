"""Budgets: what may be spent on contacts in a day or month, what was spent of it, and a purse for each batch."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.domain.context import Context
from services.contact.tables import budgets
from shared.events import ContactReserved
from shared.refusal import Refusal

Period: TypeAlias = Literal["day", "month"]
Decide: TypeAlias = Callable[[Any, Any, Any], Any]
LISTED_MAX: Final = 1000

_LOCK = text("select pg_advisory_xact_lock(hashtextextended('forbear budgets', 0))")
_IN_FORCE = text("""
    select distinct on (currency, period) * from budgets where effective_from <= :today
    order by currency, period, effective_from desc, id desc
""")
_TO_COME = text("""
    select distinct on (currency, period, effective_from) * from budgets where effective_from > :today
    order by currency, period, effective_from, id desc limit :most
""")
# What certainly never went out was not spent; what a provider asked for counts in place of what it was planned to cost.
_SPENT = text("""
    select planned_currency as currency,
        coalesce(sum(coalesce(case when currency = planned_currency then cost end, planned_cost))
            filter (where planned_on = :today), 0) as day,
        sum(coalesce(case when currency = planned_currency then cost end, planned_cost)) as month
    from attempts
    where planned_on between :since and :today and planned_currency = any(:currencies)
      and state <> 'cancelled'
      and not (state = 'rejected' and (sending_at is null or reason = 'not-connected'))
    group by planned_currency
""")


class Allowance(NamedTuple):
    """A budget in force, what was spent of it in its period, and when the next period begins."""

    currency: str
    period: str
    amount: Decimal
    spent: Decimal
    renewed_at: datetime

    @property
    def left(self) -> Decimal:
        """What may still be spent; below zero after the budget was lowered."""
        return self.amount - self.spent


class Funds(NamedTuple):
    """For each currency that has a budget what is left of the one that binds, and when that is renewed."""

    left: Mapping[str, Decimal]
    renewed_at: Mapping[str, datetime]


@dataclass
class Purse:
    """What is left for one batch; every reservation in it takes its part, so that no cent is spent twice."""

    left: dict[str, Decimal]

    def charge(self, events: Iterable[object]) -> None:
        """Take what *events* spend; what was charged stays so, even if the item then fails."""
        for event in events:
            if isinstance(event, ContactReserved) and event.currency in self.left:
                self.left[event.currency] -= event.cost or Decimal(0)


@dataclass(frozen=True, slots=True)
class Funded(Context):
    """A context with the purse of its batch; the core sees the budget alone."""

    purse: Purse = field(kw_only=True, compare=False)


def funded(context: Context, funds: Funds) -> Funded:
    """*context* with *funds* in a purse of its own."""
    known = {name: getattr(context, name) for name in Context.__dataclass_fields__}
    money = {"budget": dict(funds.left), "budget_renewed_at": dict(funds.renewed_at)}
    return Funded(**known | money, purse=Purse(dict(funds.left)))


def at_wake(context: Context, due: datetime) -> Context:
    """The context of a wake: time stands at it, and the budget at what the wakes before it in the batch left."""
    if isinstance(context, Funded):
        return replace(context, now=due, budget=dict(context.purse.left))
    return replace(context, now=due)


def charging(decide: Decide) -> Decide:
    """*decide*, taking out of the batch's purse what its decisions spend."""

    def charged(state: Any, fact: Any, context: Any) -> Any:
        decided = decide(state, fact, context)
        if isinstance(context, Funded) and not isinstance(decided, Refusal):
            context.purse.charge(decided)
        return decided

    return charged


async def lock_budgets(connection: AsyncConnection) -> None:
    """Until the transaction ends, nobody else reserves out of a budget."""
    await connection.execute(_LOCK)


async def read_funds(connection: AsyncConnection, now: datetime, zone: ZoneInfo, *, to_spend: bool) -> Funds:
    """What is left of every budget in force; *to_spend* it, others are kept out until the transaction ends."""
    found = await _in_force(connection, now.astimezone(zone).date())
    if not found:
        return Funds({}, {})
    if to_spend:
        await lock_budgets(connection)
    left: dict[str, Decimal] = {}
    renewed_at: dict[str, datetime] = {}
    for one in await _allowances(connection, found, now, zone):
        if one.currency not in left or one.left < left[one.currency]:
            left[one.currency], renewed_at[one.currency] = one.left, one.renewed_at
    return Funds(left, renewed_at)


async def list_budgets(connection: AsyncConnection, now: datetime, zone: ZoneInfo) -> list[Mapping[str, Any]]:
    """Every budget in force with what was spent of it, and up to 1,000 that are still to come."""
    today = now.astimezone(zone).date()
    found = await _in_force(connection, today)
    standing = {(one.currency, one.period): one for one in await _allowances(connection, found, now, zone)}
    to_come = (await connection.execute(_TO_COME, {"today": today, "most": LISTED_MAX})).all()
    items = [_shown(row, standing.get((row.currency, row.period))) for row in found]
    return items + [_shown(row, None) for row in to_come]


async def set_budget(
    connection: AsyncConnection, currency: str, period: Period, effective_from: date, amount: Decimal | None, by: str
) -> None:
    """Write a budget down; the last word about a currency, period and day counts, the ones before it stay."""
    row = {
        "currency": currency, "period": period, "effective_from": effective_from, "amount": amount, "set_by": by,
        "set_at": func.clock_timestamp(),
    }  # fmt: skip
    await connection.execute(insert(budgets).values(**row))


async def _in_force(connection: AsyncConnection, today: date) -> Sequence[Any]:
    return (await connection.execute(_IN_FORCE, {"today": today})).all()


async def _allowances(
    connection: AsyncConnection, found: Sequence[Any], now: datetime, zone: ZoneInfo
) -> list[Allowance]:
    """The budgets that limit anything, as they stand."""
    limits = [row for row in found if row.amount is not None]
    today = now.astimezone(zone).date()
    since = today.replace(day=1) if any(row.period == "month" for row in limits) else today
    asked = {"today": today, "since": since, "currencies": sorted({row.currency for row in limits})}
    spent = {row.currency: row for row in (await connection.execute(_SPENT, asked)).all()} if limits else {}
    return [
        Allowance(
            row.currency,
            row.period,
            row.amount,
            getattr(spent[row.currency], row.period) if row.currency in spent else Decimal(0),
            _renewed_at(row.period, today, zone),
        )
        for row in limits
    ]


def _renewed_at(period: str, today: date, zone: ZoneInfo) -> datetime:
    """The first instant of the next day or month of the house's business calendar."""
    first = today + timedelta(days=1) if period == "day" else (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    return datetime.combine(first, time(), zone).astimezone(UTC)


def _shown(row: Any, standing: Allowance | None) -> Mapping[str, Any]:
    names = ("currency", "period", "effective_from", "amount", "set_by", "set_at")
    spent = {"spent": standing.spent, "left": standing.left, "renewed_at": standing.renewed_at} if standing else {}
    return {**{name: getattr(row, name) for name in names}, **spent}
