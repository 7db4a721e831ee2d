"""What a provider is to us: what it can do, one call, and three kinds of answer; there is no fourth."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

RejectedReason: TypeAlias = Literal["address-invalid", "expired", "not-connected", "provider-error", "rejected"]
UnclearReason: TypeAlias = Literal["connection-lost", "interrupted", "timeout", "unreadable-answer"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What may be relied upon. `rate_per_second` and `timeout_seconds` are machine time.

    `duplicates_within_seconds`: how long the provider itself would swallow a repeat of the same text; 0 is never.
    """

    channels: frozenset[str]
    looks_up: bool
    idempotency: Literal["none", "key"] = "none"
    receipts: Literal["none", "pushed", "polled"] = "none"
    duplicates_within_seconds: int = 0
    rate_per_second: float = 50.0
    timeout_seconds: float = 10.0


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """One message with its address in the clear: made for a call, never kept, never shown in a log."""

    reference: str
    channel: str
    to: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken the message over."""

    provider_ref: str | None = None
    cost: Decimal | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The message certainly did not go out; `not-connected` is the one reason that another attempt may follow."""

    reason: RejectedReason


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows: it counts as sent, and is never sent again."""

    reason: UnclearReason


Result: TypeAlias = Accepted | Rejected | Unclear


class Gateway(Protocol):
    """A provider, as the sender sees it."""

    name: str
    capabilities: Capabilities

    async def send(self, message: Outgoing, /) -> Result:
        """Make the one call. Whatever happens in it becomes an answer, not an exception."""

    async def look_up(self, reference: str, /) -> Accepted | None:
        """What the provider holds under our reference; None proves nothing. Only where `looks_up`."""

    async def close(self) -> None:
        """Give connections back."""
