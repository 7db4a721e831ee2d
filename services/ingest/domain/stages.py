"""Stages of collection: ordered rows of conditions; the worst row that matches names the stage.

Conditions look at the position alone, whose days run from the oldest unpaid due date: stages follow the debt.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

STAGES_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Facing:
    """What the conditions of a stage look at."""

    past_due_days: int = 0
    delinquent_days: int = 0
    amount: Decimal = Decimal(0)
    unpaid_instalments: int = 0
    paused: bool = False
    charged_off: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """One row; every condition stated must hold, all minimums inclusive. A flag of None does not matter."""

    name: str
    past_due_days_min: int = 0
    delinquent_days_min: int = 0
    amount_min: Decimal = Decimal(0)
    unpaid_instalments_min: int = 0
    paused: bool | None = None
    charged_off: bool | None = None

    def matches(self, facing: Facing) -> bool:
        """Whether all conditions hold."""
        return (
            facing.past_due_days >= self.past_due_days_min
            and facing.delinquent_days >= self.delinquent_days_min
            and facing.amount >= self.amount_min
            and facing.unpaid_instalments >= self.unpaid_instalments_min
            and self.paused in (None, facing.paused)
            and self.charged_off in (None, facing.charged_off)
        )


@dataclass(frozen=True, slots=True)
class StageTable:
    """Stages from the mildest to the worst; a name may stand in several rows. `version` names these exact rows."""

    name: str
    stages: tuple[Stage, ...]
    version: str = "1"

    def stage_of(self, facing: Facing) -> str | None:
        """The worst stage that matches; None when not even the mildest does."""
        return next((one.name for one in reversed(self.stages) if one.matches(facing)), None)

    def next_past_due_edge(self, days: int) -> int | None:
        """The least count of days past due above *days* at which the stage may be another."""
        return _next((one.past_due_days_min for one in self.stages), days)

    def next_delinquent_edge(self, days: int) -> int | None:
        """The same for delinquent days."""
        return _next((one.delinquent_days_min for one in self.stages), days)


def _next(edges: Iterable[int], days: int) -> int | None:
    return min((edge for edge in edges if edge > days), default=None)


DEFAULT_TABLE: Final = StageTable(
    "default",
    (
        Stage("current"),
        Stage("early", past_due_days_min=1),
        Stage("middle", past_due_days_min=31),
        Stage("late", past_due_days_min=91),
        Stage("recovery", past_due_days_min=181),
        Stage("recovery", charged_off=True),
    ),
)
"""Source: thirty days are one bucket and ninety non-performing in common use (Basel Framework CRE36.69); beyond 180
days retail credit is charged off (FFIEC Uniform Retail Credit Classification and Account Management Policy, 2000)."""

STAGE_TABLES: Final[Mapping[str, StageTable]] = MappingProxyType({DEFAULT_TABLE.name: DEFAULT_TABLE})
