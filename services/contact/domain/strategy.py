"""A strategy, as data: the ladder of steps, mild first, and which treatment suits which situation.

A step is reached only over the milder ones before it: a treatment whose steps leave out a stage is refused when read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeAlias, get_args

from services.contact.domain.gate.reading import (
    AnyOf,
    Between,
    ClockTime,
    OneOf,
    UnreadableError,
    read_object,
    read_text,
    refuse,
)
from shared.events.words import Channel, Handling, Purpose
from shared.money import check_currency, check_money
from shared.refusal import BadValue, Refusal

Band: TypeAlias = Literal["unknown", "low", "medium", "high"]
BANDS: Final = frozenset(get_args(Band))
UNKNOWN: Final = "unknown"
SITUATIONS: Final = frozenset(get_args(Handling)) | {"none"}
STEPS_MAX: Final = 32
HOLD: Final = "hold"
"""The treatment of whoever is on hold: no strategy needs to name it, and none may give it steps."""

Name: TypeAlias = Annotated[str, OneOf(frozenset(), (r"[a-z][a-z0-9-]{0,62}",))]


class Share:
    """A probability, written as text."""

    def read(self, data: Any, pointer: str) -> Decimal:
        text = read_text(data, pointer)
        if not text.replace(".", "", 1).isdigit() or not 0 <= Decimal(text) <= 1:
            refuse("bad-number", "not a decimal from 0 to 1, as text", pointer)
        return Decimal(text)


class Costs:
    """What one contact costs, by currency."""

    def read(self, data: Any, pointer: str) -> Mapping[str, Decimal]:
        if not isinstance(data, Mapping):
            refuse("bad-shape", "not amounts by currency", pointer)
        return {read_text(code, pointer): _amount(code, cost, pointer) for code, cost in data.items()}


def _amount(code: str, cost: Any, pointer: str) -> Decimal:
    text = read_text(cost, pointer)
    if not text.replace(".", "", 1).isdigit():
        refuse("bad-number", "not an amount, as text", pointer)
    try:
        check_currency("currency", code)
        check_money("cost", Decimal(text), code)
    except BadValue as bad:
        refuse("bad-number", bad.reason, pointer)
    return Decimal(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A channel and what one contact by it costs; the cheapest that works comes first."""

    channel: Annotated[str, OneOf(frozenset(get_args(Channel)))]
    cost: Annotated[Mapping[str, Decimal], Costs()] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the ladder.

    It runs in `stage` or a worse one, from day `from_day` past due on, at least `wait_days` after the last contact, and
    is given up `valid_days` after its time. With `before_due` it belongs to an instalment that is not due yet.
    """

    name: Name
    template: Name
    channels: Annotated[frozenset[str], AnyOf(frozenset(get_args(Channel)))]
    stage: Name
    purpose: Annotated[str, OneOf(frozenset(get_args(Purpose)))] = "collect_debt"
    from_day: Annotated[int, Between(0, 3660)] = 0
    wait_days: Annotated[int, Between(0, 366)] = 0
    valid_days: Annotated[int, Between(1, 60)] = 3
    tries_max: Annotated[int, Between(1, 10)] = 3
    needs_approval: bool = False
    before_due: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """A way to treat somebody: the rungs it climbs, in the order of the ladder; none leaves the borrower alone."""

    name: Name
    steps: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Whoever fits all that is stated gets `treatment`; the first row that fits decides. Not stated fits all."""

    treatment: Name
    stages: frozenset[Name] | None = None
    situations: Annotated[frozenset[str], AnyOf(SITUATIONS)] | None = None
    ability: Annotated[frozenset[str], AnyOf(BANDS)] | None = None
    willingness: Annotated[frozenset[str], AnyOf(BANDS)] | None = None
    cure_min: Annotated[Decimal, Share()] | None = None

    @property
    def fits_all(self) -> bool:
        """Whether it states nothing."""
        stated = (self.stages, self.situations, self.ability, self.willingness, self.cure_min)
        return all(condition is None for condition in stated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """One version of a strategy.

    `stages` from the mildest to the worst. An axis below `low_below` is low, from `high_from` on high. Contacts start
    at `starts_at` of the borrower's day, spread over `spread_minutes`. The ledger may be `ledger_lag_days` behind the
    borrower's date when somebody is contacted. Whose willingness is in `before_due_spares` is not reminded before an
    instalment is due: who pays anyway is left in peace. `unknown` among them spares whoever was not late in the last
    `lately_days`.
    """

    name: Name
    version: str
    approved_on: date
    stages: tuple[Name, ...]
    ways: tuple[Way, ...]
    ladder: tuple[Rung, ...]
    treatments: tuple[Treatment, ...]
    choices: tuple[Choice, ...]
    before_due: Name
    before_due_spares: Annotated[frozenset[str], AnyOf(BANDS)] = frozenset()
    lately_days: Annotated[int, Between(0, 3660)] = 180
    low_below: Annotated[int, Between(0, 100)] = 40
    high_from: Annotated[int, Between(0, 100)] = 60
    starts_at: Annotated[int, ClockTime()] = 9 * 3600
    spread_minutes: Annotated[int, Between(0, 720)] = 0
    ledger_lag_days: Annotated[int, Between(0, 7)] = 1

    def rung(self, name: str) -> Rung | None:
        """The rung of that name."""
        return next((rung for rung in self.ladder if rung.name == name), None)

    def treatment(self, name: str) -> Treatment:
        """The treatment of that name; one that no longer exists has no steps."""
        return next((one for one in self.treatments if one.name == name), Treatment(name=name))

    def rank(self, stage: str | None) -> int:
        """How bad a stage is; one that is not known counts as the mildest that is late."""
        return self.stages.index(stage) if stage in self.stages else min(1, len(self.stages) - 1)

    def band(self, score: int | None) -> Band:
        """How an axis is read."""
        if score is None:
            return UNKNOWN
        if score < self.low_below:
            return "low"
        return "high" if score >= self.high_from else "medium"

    def ways_of(self, rung: Rung, currency: str) -> list[Way]:
        """The channels of *rung*, the cheapest first; without a cost in *currency*, in the order written down."""
        ways = [way for way in self.ways if way.channel in rung.channels]
        if any(currency not in way.cost for way in ways):
            return ways
        return sorted(ways, key=lambda way: way.cost[currency])


def parse_strategy(data: object) -> Strategy | Refusal:
    """The strategy that was written down, or a refusal that points at the first thing not understood."""
    try:
        strategy: Strategy = read_object(Strategy, data, "")
        for check in CHECKS:
            check(strategy)
    except UnreadableError as unread:
        return unread.refusal
    return strategy


def _check_ladder(strategy: Strategy) -> None:
    """Every rung has a name and stage of its own, and a channel that has its cost; mild stages come first."""
    names = [rung.name for rung in strategy.ladder]
    if len(set(names)) < len(names) or not 0 < len(names) <= STEPS_MAX:
        refuse("repeated-step", f"1 to {STEPS_MAX} steps, each with a name of its own", "/ladder")
    ranks = [strategy.stages.index(rung.stage) if rung.stage in strategy.stages else -1 for rung in strategy.ladder]
    if -1 in ranks or ranks != sorted(ranks):
        refuse("bad-order", "steps go from the mildest stage to the worst", "/ladder")
    ways = {way.channel for way in strategy.ways}
    if any(not rung.channels or not rung.channels <= ways for rung in strategy.ladder):
        refuse("unknown-word", "a step by a channel that has no cost", "/ladder")


def _check_treatments(strategy: Strategy) -> None:
    """Every treatment climbs the ladder in its order, and leaves out no stage on the way."""
    order = {rung.name: index for index, rung in enumerate(strategy.ladder)}
    names = [treatment.name for treatment in strategy.treatments]
    if len(set(names)) < len(names) or HOLD in names:
        refuse("repeated-treatment", f"each treatment has a name of its own, and none is called {HOLD}", "/treatments")
    for index, treatment in enumerate(strategy.treatments):
        places = [order.get(name, -1) for name in treatment.steps]
        if -1 in places or places != sorted(set(places)):
            refuse("bad-order", "not steps of the ladder in its order", f"/treatments/{index}/steps")
        if treatment.name != strategy.before_due and _leaves_out(strategy, treatment):
            refuse("milder-step-left-out", "a stage is passed without a step", f"/treatments/{index}/steps")


def _leaves_out(strategy: Strategy, treatment: Treatment) -> bool:
    """Whether a worse stage has a step and a milder one (past the first, which is not late) has none."""
    rungs = [rung for rung in strategy.ladder if rung.name in treatment.steps]
    climbed = {strategy.stages.index(rung.stage) for rung in rungs}
    late = set(range(1, max(climbed, default=0) + 1))
    return any(rung.before_due for rung in rungs) or not late <= climbed


def _check_choices(strategy: Strategy) -> None:
    """The last row takes everybody; harsh treatment never rests on what is unknown."""
    if not strategy.choices or not strategy.choices[-1].fits_all:
        refuse("no-default", "the last choice states no condition", "/choices")
    known = {treatment.name for treatment in strategy.treatments}
    for index, choice in enumerate(strategy.choices):
        if choice.treatment not in known or not (choice.stages or frozenset()) <= set(strategy.stages):
            refuse("unknown-word", "a treatment or stage that the strategy does not have", f"/choices/{index}")
        if _is_harsh(strategy, choice.treatment) and not _is_informed(choice):
            detail = "a treatment that needs approval rests on a known ability and willingness"
            refuse("harsh-by-default", detail, f"/choices/{index}")


def _is_harsh(strategy: Strategy, treatment: str) -> bool:
    steps = strategy.treatment(treatment).steps
    return any(rung.needs_approval for rung in strategy.ladder if rung.name in steps)


def _is_informed(choice: Choice) -> bool:
    """Whether it states a situation that the borrower declared, or both axes, and none of it unknown."""
    if choice.situations is not None and "none" not in choice.situations:
        return True
    axes = (choice.ability, choice.willingness)
    return all(axis is not None and UNKNOWN not in axis for axis in axes)


def _check_before_due(strategy: Strategy) -> None:
    """The treatment before the due date has steps of its own kind."""
    rungs = [strategy.rung(name) for name in strategy.treatment(strategy.before_due).steps]
    if not rungs or not all(rung is not None and rung.before_due for rung in rungs):
        refuse("unknown-word", "not a treatment with steps before the due date", "/before_due")


CHECKS: Final[tuple[Callable[[Strategy], None], ...]] = (
    _check_ladder,
    _check_treatments,
    _check_choices,
    _check_before_due,
)
