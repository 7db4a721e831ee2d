"""Where it is said what contacts may cost, and read what they did."""

from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends

from services.contact.api.examples import answers, problem_of
from services.contact.schemas import Budget, BudgetRequest, Budgets
from services.contact.store.budgets import list_budgets, set_budget
from shared.auth import Principal, requires
from shared.fold import House
from shared.problems import Door
from shared.refusal import refuse

Caller = Annotated[Principal, Depends(requires("budgets:write"))]
PAST: Final = "a budget is set from the current business date on, or from a later one"
SET: Final = {
    "currency": "CNY", "period": "month", "effective_from": "2026-12-01", "amount": "5000.00", "set_by": "controller",
    "set_at": "2026-11-24T02:00:00Z", "spent": "1234.56", "left": "3765.44", "renewed_at": "2026-12-31T16:00:00Z",
}  # fmt: skip


def budgets_door(house: House[Any], zone: ZoneInfo) -> APIRouter:
    """`/v1/budgets`."""
    router = APIRouter(route_class=Door, tags=["budgets"], prefix="/v1/budgets")

    @router.put("", responses=answers(SET, problem_of(422, "already-past", PAST)))
    async def state_budget(asked: BudgetRequest, caller: Caller) -> Budget:
        """Say what may be spent on contacts in each day or month from a date on; without an amount, no limit holds."""
        async with house.database.begin() as connection:
            now = await house.clock.read(connection)
            if asked.effective_from < now.astimezone(zone).date():
                raise refuse("already-past", PAST, "/effective_from")
            await set_budget(connection, asked.currency, asked.period, asked.effective_from, asked.amount, caller.name)
            items = await list_budgets(connection, now, zone)
        stated = (asked.currency, asked.period, asked.effective_from)
        known = {(item["currency"], item["period"], item["effective_from"]): item for item in items}
        return Budget(**known[stated])

    @router.get("", dependencies=[Depends(requires("contacts:read"))], responses=answers({"items": [SET]}))
    async def read_budgets() -> Budgets:
        """The budgets in force, each with what was spent of it in its period so far, and those still to come."""
        async with house.database.begin() as connection:
            now = await house.clock.read(connection)
            return Budgets(items=[Budget(**item) for item in await list_budgets(connection, now, zone)])

    return router
