"""Telling a repeat from a contradiction: a mark of what was stated, not of what we made of it."""

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, cast

from services.feedback.domain.borrower import Borrower
from shared.events import Event
from shared.refusal import Refusal

OURS: Final = frozenset({
    "answer_due_on", "claimed_on", "decision_due_on", "evidence_due_on", "given_at", "judged_from", "made_on",
    "raised_on", "received_at", "stated_at",
})  # fmt: skip
"""Fields that the clock or a policy fills in: they differ between a statement and its repeat."""

MARK_LENGTH: Final = 12


def mark(event: Event) -> str:
    """Twelve hexadecimal digits that change with anything the borrower stated in *event*."""
    names = [field.name for field in fields(cast(Any, event)) if field.name not in OURS]
    stated = [(name, _plain(getattr(event, name))) for name in names]
    return sha256(repr((type(event).__name__, stated)).encode()).hexdigest()[:MARK_LENGTH]


def _plain(value: Any) -> Any:
    """Amounts that are equal look equal: 100 and 100.00 are one promise."""
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


def judge_repeat(borrower: Borrower, matter_id: str, event: Event, pointer: str) -> Sequence[Event] | Refusal | None:
    """Nothing to say to a repeat, a refusal to a contradiction, None when *matter_id* is new."""
    known = borrower.mark_of(matter_id)
    if known is None:
        return None
    if known == mark(event):
        return ()
    return Refusal("contradiction", "This id was used before, for something else.", (pointer,))
