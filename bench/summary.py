"""What the bench answers: the sums behind its figures, and the one object that it prints last."""

from collections.abc import Mapping, Sequence
from math import ceil
from statistics import median
from typing import Any, Final

Figures = Mapping[str, float | int]

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "consumer": ("per_second", "floor", "ratio", "obvious", "times_obvious"),
    "ingest": ("per_second", "floor", "ratio"),
    "planned": ("rate", "p50_ms", "p99_ms"),
    "day_close": ("small_s", "large_s", "ratio"),
    "replay": ("facts", "seconds"),
}
"""The parts in the order in which they run, and the figures of each."""


def percentile(values: Sequence[float], share: float) -> float:
    """The least of *values* that at least *share* of them (above 0, at most 1) do not exceed: the nearest rank.

    Raises: ValueError for no values, or a share out of range.
    """
    if not values or not 0 < share <= 1:
        raise ValueError("a percentile is of some values, and lies above 0 and not above 1")
    return sorted(values)[max(ceil(share * len(values)), 1) - 1]


def beside(measured: Sequence[float], yardstick: Sequence[float]) -> float:
    """The median of *measured* as a multiple of the median of *yardstick*."""
    return median(measured) / median(yardstick)


def chosen_parts(named: str) -> tuple[str, ...]:
    """The parts that `PARTS` names, separated by spaces or commas, in their own order; all when it names none.

    Raises: ValueError for a part that is not known.
    """
    wanted = set(named.replace(",", " ").split())
    if unknown := wanted - KEYS.keys():
        raise ValueError(f"no part of the bench is called {', '.join(sorted(unknown))}: they are {', '.join(KEYS)}")
    return tuple(part for part in KEYS if part in wanted or not wanted)


def summary_of(found: Mapping[str, Figures | None]) -> dict[str, Any]:
    """The object printed last: every part with exactly its figures, null for one that was not run or has no data.

    Raises: ValueError when a part answered other figures than its own.
    """
    for part, figures in found.items():
        if part not in KEYS or (figures is not None and set(figures) != set(KEYS[part])):
            raise ValueError(f"{part} does not answer what it should")
    return {part: _in_order(part, found.get(part)) for part in KEYS}


def _in_order(part: str, figures: Figures | None) -> dict[str, float | int] | None:
    return None if figures is None else {name: _rounded(figures[name]) for name in KEYS[part]}


def _rounded(figure: float) -> float | int:
    """Rates by the unit, what is small to three places: more digits would be noise."""
    return round(figure) if figure >= 1000 else round(figure, 3)
