"""How much may fail before it is no longer the messages' fault: parking has an end."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from shared.fold.house import Outcome, Parked

RECENT: Final = 1000
FAILING_SUBJECTS_MAX: Final = 100


class TooMuchPoison(RuntimeError):
    """More than 100 distinct subjects among the last 1,000 messages failed: stop instead of parking everything."""


class Recent:
    """The last 1,000 messages of one source or partition: whose failed."""

    def __init__(self) -> None:
        self._failing: deque[str | None] = deque(maxlen=RECENT)

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """Count *outcomes* in. Raises: TooMuchPoison."""
        failing = [outcome.key if isinstance(outcome, Parked) else None for outcome in outcomes]
        self._failing.extend(failing)
        # What is well only pushes others out: then nothing new has to be counted, a thousand at a time.
        if any(failing) and len({key for key in self._failing if key is not None}) > FAILING_SUBJECTS_MAX:
            raise TooMuchPoison
