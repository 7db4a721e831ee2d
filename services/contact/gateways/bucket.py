"""How fast a provider is given messages: never faster than it says it takes them."""

from shared.clock import ticks


class Bucket:
    """Tokens that come back at a steady rate: no provider is given more in a second than it takes."""

    def __init__(self, rate_per_second: float) -> None:
        self._rate, self._tokens, self._at = rate_per_second, rate_per_second, ticks()

    def ready(self) -> int:
        """How many may go now."""
        now = ticks()
        self._tokens = min(max(self._rate, 1.0), self._tokens + (now - self._at) * self._rate)
        self._at = now
        return int(self._tokens)

    def take(self, count: int) -> None:
        """*count* have gone."""
        self._tokens -= count
