"""Local dates and clock times in the borrower's own zone, across gaps and folds of the clock."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.contact.domain.gate.reading import SECONDS_A_DAY, read_text, refuse

SEARCH_DAYS_MAX: Final = 62
ONE_DAY: Final = timedelta(days=1)


class IanaZone:
    """The name of a time zone in the IANA data base."""

    def read(self, data: Any, pointer: str) -> str:
        name = read_text(data, pointer)
        try:
            return zone_named(name).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return refuse("unknown-word", "not a time zone of the IANA data base", pointer)


ZoneName: TypeAlias = Annotated[str, IanaZone()]


@cache
def zone_named(name: str) -> ZoneInfo:
    """Raises: ZoneInfoNotFoundError, ValueError or OSError when there is none of that name."""
    return ZoneInfo(name)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of the local date, in UTC."""
    return min(_instants_of(day, (), zone))


def next_instant(
    after: datetime, zone: ZoneInfo, edges: Sequence[int], is_good: Callable[[datetime], bool]
) -> datetime | None:
    """The first instant after *after* whose local time is good, in UTC; None if there is none within 62 days.

    What is good may change only at local midnight, at *edges* (seconds since local midnight), or where the clock jumps.
    """
    first = after.astimezone(zone).date()
    for ahead in range(SEARCH_DAYS_MAX):
        for instant in sorted(_instants_of(first + ahead * ONE_DAY, edges, zone)):
            if instant > after and is_good(instant.astimezone(zone)):
                return instant
    return None


def _instants_of(day: date, edges: Sequence[int], zone: ZoneInfo) -> set[datetime]:
    """Every instant of the local date at which the clock shows midnight or one of *edges*, and at which it jumps."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (a wall clock reading, made aware below)
    walls = [midnight, *(midnight + timedelta(seconds=edge) for edge in edges if 0 < edge < SECONDS_A_DAY)]
    jump = _jump(midnight, zone)
    if jump is None:
        return {wall.replace(tzinfo=zone).astimezone(UTC) for wall in walls}
    found = {instant for wall in walls for instant in _instants_showing(wall, zone)}
    return found | {jump} if jump.astimezone(zone).date() == day else found


def _instants_showing(wall: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants at which the clock shows *wall*: none in a gap, two in a fold."""
    for fold in (0, 1):
        instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
            yield instant


def _jump(midnight: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant, around one local date, at which the clock is put forward or back; one a day is looked for."""
    low, high = ((midnight + around).replace(tzinfo=zone) for around in (-ONE_DAY / 4, ONE_DAY * 5 / 4))
    if low.utcoffset() == high.utcoffset():
        return None
    before, low, high = low.utcoffset(), low.astimezone(UTC), high.astimezone(UTC)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high
