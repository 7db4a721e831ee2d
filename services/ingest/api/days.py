"""Where core banking says that days are closed."""

from datetime import timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends

from services.ingest.domain.dates import FIRST_DAY
from services.ingest.schemas import BusinessDate, Closing
from services.ingest.store.days import business_date, close_days, remaining
from shared.auth import requires
from shared.fold import House
from shared.problems import Door
from shared.refusal import refuse

AHEAD_MAX: Final = timedelta(days=366)


def days_door(house: House[Any], zone: ZoneInfo) -> APIRouter:
    """`/v1/business-dates`."""
    router = APIRouter(route_class=Door, tags=["business dates"])

    @router.post("/v1/business-dates", status_code=202, dependencies=[Depends(requires("business-dates:write"))])
    async def close_business_days(closing: BusinessDate) -> Closing:
        """Close the days up to a date. It only moves forward: an earlier one is answered with the date in force.

        A date more than a year ahead of the clock is refused as mistyped: what it ages can never be taken back.
        """
        if closing.business_date < FIRST_DAY:
            raise refuse("date-out-of-range", f"no business date lies before {FIRST_DAY}", "/business_date")
        async with house.database.begin() as connection:
            today = (await house.clock.read(connection)).astimezone(zone).date()
            if closing.business_date > today + AHEAD_MAX:
                raise refuse("date-too-far-ahead", "a business date is at most a year ahead", "/business_date")
            in_force = await close_days(connection, closing.business_date)
            still = await remaining(connection)
        house.stirred.set()
        return Closing(business_date=in_force, remaining=still)

    @router.get("/v1/business-dates/current")
    async def read_business_date(_: Annotated[object, Depends(requires("loans:read"))]) -> Closing:
        """The business date in force."""
        async with house.database.reading() as connection:
            day = await business_date(connection)
            if day is None:
                raise refuse("not-found", "no business date was posted yet")
            return Closing(business_date=day, remaining=await remaining(connection))

    return router
