"""What a product decides for its loans; a product nobody configured takes the default."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from shared.events.repayments import Component

NextDue: TypeAlias = Literal["next-unpaid", "earliest-unpaid"]


@dataclass(frozen=True, slots=True)
class Policy:
    """`next_due`: the next unpaid instalment from the day of the position on (due today included), or the earliest.

    `allocation`: in which order money pays what one instalment is made of.
    """

    next_due: NextDue = "next-unpaid"
    stage_table: str = "default"
    allocation: tuple[Component, ...] = ("penalties", "fees", "interest", "principal")


DEFAULT_POLICY: Final = Policy()
POLICIES: Final[Mapping[str, Policy]] = MappingProxyType({})
