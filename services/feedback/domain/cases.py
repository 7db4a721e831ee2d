"""What waits for a person's answer, by whom and until when: one row a case, for the desk's list."""

from collections.abc import Sequence
from datetime import date
from typing import Final, Literal, NamedTuple, TypeAlias

from services.feedback.domain.borrower import Borrower

CaseKind: TypeAlias = Literal["hardship", "dispute", "complaint"]

OWNERS: Final[dict[CaseKind, str]] = {
    "hardship": "hardship-desk",
    "dispute": "disputes-desk",
    "complaint": "complaints-desk",
}
"""The desk that owes the answer."""


class Case(NamedTuple):
    """A case still to be answered, at the latest on `due_on` (inclusive), the bank's calendar."""

    kind: CaseKind
    id: str
    opened_on: date
    due_on: date | None
    owner: str
    loan_ids: tuple[str, ...] = ()


def cases(borrower: Borrower) -> Sequence[Case]:
    """Everything of *borrower* that still waits for an answer, the most urgent first."""
    claims = [claim for claim in borrower.hardships if not claim.confirmed]
    found = [
        *(Case("hardship", c.id, c.opened_on, c.due_on, OWNERS["hardship"], c.loan_ids) for c in claims),
        *(Case("dispute", d.id, d.opened_on, d.due_on, OWNERS["dispute"], d.loan_ids) for d in borrower.disputes),
        *(Case("complaint", c.id, c.opened_on, c.due_on, OWNERS["complaint"], c.loan_ids) for c in borrower.complaints),
    ]
    return sorted(found, key=lambda case: (case.due_on or date.max, case.kind, case.id))
