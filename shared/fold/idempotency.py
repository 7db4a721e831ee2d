"""The same request again: answered as the first time, refused when it differs, told to wait while the first runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import wall
from shared.database import arrays, insert_rows, unnest
from shared.database.locks import Names
from shared.database.tables import Key, commands
from shared.fold.house import Answer, Applied, InProgress, Outcome, Replayed, Request, Work
from shared.refusal import Refusal

_ASKED = unnest({"principal": Key, "idempotency_key": Key}, "asked")
_TRY_LOCK = select(
    _ASKED.c.principal,
    _ASKED.c.idempotency_key,
    func.pg_try_advisory_xact_lock(
        func.hashtextextended(_ASKED.c.principal + "\n" + _ASKED.c.idempotency_key, Names.REQUEST)
    ),
)
_FIND = select(commands).where(
    tuple_(commands.c.principal, commands.c.idempotency_key).in_(select(_ASKED.c.principal, _ASKED.c.idempotency_key))
)
_FORGET = text(
    "delete from commands where (principal, idempotency_key) in (select principal, idempotency_key "
    "from commands where at < now() - interval '30 days' order by at limit 1000)"
)


async def recall(connection: AsyncConnection, work: Sequence[Work]) -> dict[int, Outcome]:
    """The outcome, by index, of every request that was answered before or is being answered now.

    Takes an advisory lock per new request until the transaction ends.
    """
    requests = {i: via for i, item in enumerate(work) if (via := _keyed(item)) is not None}
    if not requests:
        return {}
    names = [{"principal": via.principal, "idempotency_key": via.idempotency_key} for via in requests.values()]
    asked = arrays(("principal", "idempotency_key"), names)
    locked = {(row[0], row[1]): row[2] for row in await connection.execute(_TRY_LOCK, asked)}
    answered = {(row.principal, row.idempotency_key): row for row in await connection.execute(_FIND, asked)}
    outcomes: dict[int, Outcome] = {}
    for index, via in requests.items():
        name = (via.principal, via.idempotency_key or "")
        if name in answered:
            outcomes[index] = _repeat(via, answered[name])
        elif not locked[name]:
            outcomes[index] = InProgress()
    return outcomes


async def remember(connection: AsyncConnection, work: Sequence[Work], outcomes: Mapping[int, Outcome]) -> None:
    """Keep the answers of the requests that were applied, in the transaction that applied them."""
    rows = []
    for index, outcome in outcomes.items():
        via = _keyed(work[index])
        if via is not None and via.answer is not None and isinstance(outcome, Applied):
            answer = via.answer(outcome.announcements)
            rows.append(_row(via, answer))
    await insert_rows(connection, commands, rows)


async def forget(connection: AsyncConnection) -> int:
    """Delete some of the answers that are older than 30 days on the machine's clock, and answer how many."""
    return (await connection.execute(_FORGET)).rowcount


def _keyed(item: Work) -> Request | None:
    return item.via if isinstance(item.via, Request) and item.via.idempotency_key else None


def _repeat(via: Request, row: Any) -> Outcome:
    if row.request_hash != via.request_hash:
        return Refusal("idempotency-key-reused", "this Idempotency-Key was used for a different request")
    return Replayed(Answer(row.status, row.body))


def _row(via: Request, answer: Answer) -> dict[str, Any]:
    return {
        "principal": via.principal,
        "idempotency_key": via.idempotency_key,
        "request_hash": via.request_hash,
        "status": answer.status,
        "body": answer.body,
        "at": wall(),
    }
