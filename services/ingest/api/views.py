"""What a question about a loan is asked of: a day, the rules of that day, and what was known."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from services.ingest.api.reading import local_date
from services.ingest.domain.context import Context
from services.ingest.store.days import business_date
from services.ingest.store.rulebook import Rulebook
from shared.codec import encode
from shared.fold import House
from shared.refusal import Refused, refuse


def in_utc(at: datetime) -> datetime:
    """The same instant in UTC. Raises: ValueError where the calendar of UTC has none."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("an instant out of range") from None


Instant = Annotated[AwareDatetime, AfterValidator(in_utc)]
AsOf = Annotated[date | None, Query(description="the day the position is for, in the business calendar")]
KnownAt = Annotated[Instant | None, Query(description="use only what had reached us by then")]


@dataclass(frozen=True, slots=True)
class View:
    """The day asked for, the rules and now; `is_open`: lateness counts, as a day was closed, or a day was asked for."""

    day: date
    context: Context
    is_open: bool


@dataclass(frozen=True, slots=True)
class Viewer:
    """Where views come from."""

    house: House[Any]
    rulebook: Rulebook
    zone: ZoneInfo

    async def view(self, connection: AsyncConnection, as_of: date | None = None) -> View:
        """The view on *as_of*; without it on the business date, and before the first one on today."""
        now = await self.house.clock.read(connection)
        closed = await business_date(connection)
        context = await self.rulebook.context(connection, now)
        return View(as_of or closed or local_date(now, self.zone), context, bool(closed or as_of))


def as_json(body: Any) -> Response:
    """An answer with exact decimals."""
    return Response(encode(body), media_type="application/json")


def unknown_loan() -> Refused:
    """The refusal of a loan that nobody has told us of."""
    return refuse("not-found", "no such loan is known")
