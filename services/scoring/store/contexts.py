"""What a batch of decisions may know: the rates in force, and what the model answers, asked once for all of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scoring.domain.assessment import VALID_DAYS
from services.scoring.domain.context import Context, ModelAnswer
from services.scoring.domain.history import Borrower
from services.scoring.domain.scoring import model_questions
from services.scoring.store.borrowers import borrower_in, records_of
from services.scoring.store.models import Model, ask
from services.scoring.store.rates import rates_in_force, rates_named
from shared.codec import decode
from shared.events import Command, Event, Wake
from shared.fold import Heard, Message
from shared.verify import Rebuild

NEXT_WAKE: Final = timedelta(days=VALID_DAYS + 1)
WAKES_MAX: Final = 400

Questions = Mapping[str, tuple[float, ...]]


async def gather(
    connection: AsyncConnection,
    work: Sequence[Heard],
    _prepared: None,
    now: datetime,
    *,
    model: Model | None,
    hears: tuple[str, ...],
) -> Mapping[str, Context]:
    """The context of every borrower in *work*; what a model was not asked, the bucket rates answer."""
    context = await _context(connection, now, model)
    if model is None:
        return dict.fromkeys((item.key for item in work), context)
    questions = await _questions(connection, work, now, hears)
    answers = ask(model, {one: vector for asked in questions.values() for one, vector in asked.items()}, now)
    return {
        key: replace(context, model_answers={one: answers[one] for one in asked if one in answers})
        for key, asked in questions.items()
    }


async def context_of(connection: AsyncConnection, borrower: Borrower, now: datetime, model: Model | None) -> Context:
    """The context of one borrower who is only looked at, at *now*."""
    context = await _context(connection, now, model)
    return replace(context, model_answers=ask(model, model_questions(borrower, [Wake(now)], now), now) or None)


async def _context(connection: AsyncConnection, now: datetime, model: Model | None) -> Context:
    rates = await rates_in_force(connection, now.date())
    return Context(now, rates, model_valid_until=model.valid_until if model else None)


async def _questions(
    connection: AsyncConnection, work: Sequence[Heard], now: datetime, hears: tuple[str, ...]
) -> Mapping[str, Questions]:
    by_key: dict[str, list[Heard]] = defaultdict(list)
    for item in work:
        by_key[item.key].append(item)
    return {
        row.key: model_questions(borrower_in(row), _in_turn(_heard(row, hears), by_key[row.key], now), now)
        for row in await records_of(connection, by_key)
    }


def _heard(row: Row[Any], hears: tuple[str, ...]) -> dict[str, int]:
    """The last number heard from each source; a row may be older than the latest source."""
    return {**dict.fromkeys(hears, 0), **dict(zip(hears, row.heard, strict=False))}


def _in_turn(heard: dict[str, int], items: Sequence[Heard], now: datetime) -> Iterator[Event | Command | Wake]:
    """What of *items* the fold will apply: of each source the next number, and every wake up to now."""
    for item in items:
        if isinstance(item.via, Message):
            if item.via.number != heard[item.via.source] + 1:
                continue
            heard[item.via.source] = item.via.number
        yield from _wakes(item.fact, now) if isinstance(item.fact, Wake) else (item.fact,)


def _wakes(first: Wake, now: datetime) -> Iterator[Wake]:
    """*first*, and the wakes that follow it month by month when time has leapt."""
    at = first.at
    for _ in range(WAKES_MAX):
        yield Wake(at)
        at += NEXT_WAKE
        if at > now:
            return


@dataclass(frozen=True, slots=True)
class Unversioned:
    """What the journal keeps of a context."""

    model_answers: dict[str, ModelAnswer]


async def rules_of(connection: AsyncConnection, versions: Mapping[str, str]) -> Rebuild | None:
    """How contexts are rebuilt under *versions*; None when those bucket rates are not kept."""
    rates = await rates_named(connection, versions.get("bucket-rates", ""))
    until = versions.get("model-valid-until")
    if rates is None:
        return None

    def rebuild(now: datetime, kept: bytes | None) -> Context:
        answers = decode(Unversioned, kept).model_answers if kept else None
        return Context(now, rates, answers, date.fromisoformat(until) if until else None)

    return rebuild
