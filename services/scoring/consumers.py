"""What scoring hears from the other houses, and what each event changes in the borrower's record.

Whether an event also calls for an assessment is the domain's to say (`NEWS`); every other type advances its number.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from services.scoring.domain.history import Borrower
from services.scoring.domain.scoring import CHANGES
from shared.events import Event, RiskAssessed

HEARS: Final = ("ingest", "contact", "feedback")
"""The order of the numbers in stored rows: append to it, never reorder."""

HANDLERS: Final[Mapping[type[Event], Callable[[Borrower, Any], Borrower]]] = MappingProxyType(
    {kind: change for kind, change in CHANGES.items() if kind is not RiskAssessed}
)
