"""A refusal is an answer: understood, and declined for a stated reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was declined, in words that never repeat what was sent.

    `code` is stable and kebab-case; `pointers` are JSON pointers (RFC 6901) to what is at fault. `retry_seconds` says
    after how long the same may be asked again, where that is known.
    """

    code: str
    detail: str
    pointers: tuple[str, ...] = ()
    retry_seconds: int | None = None


class BadValue(ValueError):
    """A value that fits its type and is still not acceptable; raised while a dataclass is built."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Refused(Exception):
    """A refusal on its way out of a door; what it becomes there is the door's business."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def refuse(code: str, detail: str, *pointers: str) -> Refused:
    """Short for a `Refused` with its `Refusal`."""
    return Refused(Refusal(code, detail, pointers))
