"""The bucket rates: versions kept for ever, the latest effective one in force, else those that ship with the code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Row, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scoring.domain.rates import SHIPPED_RATES, BucketRates, Matrix
from services.scoring.tables import bucket_rates
from shared.codec import decode, encode
from shared.verify import Rulebook, find_rulebook

VERSIONS_MAX: Final = 100
RULEBOOK: Final = Rulebook(SHIPPED_RATES.version, encode(SHIPPED_RATES.matrix))
"""The rates that ship with the code of today."""

_EFFECTIVE = bucket_rates.c.effective_on <= bindparam("day")
_LATEST_FIRST = (bucket_rates.c.effective_on.desc(), bucket_rates.c.recorded_at.desc(), bucket_rates.c.version)
_IN_FORCE = select(bucket_rates.c.version, bucket_rates.c.matrix).where(_EFFECTIVE).order_by(*_LATEST_FIRST).limit(1)
_LIST = select(bucket_rates).order_by(*_LATEST_FIRST).limit(VERSIONS_MAX)
_FIND = select(bucket_rates).where(bucket_rates.c.version == bindparam("of"))
_KEEP = insert(bucket_rates).on_conflict_do_nothing()


@dataclass(frozen=True, slots=True)
class KeptRates:
    """One version: `effective_on` is a date in UTC, `measured_on` says on which loans and months."""

    rates: BucketRates
    effective_on: date
    measured_on: str


async def rates_in_force(connection: AsyncConnection, day: date) -> BucketRates:
    """The rates of the latest version effective on *day*; of one day, the one recorded last."""
    row = (await connection.execute(_IN_FORCE, {"day": day})).one_or_none()
    return SHIPPED_RATES if row is None else _rates(row.version, _matrix(row))


async def rates_named(connection: AsyncConnection, version: str) -> BucketRates | None:
    """The rates that bear *version*: a lender's own, or those that shipped with the code of some day."""
    kept = await find_rates(connection, version)
    if kept is not None:
        return kept.rates
    body = await find_rulebook(connection, version)
    return None if body is None else _rates(version, decode(Matrix, body))


async def list_rates(connection: AsyncConnection) -> Sequence[KeptRates]:
    """The latest 100 versions, effective or to come, the latest first."""
    return [_kept(row) for row in await connection.execute(_LIST)]


async def find_rates(connection: AsyncConnection, version: str) -> KeptRates | None:
    """One version."""
    row = (await connection.execute(_FIND, {"of": version})).one_or_none()
    return _kept(row) if row else None


async def keep_rates(connection: AsyncConnection, kept: KeptRates, now: datetime, by: str) -> None:
    """Keep a version that is not kept yet; one that is stays as it is."""
    values: Mapping[str, Any] = {
        "version": kept.rates.version,
        "effective_on": kept.effective_on,
        "matrix": [list(row) for row in kept.rates.matrix],
        "measured_on": kept.measured_on,
        "recorded_at": now,
        "recorded_by": by,
    }
    await connection.execute(_KEEP, values)


def _kept(row: Row[Any]) -> KeptRates:
    return KeptRates(_rates(row.version, _matrix(row)), row.effective_on, row.measured_on)


def _matrix(row: Any) -> Matrix:
    return tuple(tuple(rates) for rates in row.matrix)


@lru_cache(maxsize=VERSIONS_MAX)
def _rates(version: str, matrix: Matrix) -> BucketRates:
    """What follows from a matrix over several months is worked out once per process."""
    return BucketRates(version, matrix)
