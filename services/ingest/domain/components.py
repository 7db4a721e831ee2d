"""What an amount is made of: penalties, fees, interest, principal; read from the facts, beside the totals of the loan.

Money pays the oldest instalment first whatever it is made of; so components change no total and no day, and the state
of a borrower does without them. A chargeback brings back principal: which part of the money it took back is not told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias

from services.ingest.domain.borrower import Loan
from services.ingest.domain.dues import ZERO, Due, allocate, credited, dues_on
from services.ingest.domain.facts import Recorded, voided_by
from services.ingest.domain.figures import figures_on
from services.ingest.domain.policies import DEFAULT_POLICY, Policy
from shared.events import Event
from shared.events.repayments import (
    BalanceAdjusted,
    Component,
    FeeCharged,
    Instalment,
    LoanImported,
    LoanOpened,
    LoanRescheduled,
    UnpaidPart,
)

Parts: TypeAlias = Mapping[Component, Decimal]
Place: TypeAlias = tuple[str | None, int]

NOTHING: Final[Parts] = {"penalties": ZERO, "fees": ZERO, "interest": ZERO, "principal": ZERO}


@dataclass(frozen=True, slots=True)
class Composition:
    """What is owed in all, and what of it is past due, by component."""

    outstanding: Parts
    delinquent: Parts


def composition(
    facts: Sequence[Recorded], loan: Loan, as_of: date, policy: Policy = DEFAULT_POLICY
) -> Composition | None:
    """What *loan*, made of *facts*, owes on *as_of*, by component; none of a revolving account.

    Each sum is the loan's total: what is paid on an instalment is taken off in the order of *policy*.
    """
    if loan.revolving:
        return None
    figures = figures_on(loan, as_of)
    if not figures.is_active:
        return Composition(NOTHING, NOTHING)
    made = _Makings(facts)
    dues = dues_on(loan, as_of)
    paid = allocate(dues, credited(loan, as_of))
    left = [(due, made.left(due, part, policy)) for due, part in zip(dues, paid, strict=True)]
    late = [parts for due, parts in left if due.due_on < as_of]
    early = sum((one.amount for one in figures.late if one.is_early), ZERO)
    return Composition(_total(parts for _, parts in left), _total([*late, {**NOTHING, "principal": early}]))


class _Makings:
    """What the schedules, charges and adjustments of one loan are made of."""

    def __init__(self, facts: Sequence[Recorded]) -> None:
        self._bases: dict[Place, Parts] = {}
        self._kinds: dict[str, Component] = {}
        voided = {voided_by(one.posted) for one in facts}
        for one in facts:
            if one.posted.identity not in voided:
                self._learn(one.posted.fact)

    def _learn(self, fact: Event) -> None:
        if isinstance(fact, LoanOpened):
            self._bases |= {(None, one.number): _opened(fact, one) for one in fact.instalments}
        elif isinstance(fact, LoanRescheduled):
            self._bases |= {(fact.revision_id, one.number): _parts(one) for one in fact.instalments}
        elif isinstance(fact, FeeCharged):
            self._kinds[f"fee:{fact.fee_id}"] = "penalties" if fact.kind == "penalty" else "fees"
        elif isinstance(fact, BalanceAdjusted):
            self._kinds[f"adjustment:{fact.adjustment_id}"] = fact.component

    def left(self, due: Due, paid: Decimal, policy: Policy) -> Parts:
        """What is unpaid of *due*, whose components are paid one after the other.

        One adjusted below zero takes from the others, as money does; of an instalment that a revision cut to what was
        paid on it, the first components remain.
        """
        whole = dict(self._bases.get((due.revision_id, due.number), NOTHING))
        for name, amount in due.added:
            whole[self._kinds.get(name, "principal")] += amount
        taken = -sum((amount for amount in whole.values() if amount < 0), ZERO)
        return _between(whole, paid + taken, due.amount + taken, policy)


def _between(whole: Parts, start: Decimal, end: Decimal, policy: Policy) -> Parts:
    """The components that lie between *start* and *end* when all are laid end to end in the order of *policy*."""
    left: dict[Component, Decimal] = {}
    begins = ZERO
    for component in policy.allocation:
        ends = begins + max(whole[component], ZERO)
        left[component] = max(ZERO, min(end, ends) - max(start, begins))
        begins = ends
    return left


def _opened(loan: LoanOpened, instalment: Instalment) -> Parts:
    """An instalment as the loan begins: of one taken over, what was unpaid."""
    if not isinstance(loan, LoanImported):
        return _parts(instalment)
    unpaid = next((part for part in loan.unpaid if part.number == instalment.number), None)
    if unpaid is not None:
        return _parts(unpaid)
    return NOTHING if instalment.due_on <= loan.as_of else _parts(instalment)


def _parts(stated: Instalment | UnpaidPart) -> Parts:
    return {
        "penalties": ZERO,
        "fees": stated.fees or ZERO,
        "interest": stated.interest or ZERO,
        "principal": stated.principal,
    }


def _total(all_parts: Iterable[Parts]) -> Parts:
    total = dict(NOTHING)
    for parts in all_parts:
        for component, amount in parts.items():
            total[component] += amount
    return total
