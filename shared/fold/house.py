"""What a house is to its shell: pure functions over one subject's state, and the queries that feed them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, Protocol, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.announcements.said import Announcement
from shared.clock import Clock
from shared.database import Database
from shared.events import Command, Event, Wake
from shared.fold.acts import Act
from shared.fold.pulse import Pulse
from shared.refusal import Refusal

State = TypeVar("State")
Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """A numbered announcement of another house, as it reached us."""

    source: str
    number: int
    previous: UUID | None
    id: UUID | None
    at: datetime | None
    correlation_id: UUID | None = None
    trace: str | None = None
    envelope: Announcement | None = None
    released: bool = False
    """An operator vouches for it: it passes though its source is parked or its `previous` does not match."""
    act: Act | None = None
    """What the operator does by it: kept, and the item settled, in the transaction that applies this."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer kept for repeats of the same request."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A call through this house's own HTTP door.

    With an `idempotency_key`, what `answer` makes of the announcements is stored and replayed for 30 days.
    """

    principal: str
    trace: str | None = None
    correlation_id: UUID | None = None
    idempotency_key: str | None = None
    request_hash: bytes = b""
    answer: Callable[[Sequence[Announcement]], Answer] | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One piece of work for one subject, whatever door it came through; `via` is None for a wake."""

    key: str
    fact: Event | Command | Wake
    via: Message | Request | None


@dataclass(frozen=True, slots=True)
class Unaddressed:
    """Work whose subject is not known yet: the house's `address` finds whose it is.

    What names the same `together` stays in one transaction for as long as that can be.
    """

    fact: Command
    via: Request
    together: str | None = None


Work: TypeAlias = Heard | Unaddressed


@dataclass(frozen=True, slots=True)
class Said:
    """One piece of work that was applied, the announcements that followed, and the state before and after it."""

    heard: Heard
    announcements: Sequence[Announcement]
    before: Any
    state: Any
    now: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    """Heard, decided and committed."""

    key: str
    announcements: Sequence[Announcement]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A number already heard: dropped."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A number too high, or one behind a parked item: noted, and pulled from its source later."""

    key: str
    source: str


@dataclass(frozen=True, slots=True)
class Parked:
    """This item failed for a reason of its own and waits for an operator."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A request met a bug: nothing was kept, and the caller learns only that."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same request was answered before: the same answer again."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class InProgress:
    """The same request is being worked on right now."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same fact, with the same content, was accepted before."""


@dataclass(frozen=True, slots=True)
class Held:
    """True but early: applied by itself when what it needs arrives. `reason` is `unknown-…`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Contradicted:
    """The same identity with other content."""

    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Busy:
    """Another transaction holds the subject for too long; nothing was done."""


Outcome: TypeAlias = (
    Applied | Repeat | Gap | Parked | Failed | Refusal | Replayed | InProgress | Duplicate | Held | Contradicted | Busy
)


class Context(Protocol):
    """What `decide` may know besides the state; each house has its own, in `domain/context.py`."""

    @property
    def now(self) -> datetime: ...

    @property
    def versions(self) -> Mapping[str, str]:
        """Name and version of the rules and models used, for the basis of what is said."""

    @property
    def unversioned(self) -> Mapping[str, Any] | None:
        """The values no version names (heads, budgets, switches, model answers), for the journal."""


Decision: TypeAlias = Sequence[Event] | Refusal
Addressed: TypeAlias = Heard | Duplicate | Held | Contradicted | Busy


@dataclass(frozen=True, slots=True)
class Sorted:
    """What `address` found: an outcome for each piece of work, and early facts that it sets free."""

    outcomes: Sequence[Addressed]
    released: Sequence[Heard] = ()


Released: TypeAlias = tuple[Heard, Outcome]
"""An early fact that `address` set free, and what became of it."""


async def nothing_to_prepare(_work: Sequence[Work], /) -> None:
    """The default of `prepare`: no other house and no stranger has to be asked."""


async def key_is_known(_connection: AsyncConnection, work: Sequence[Work], _patient: bool, /) -> Sorted:
    """The default of `address`: every piece of work names its subject already."""
    return Sorted([item for item in work if isinstance(item, Heard)])


async def nothing_to_record(
    _connection: AsyncConnection, _said: Sequence["Said"], _released: "Sequence[Released]", /
) -> None:
    """The default of `record`: `rows` says everything."""


def no_rows(_said: Sequence[Said], /) -> Mapping[str, Sequence[Row]]:
    """The default of `rows`: the house keeps no read tables."""
    return {}


async def clock_is_horizon(_connection: AsyncConnection, now: datetime, /) -> datetime | None:
    """The default of `horizon`: wakes are due by the clock."""
    return now


def moved_to(context: Context, at: datetime) -> Context:
    """The default of `at_wake`: the same context, as if it were *at*."""
    return replace(context, now=at)  # type: ignore[type-var]


def unchanged(at: datetime) -> datetime:
    """The default of `wake_instant`: wakes are instants by the clock."""
    return at


@dataclass(frozen=True)
class House(Generic[State]):
    """One value per service, built in its `app.py` and given to every door.

    `hears` fixes the order of sources in stored numbers: append to it, never reorder.
    `horizon` answers up to which instant wakes are due (inclusive); ingest's is its business date.
    `at_wake` gives the context of a wake; by default time stands at the wake (a house that acts on others keeps now).
    `wakes_first`: a subject's due wakes are applied before anything else that it hears.
    """

    name: str
    topic: str
    hears: tuple[str, ...]
    state_type: type[State]
    schema: int
    blank: Callable[[str], State]
    evolve: Callable[[State, Any], State]
    decide: Callable[[State, Any, Any], Decision]
    wake_at: Callable[[State], datetime | None]
    gather: Callable[[AsyncConnection, Sequence[Heard], Any, datetime], Awaitable[Mapping[str, Context]]]
    listens_to: frozenset[type]
    database: Database
    clock: Clock
    upcasters: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    prepare: Callable[[Sequence[Work]], Awaitable[Any]] = nothing_to_prepare
    address: Callable[[AsyncConnection, Sequence[Work], bool], Awaitable[Sorted]] = key_is_known
    rows: Callable[[Sequence[Said]], Mapping[str, Sequence[Row]]] = no_rows
    tables: Mapping[str, Any] = field(default_factory=dict)
    record: Callable[[AsyncConnection, Sequence[Said], Sequence[Released]], Awaitable[None]] = nothing_to_record
    """Written before `rows`, a bounded number of statements: what inserting and replacing rows cannot express."""
    horizon: Callable[[AsyncConnection, datetime], Awaitable[datetime | None]] = clock_is_horizon
    at_wake: Callable[[Any, datetime], Any] = moved_to
    wakes_first: bool = False
    wake_instant: Callable[[datetime], datetime] = unchanged
    """From what `wake_at` answers to the instant by the clock, where the two differ (ingest's are dates)."""
    editions: set[int] = field(default_factory=set)
    """Editions that this process knows to be kept."""
    spoke: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something was announced here: the relay of this process need not wait for its next look."""
    moved: Pulse = field(default_factory=Pulse)
    """Beats when this process has applied, published or sent something: long polls and the sender look again."""
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when time was moved here: the timers of this process need not wait for their next look."""
