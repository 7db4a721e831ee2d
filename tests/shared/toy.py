"""Two toy houses over real PostgreSQL: one that says what it is told, one that hears it and answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from shared.clock import SystemClock
from shared.database import Database
from shared.database.tables import APPEND_ONLY, plumbing
from shared.events import Command, Event, LoanCured, PaymentReceived, Wake
from shared.fold import Heard, House, Request
from shared.money import Money
from shared.refusal import Refusal
from tests.harness import HouseDatabase


@dataclass(frozen=True, slots=True)
class Pay(Command):
    payment_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class RingAt(Command):
    at: datetime


@dataclass(frozen=True, slots=True)
class Purse:
    """What came in, how often, and when it wants to ring."""

    total: Decimal = Decimal(0)
    count: int = 0
    rung: int = 0
    ring_at: datetime | None = None
    padding: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    now: datetime
    versions: Mapping[str, str] = field(default_factory=lambda: {"toy": "1"})
    unversioned: Mapping[str, Any] | None = None


def evolve(state: Purse, fact: object) -> Purse:
    if isinstance(fact, PaymentReceived):
        return replace(state, total=state.total + fact.amount, count=state.count + 1)
    if isinstance(fact, RingAt):
        return replace(state, ring_at=fact.at)
    if isinstance(fact, Wake):
        return replace(state, ring_at=None, rung=state.rung + 1)
    return state


def say(state: Purse, fact: object, context: Context) -> Sequence[Event] | Refusal:
    """The first house says every payment it is told of, and refuses nothing but a negative one."""
    if not isinstance(fact, Pay):
        return []
    if fact.amount < 0:
        return Refusal("negative", "a payment is positive")
    if fact.amount == 666:
        raise RuntimeError("a bug of the core")
    return [PaymentReceived(fact.payment_id, "L1", fact.amount, date(2025, 1, 1), "repayment")]


def answer(state: Purse, fact: object, context: Context) -> Sequence[Event] | Refusal:
    """The second house answers every payment it hears, and stumbles over 13."""
    if isinstance(fact, PaymentReceived) and fact.amount == 13:
        raise RuntimeError("a bug of the core")
    if isinstance(fact, PaymentReceived | Wake):
        return [LoanCured("L1", date(2025, 1, 1), "payment", date(2024, 12, 1))]
    return []


async def gather(_: AsyncConnection, work: Sequence[Heard], prepared: object, now: datetime) -> Mapping[str, Context]:
    return {item.key: Context(now) for item in work}


async def make_tables(database: HouseDatabase) -> None:
    """Fill a template with the tables every house has."""
    engine = create_async_engine(database.owner_url)
    async with engine.begin() as connection:
        await connection.run_sync(plumbing.create_all)
        await connection.exec_driver_sql(
            f'grant select, insert, update, delete on all tables in schema public to "{database.app_role}"'
        )
        kept = ", ".join(APPEND_ONLY)
        await connection.exec_driver_sql(f'revoke update, delete on {kept} from "{database.app_role}"')
    await engine.dispose()


def speaker(database: Database) -> House[Purse]:
    return _house(database, "ingest", "collections.repayments.v1", (), say, frozenset())


def hearer(database: Database) -> House[Purse]:
    heard = frozenset({PaymentReceived})
    return _house(database, "scoring", "collections.risk.v1", ("ingest",), answer, heard)


def _house(database: Database, name: str, topic: str, hears: tuple[str, ...], decide: Any, heard: Any) -> House[Purse]:
    return House(
        name=name,
        topic=topic,
        hears=hears,
        state_type=Purse,
        schema=1,
        blank=lambda key: Purse(),
        evolve=evolve,
        decide=decide,
        wake_at=lambda state: state.ring_at,
        gather=gather,
        listens_to=heard,
        database=database,
        clock=SystemClock(),
    )


def pay(key: str, number: int, amount: str = "1.00") -> Heard:
    return Heard(key, Pay(f"P-{key}-{number}", Decimal(amount)), Request("tests"))


def soon(seconds: float = -1) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
