"""Time that comes due at ingest is a date: each borrower ages, day by day, up to the business date."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from services.ingest.domain.context import Context


def on_the_day(context: Context, wake: datetime, zone: ZoneInfo) -> Context:
    """The context of a wake: the beginning of the day it stands for, whenever it is worked on."""
    return replace(context, now=start_of_day(wake, zone))


def start_of_day(wake: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the date that *wake* stands for (00:00 UTC) begins in the business calendar."""
    return datetime.combine(wake.astimezone(UTC).date(), time(), zone).astimezone(UTC)
