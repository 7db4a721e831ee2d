"""How a house stands: what was said and heard, and what is still under way; integers, in one statement."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, case, cast, exists, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database.tables import Instant, gaps, parked, subjects, unpublished
from shared.fold import House

_PARKED_KEY = exists().where(parked.c.key == subjects.c.key)
_SEEN = union_all(
    select(parked.c.key, parked.c.source, parked.c.number.label("seen")),
    select(gaps.c.key, gaps.c.source, gaps.c.seen).where(gaps.c.key.in_(select(parked.c.key))),
).subquery("seen")


def _counts(house: House[Any]) -> Any:
    heard = [func.coalesce(func.sum(subjects.c.heard[i + 1]), 0) for i in range(len(house.hears))]
    due = case((and_(subjects.c.wake_at <= bindparam("horizon", type_=Instant), ~_PARKED_KEY), 1))
    later = case((~_PARKED_KEY, subjects.c.wake_at))
    return select(
        cast(func.coalesce(func.sum(subjects.c.said), 0), BigInteger).label("said"),
        func.count(due).label("due"),
        func.min(later).label("next_wake_at"),
        select(func.count()).select_from(unpublished).scalar_subquery().label("unpublished"),
        select(func.count())
        .select_from(gaps)
        .where(gaps.c.key.not_in(select(parked.c.key)))
        .scalar_subquery()
        .label("gaps"),
        select(func.count(func.distinct(parked.c.key))).scalar_subquery().label("parked"),
        *(cast(total, BigInteger).label(f"heard{i}") for i, total in enumerate(heard)),
    )


def _set_aside(house: House[Any]) -> Any:
    """Per source, how many numbers of parked subjects were seen and are not applied."""
    index = case({source: i + 1 for i, source in enumerate(house.hears)}, value=_SEEN.c.source, else_=0)
    top = select(_SEEN.c.key, _SEEN.c.source, func.max(_SEEN.c.seen).label("seen"), func.max(index).label("index"))
    per_key = top.where(_SEEN.c.source.in_(house.hears)).group_by(_SEEN.c.key, _SEEN.c.source).subquery("per_key")
    left = func.greatest(per_key.c.seen - func.coalesce(subjects.c.heard[per_key.c.index], 0), 0)
    joined = per_key.join(subjects, subjects.c.key == per_key.c.key, isouter=True)
    return select(per_key.c.source, cast(func.sum(left), BigInteger)).select_from(joined).group_by(per_key.c.source)


_ANYTHING_UNPUBLISHED = exists(select(unpublished.c.id))
_ANY_GAP = exists().where(gaps.c.key.not_in(select(parked.c.key)))
_ANYBODY_DUE = exists().where(subjects.c.wake_at <= bindparam("horizon", type_=Instant), ~_PARKED_KEY)
_AT_WORK = select(or_(_ANYTHING_UNPUBLISHED, _ANY_GAP, _ANYBODY_DUE))


async def is_at_work(connection: AsyncConnection, house: House[Any]) -> bool:
    """Whether anything is unpublished, missed or due; cheap, where `quiet` looks at every subject."""
    horizon = await house.horizon(connection, await house.clock.read(connection)) or datetime(1, 1, 1, tzinfo=UTC)
    return bool((await connection.execute(_AT_WORK, {"horizon": horizon})).scalar_one())


async def quiet(connection: AsyncConnection, house: House[Any], sending: int) -> dict[str, Any]:
    """The answer of `GET /v1/quiet`; *sending* is how many attempts are reserved or sending."""
    now = await house.clock.read(connection)
    horizon = await house.horizon(connection, now) or datetime(1, 1, 1, tzinfo=UTC)
    row = (await connection.execute(_counts(house), {"horizon": horizon})).one()
    aside = dict((await connection.execute(_set_aside(house))).all()) if house.hears and row.parked else {}
    wake = house.wake_instant(row.next_wake_at) if row.next_wake_at else None
    return {
        "now": now.isoformat(),
        "next_wake_at": wake.isoformat() if wake else None,
        "said": row.said,
        "heard": {source: getattr(row, f"heard{i}") for i, source in enumerate(house.hears)},
        "set_aside": {source: aside.get(source, 0) for source in house.hears},
        "unpublished": row.unpublished,
        "due": row.due,
        "sending": sending,
        "gaps": row.gaps,
        "parked": row.parked,
    }


def is_at_rest(standing: Mapping[str, Any], heard: Mapping[str, int]) -> bool:
    """Whether nothing is under way in a house, and it has heard, or set aside, at least *heard* of each source."""
    is_idle = all(standing[name] == 0 for name in ("unpublished", "due", "sending", "gaps"))
    return is_idle and all(
        standing["heard"].get(source, number) + standing["set_aside"].get(source, 0) >= number
        for source, number in heard.items()
    )
