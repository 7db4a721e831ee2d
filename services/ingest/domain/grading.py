"""The grade of a loan: which bucket and stage its figures put it in, and at which counts of days that changes next."""

from datetime import date
from typing import NamedTuple

from services.ingest.domain.borrower import Loan, Standing
from services.ingest.domain.buckets import BucketSet
from services.ingest.domain.context import Context
from services.ingest.domain.figures import Figures
from services.ingest.domain.stages import Facing, StageTable


class Rules(NamedTuple):
    """The bucket set and the stage table that a loan is graded by."""

    buckets: BucketSet | None
    stages: StageTable


def rules_for(loan: Loan, context: Context, on: date) -> Rules:
    """The rules of *loan*'s product on *on*; a bucket set that is no more gives no buckets."""
    return Rules(context.buckets_of(loan.bucket_set, on), context.stage_table_of(loan.product))


def grade(loan: Loan, figures: Figures, as_of: date, rules: Rules) -> Standing:
    """Where *figures* (of *loan* on *as_of*) put it."""
    return Standing(
        bucket=bucket_of(loan, figures, as_of, rules.buckets),
        stage=rules.stages.stage_of(facing(figures)),
        overdue_since=figures.overdue_since,
        amount=figures.delinquent_amount,
        next_past_due_days=_next_edge(figures, rules, "past_due_days"),
        next_delinquent_days=_next_edge(figures, rules, "delinquent_days"),
    )


def bucket_of(loan: Loan, figures: Figures, as_of: date, buckets: BucketSet | None) -> str | None:
    """The bucket of *buckets*; where core banking's class wins, the latest it stated."""
    if buckets is None or not figures.is_active:
        return None
    if buckets.core_wins and loan.servicing is not None:
        stated = [one for one in loan.servicing.classes if one.on <= as_of]
        if stated:
            return stated[-1].asset_class
    return buckets.bucket_of(getattr(figures, buckets.basis))


def facing(figures: Figures) -> Facing:
    """What the conditions of a stage look at."""
    return Facing(
        past_due_days=figures.past_due_days,
        delinquent_days=figures.delinquent_days,
        amount=figures.delinquent_amount,
        unpaid_instalments=len(figures.late),
        paused=figures.paused,
        charged_off=figures.status == "charged-off",
    )


def _next_edge(figures: Figures, rules: Rules, basis: str) -> int | None:
    if figures.overdue_since is None:
        return None
    days: int = getattr(figures, basis)
    edges = rules.stages.next_past_due_edge if basis == "past_due_days" else rules.stages.next_delinquent_edge
    found = [edges(days)]
    if rules.buckets is not None and rules.buckets.basis == basis:
        found.append(rules.buckets.next_edge(days))
    return min((edge for edge in found if edge is not None), default=None)
