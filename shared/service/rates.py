"""How often one caller may call: a token bucket for each, in the memory of this process."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

from shared.clock import ticks
from shared.refusal import Refusal, Refused
from shared.service.settings import Settings

STREET: Final = "street:read"
CALLERS_MAX: Final = 10_000
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Rate:
    """How many calls a second in the long run, and how many at once after a pause; 0 a second means no limit."""

    per_second: float
    at_once: int


class Buckets:
    """A bucket for each of the 10,000 callers seen last; one that is forgotten is full again."""

    def __init__(self, rate: Rate, ticks: Callable[[], float] = ticks) -> None:
        self.rate, self._ticks = rate, ticks
        self._full_at = OrderedDict[str, float]()

    def take(self, caller: str) -> float:
        """Take a call out of the bucket of *caller*: 0, or in how many seconds there will be one to take."""
        if not self.rate.per_second:
            return 0.0
        now = self._ticks()
        full_at = max(self._full_at.pop(caller, now), now)
        wait = full_at - now - (self.rate.at_once - 1) / self.rate.per_second
        is_there = wait <= _ROUNDING
        self._full_at[caller] = full_at + is_there / self.rate.per_second
        if len(self._full_at) > CALLERS_MAX:
            self._full_at.popitem(last=False)
        return 0.0 if is_there else wait


class Rates:
    """What houses ask each other has a limit of its own, so that no caller's zeal delays what is heard."""

    def __init__(self, settings: Settings, ticks: Callable[[], float] = ticks) -> None:
        self._own = Buckets(Rate(settings.calls_per_second, settings.calls_at_once), ticks)
        self._street = Buckets(Rate(settings.street_calls_per_second, settings.street_calls_at_once), ticks)

    def admit(self, principal: str, scope: str) -> None:
        """Count one call of *principal*. Raises: Refused (`too-many-calls`)."""
        buckets = self._street if scope == STREET else self._own
        wait = buckets.take(principal)
        if wait:
            rate = buckets.rate
            limits = f"{rate.per_second:g} calls a second, {rate.at_once} at once after a pause, by one caller"
            raise Refused(Refusal("too-many-calls", f"the limit is {limits}", retry_seconds=ceil(wait)))
