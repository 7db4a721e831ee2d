"""What feedback hears from other houses, and what it does about it; everything else is numbered and left alone."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from services.feedback.domain.decide import HANDLERS as DECIDED
from services.feedback.domain.evolve import CHANGES
from shared.events import SOURCES, TOPICS, Event

HEARS: Final = ("ingest", "scoring", "contact")
"""The order of the numbers in stored rows: append to it, never reorder."""


def functions_for(heard: type) -> tuple[Callable[..., Any], ...]:
    """What the core does with an event of this type: how the state changes, then what is said."""
    change = CHANGES.get(heard)
    return (*(() if change is None else (change,)), *DECIDED.get(heard, ()))


HANDLERS: Final[Mapping[type[Event], tuple[Callable[..., Any], ...]]] = MappingProxyType(
    {event: found for source in HEARS for event in TOPICS[SOURCES[source]].values() if (found := functions_for(event))}
)
