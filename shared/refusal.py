"""A refusal is an answer: understood, and declined for a stated reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was declined, in words that never repeat what was sent.

    `code` is stable and kebab-case; `pointers` are JSON pointers (RFC 6901) to what is at fault.
    """

    code: str
    detail: str
    pointers: tuple[str, ...] = ()


class BadValue(ValueError):
    """A value that fits its type and is still not acceptable; raised while a dataclass is built."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason
