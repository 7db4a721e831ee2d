"""Attempts: what was reserved, begun and answered. A row is written before its provider is called, and moves forward.

Leases and deadlines are machine time by the database's own clock: the one clock that all senders share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import LargeBinary, Numeric, Row, Text, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from services.contact.tables import attempts
from shared.database import arrays, unnest
from shared.database.tables import Key

START_SECONDS_MAX: Final = 2.0
CALL_SECONDS_MAX: Final = 10.0
CALL_DEADLINE_SECONDS: Final = 15
"""Past this age no call can be under way: two seconds to start, ten for the call, three for slow clocks."""
LEASE_SECONDS: Final = 15
SWEEP_MAX: Final = 200
PAGE_MAX: Final = 1000
LOOK_UPS_MAX: Final = 6
LOOK_UP_SECONDS: Final = 5
"""The first look-up; each later one waits four times as long as the one before."""

_NOT_WITHDRAWN = "not exists (select 1 from withdrawals where withdrawals.attempt_id = attempts.attempt_id)"

# What a sender leased and did not begin, because its round failed, is its own to take again.
_FREE = "(leased_until is null or leased_until < clock_timestamp() or leased_by = :owner)"

_CLAIM = text(f"""
    update attempts set leased_by = :owner, leased_until = clock_timestamp() + make_interval(secs => {LEASE_SECONDS})
    where attempt_id in (
        select attempt_id from attempts
        where state = 'reserved' and {_FREE}
          and (provider = any(:providers)) = :known and {_NOT_WITHDRAWN}
        order by reserved_at, attempt_id limit :most for update skip locked)
    returning *
""")  # noqa: S608  constants alone

_GIVEN = unnest({"attempt_id": Key, "request_hash": LargeBinary(), "text_hash": LargeBinary()})
_OTHER = attempts.alias("other")
_HANDED_OVER_ALREADY = (
    select(1)
    .where(_OTHER.c.contact_id == attempts.c.contact_id, _OTHER.c.attempt_id != attempts.c.attempt_id)
    .where(
        _OTHER.c.state.in_(("sending", "accepted", "unknown", "delivered", "undelivered", "expired", "written_off"))
        | ((_OTHER.c.state == "rejected") & _OTHER.c.sending_at.is_not(None) & (_OTHER.c.reason != "not-connected"))
    )
    .exists()
)
_BEGIN = (
    attempts.update()
    .where(attempts.c.attempt_id == _GIVEN.c.attempt_id, attempts.c.state == "reserved")
    .where(attempts.c.leased_by == bindparam("owner"), text(_NOT_WITHDRAWN), ~_HANDED_OVER_ALREADY)
    .values(
        state="sending", sending_at=func.clock_timestamp(),
        request_hash=_GIVEN.c.request_hash, text_hash=_GIVEN.c.text_hash,
    )
    .returning(attempts.c.attempt_id)
)  # fmt: skip

_CLOSING: Final[dict[str, TypeEngine[Any]]] = {
    "attempt_id": Key, "state": Text(), "reason": Text(), "provider_ref": Text(), "cost": Numeric(), "currency": Text(),
}  # fmt: skip
_CLOSED = unnest(_CLOSING)
# An answer that came after the attempt was given up as unclear is a fact all the same: it settles it.
_CLOSE = (
    attempts.update()
    .where(attempts.c.attempt_id == _CLOSED.c.attempt_id)
    .where(
        (attempts.c.state.in_(("reserved", "sending")) & (attempts.c.leased_by == bindparam("owner")))
        | ((attempts.c.state == "unknown") & _CLOSED.c.state.in_(("accepted", "rejected")))
    )
    .values(
        state=_CLOSED.c.state, reason=_CLOSED.c.reason, provider_ref=_CLOSED.c.provider_ref, cost=_CLOSED.c.cost,
        currency=_CLOSED.c.currency, reported=False,
        settled_by=text("case when attempts.state = 'unknown' and attempts.reported then 'late-answer' end"),
    )
)  # fmt: skip

_DROP_WITHDRAWN = text("""
    update attempts set state = 'cancelled', reason = 'withdrawn', reported = false where attempt_id in (
        select attempt_id from attempts join withdrawals using (attempt_id) where attempts.state = 'reserved'
        limit :most for update of attempts skip locked)
""")
_DROP_SECOND = (
    attempts.update()
    .where(attempts.c.state == "reserved", _HANDED_OVER_ALREADY)
    .values(state="rejected", reason="handed-over-already", reported=False)
)
_INTERRUPT = text(f"""
    update attempts set state = 'unknown', reason = 'interrupted', reported = false, leased_by = null,
        look_at = clock_timestamp()
    where attempt_id in (
        select attempt_id from attempts
        where state = 'sending' and sending_at < clock_timestamp() - make_interval(secs => {CALL_DEADLINE_SECONDS})
        limit :most for update skip locked)
""")  # noqa: S608  constants alone
_UNREPORTED = (
    select(attempts)
    .where(~attempts.c.reported, attempts.c.attempt_id != func.all(bindparam("resting")))
    .order_by(attempts.c.attempt_id)
    .limit(bindparam("most"))
)
_TOLD = unnest({"attempt_id": Key, "state": Text()})
_MARK_REPORTED = (
    attempts.update()
    .where(attempts.c.attempt_id == _TOLD.c.attempt_id, attempts.c.state == _TOLD.c.state)
    .values(reported=True)
)
_DUE_LOOK_UPS = text(f"""
    update attempts set look_ups = look_ups + 1,
        look_at = clock_timestamp() + make_interval(secs => {LOOK_UP_SECONDS} * power(4, look_ups))
    where attempt_id in (
        select attempt_id from attempts
        where state = 'unknown' and reported and look_ups < {LOOK_UPS_MAX} and provider = any(:providers)
          and coalesce(look_at, '-infinity') <= clock_timestamp()
        order by look_at nulls first limit :most for update skip locked)
    returning *
""")  # noqa: S608  constants alone
_SETTLE = text("""
    update attempts set state = :outcome, settled_by = :by, reported = false,
        reason = case when :outcome = 'rejected' then 'rejected' else reason end,
        provider_ref = coalesce(:provider_ref, provider_ref)
    where attempt_id = :attempt and state = 'unknown' and reported returning *
""")
_PENDING = text(f"""
    select exists (select 1 from attempts where state = 'reserved'
                   and {_FREE} and provider <> all(:busy)) as to_lease,
           exists (select 1 from attempts where not reported) as to_tell
""")  # noqa: S608  constants alone
# In two counts, each by an index of its own.
_OPEN = text("""
    select (select count(*) from attempts where state in ('reserved', 'sending'))
         + (select count(*) from attempts where not reported and state not in ('reserved', 'sending'))
""")
_IN_FLIGHT = text(f"""
    select count(*) from attempts where state = 'sending'
    and sending_at >= clock_timestamp() - make_interval(secs => {CALL_DEADLINE_SECONDS})
""")  # noqa: S608  constants alone
_LISTED = select(attempts).where(attempts.c.attempt_id > bindparam("after")).order_by(attempts.c.attempt_id)
_IN_STATE = _LISTED.where(attempts.c.state == bindparam("in_state")).limit(bindparam("most"))
_OF_BORROWER = (
    select(attempts).where(attempts.c.key == bindparam("of")).order_by(attempts.c.reserved_at.desc()).limit(PAGE_MAX)
)
_ONE = select(attempts).where(attempts.c.attempt_id == bindparam("attempt"))

Attempt = Row[Any]


@dataclass(frozen=True, slots=True)
class Written:
    """What is written down before the call: what will be sent, by its digests."""

    attempt_id: str
    request_hash: bytes
    text_hash: bytes


@dataclass(frozen=True, slots=True)
class Closing:
    """How an attempt came out."""

    attempt_id: str
    state: str
    reason: str | None = None
    provider_ref: str | None = None
    cost: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """Whether there are attempts to lease, and outcomes that the borrowers' stories do not tell yet."""

    to_lease: bool
    to_tell: bool


async def pending(connection: AsyncConnection, owner: str, busy: Sequence[str]) -> Pending:
    """What there is to do for *owner*, who still has enough for the *busy* providers; cheap: asked again and again."""
    row = (await connection.execute(_PENDING, {"owner": owner, "busy": list(busy)})).one()
    return Pending(row.to_lease, row.to_tell)


async def claim(
    connection: AsyncConnection, owner: str, providers: Sequence[str], most: int, *, known: bool = True
) -> list[Attempt]:
    """Lease up to *most* reserved attempts to *owner*, the oldest first; those leased by others are passed over.

    Only such as go to one of *providers*; with *known* false only such as go to none of them.
    """
    asked = {"owner": owner, "providers": list(providers), "known": known, "most": most}
    found = await connection.execute(_CLAIM, asked)
    return sorted(found.all(), key=lambda row: (row.reserved_at, row.attempt_id))


async def begin(connection: AsyncConnection, owner: str, written: Sequence[Written]) -> set[str]:
    """Move what *owner* still holds to `sending` and answer which: those, and no others, may be called now."""
    rows = [
        {"attempt_id": one.attempt_id, "request_hash": one.request_hash, "text_hash": one.text_hash} for one in written
    ]
    asked = {"owner": owner, **arrays(("attempt_id", "request_hash", "text_hash"), rows)}
    return set((await connection.execute(_BEGIN, asked)).scalars())


async def close(connection: AsyncConnection, owner: str, closings: Sequence[Closing]) -> None:
    """Write down how the attempts of *owner* came out; the borrower's story is told next."""
    rows = [
        {"attempt_id": c.attempt_id, "state": c.state, "reason": c.reason, "provider_ref": c.provider_ref,
         "cost": c.cost, "currency": c.currency}
        for c in closings
    ]  # fmt: skip
    if rows:
        await connection.execute(_CLOSE, {"owner": owner, **arrays(_CLOSING, rows)})


async def drop_withdrawn(connection: AsyncConnection) -> None:
    """Drop what was withdrawn before it was begun; the story is told that nothing went out."""
    await connection.execute(_DROP_WITHDRAWN, {"most": SWEEP_MAX})


async def tidy(connection: AsyncConnection) -> None:
    """Drop what would be sent a second time; give up as unclear what was begun and never answered."""
    await connection.execute(_DROP_SECOND)
    await connection.execute(_INTERRUPT, {"most": SWEEP_MAX})


async def list_unreported(connection: AsyncConnection, resting: Sequence[str]) -> Sequence[Attempt]:
    """Up to 200 attempts, *resting* ones left out, whose outcome the borrower's story does not tell yet."""
    return (await connection.execute(_UNREPORTED, {"most": SWEEP_MAX, "resting": list(resting)})).all()


async def mark_reported(connection: AsyncConnection, told: Sequence[Attempt]) -> None:
    """The story tells them, unless they have moved on meanwhile."""
    rows = [{"attempt_id": row.attempt_id, "state": row.state} for row in told]
    if rows:
        await connection.execute(_MARK_REPORTED, arrays(("attempt_id", "state"), rows))


async def due_look_ups(connection: AsyncConnection, providers: Sequence[str]) -> Sequence[Attempt]:
    """Up to eight unclear attempts to ask their *providers* about, each asked at most six times, ever more rarely."""
    return (await connection.execute(_DUE_LOOK_UPS, {"providers": list(providers), "most": 8})).all()


async def settle(
    connection: AsyncConnection, attempt_id: str, outcome: str, by: str, provider_ref: str | None = None
) -> Attempt | None:
    """Say how an unclear attempt came out after all; None when it is not unclear (any more, or yet)."""
    asked = {"attempt": attempt_id, "outcome": outcome, "by": by, "provider_ref": provider_ref}
    return (await connection.execute(_SETTLE, asked)).one_or_none()


async def count_open(connection: AsyncConnection) -> int:
    """How many attempts are reserved or sending, or came out in a way that the borrower's story does not tell yet."""
    return int((await connection.execute(_OPEN)).scalar_one())


async def count_in_flight(connection: AsyncConnection) -> int:
    """How many calls may be under way, whoever makes them."""
    return int((await connection.execute(_IN_FLIGHT)).scalar_one())


async def list_in_state(connection: AsyncConnection, state: str, after: str, limit: int) -> Sequence[Attempt]:
    """Attempts in *state* behind an id (exclusive), in the order of their ids."""
    return (await connection.execute(_IN_STATE, {"in_state": state, "after": after, "most": limit})).all()


async def attempts_of(connection: AsyncConnection, key: str) -> Sequence[Attempt]:
    """A borrower's attempts, the latest first, at most 1,000."""
    return (await connection.execute(_OF_BORROWER, {"of": key})).all()


async def find_attempt(connection: AsyncConnection, attempt_id: str) -> Attempt | None:
    """One attempt."""
    return (await connection.execute(_ONE, {"attempt": attempt_id})).one_or_none()


def shown(row: Attempt) -> Mapping[str, Any]:
    """An attempt as it may be shown: no address, no text."""
    names = (
        "attempt_id", "contact_id", "state", "reason", "channel", "provider", "reference", "template",
        "template_version", "language", "reserved_at", "sending_at", "receipt_at", "provider_ref", "settled_by",
    )  # fmt: skip
    return {"customer_id": row.key, **{name: getattr(row, name) for name in names}}
