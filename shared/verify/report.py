"""What a verification counted, and what it found to be otherwise than kept."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, TypeAlias

LISTED_MAX: Final = 100

Kind: TypeAlias = Literal[
    "announcement-misnumbered",
    "announcement-unchained",
    "announcement-changed",
    "announcement-unexplained",
    "journal-misnumbered",
    "journal-unreadable",
    "heard-out-of-order",
    "heard-otherwise",
    "wake-unasked",
    "rules-unknown",
    "decision-differs",
    "state-differs",
    "subject-differs",
]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that is not as history has it; `what` names fields and types, never a value.

    `position` is that of the journal, or for announcements their number.
    """

    kind: Kind
    key: str
    position: int
    what: str


@dataclass
class Report:
    """Counts over one house. `decisions` were all taken again; `entries` that called for none were only heard.

    At most 100 mismatches are listed; `found` counts all of them, by kind.
    """

    house: str
    subjects: int = 0
    entries: int = 0
    announcements: int = 0
    decisions: int = 0
    found: Counter[str] = field(default_factory=Counter)
    mismatches: list[Mismatch] = field(default_factory=list)

    def note(self, found: Iterable[Mismatch]) -> None:
        """Count *found* in, and list it while there is room."""
        for one in found:
            self.found[one.kind] += 1
            if len(self.mismatches) < LISTED_MAX:
                self.mismatches.append(one)

    @property
    def is_well(self) -> bool:
        """Whether everything is as history has it."""
        return not self.found.total()

    def as_json(self) -> Mapping[str, Any]:
        """The report as JSON types."""
        return asdict(self) | {"found": dict(self.found)}
