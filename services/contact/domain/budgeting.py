"""What contacts cost, and whether it may be spent: what cannot be paid for waits until the budget is renewed."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from services.contact.domain.context import Context
from services.contact.domain.reaching import day_of
from services.contact.domain.strategy import Strategy
from shared.events import GateDecision, Objection

BUDGET_RULE: Final = "HOUSE-budget"
"""What is left of the budget does not hold what the contact costs."""


def cost_of(channel: str, currency: str, strategy: Strategy) -> Decimal | None:
    """What one contact by *channel* costs in *currency*; None where the strategy does not say."""
    return next((way.cost.get(currency) for way in strategy.ways if way.channel == channel), None)


def is_affordable(cost: Decimal | None, currency: str, context: Context) -> bool:
    """Whether the budget holds *cost*; where there is a budget, an unknown cost is too much."""
    left = context.budget.get(currency)
    return left is None or (cost is not None and cost <= left)


def renewal(currency: str, zone: ZoneInfo, context: Context) -> datetime:
    """When the budget is renewed; with the borrower's next date if nobody says."""
    tomorrow = day_of(context.at, zone) + timedelta(days=1)
    return context.budget_renewed_at.get(currency) or datetime.combine(tomorrow, time(), zone).astimezone(UTC)


def first_contacts(renewed_at: datetime, zone: ZoneInfo, context: Context) -> datetime:
    """When contacts begin on the borrower's date on which the budget is renewed."""
    begins = datetime.combine(day_of(renewed_at, zone), time(), zone).astimezone(UTC)
    return max(renewed_at, begins + timedelta(seconds=context.strategy.starts_at))


def deferred_for_budget(decision: GateDecision, at: datetime) -> GateDecision:
    """What the gate says of *at*, when the budget is renewed: no contact before, whoever else permits it."""
    if decision.decision not in ("allow", "defer"):
        return decision
    return replace(
        decision,
        decision="defer",
        rule=BUDGET_RULE,
        earliest_permitted=decision.earliest_permitted or at,
        objections=(Objection(BUDGET_RULE, "defer", at), *decision.objections),
    )
