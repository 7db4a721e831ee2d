"""Which treatment suits the borrower now: by stage, ability, willingness and what they declared; mild where unknown."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from services.contact.domain.borrower import Borrower
from services.contact.domain.context import Context
from services.contact.domain.owing import coming_due, owing, was_late
from services.contact.domain.reaching import day_of, zone_of
from services.contact.domain.standing import hold_on
from services.contact.domain.strategy import HOLD, UNKNOWN, Band, Choice, Strategy
from shared.events import TreatmentChosen

NOBODY_SAID: Final = "none"


class Look(NamedTuple):
    """The borrower as a strategy looks at them; `loan_ids` are those that may be spoken about."""

    loan_ids: tuple[str, ...]
    stage: str | None
    situation: str
    ability: Band
    willingness: Band
    cure: Decimal | None
    before_due: bool = False
    hold: str | None = None


def choose_treatment(borrower: Borrower, _fact: Any, context: Context) -> Iterator[TreatmentChosen]:
    """Choose afresh, and tell it when it differs from what was chosen before."""
    look = look_at(borrower, context)
    if look is None:
        return
    treatment, reasons = treatment_for(look, context.strategy)
    version = f"{context.strategy.name}@{context.strategy.version}"
    if borrower.chosen == (treatment, look.hold or look.situation, look.stage, version):
        return
    loan = borrower.loans[look.loan_ids[0]]
    yield TreatmentChosen(
        treatment=treatment,
        loan_ids=look.loan_ids,
        strategy=context.strategy.name,
        strategy_version=context.strategy.version,
        situation=look.hold or look.situation,
        currency=loan.currency,
        stage=look.stage,
        reasons=reasons,
        expected_value=_expected(borrower, loan.currency),
        cost=_cost(treatment, loan.currency, context.strategy),
        approval_needed=_needs_approval(treatment, context.strategy),
    )


def look_at(borrower: Borrower, context: Context) -> Look | None:
    """What there is to treat: what is past due, else what is coming due; None when nothing is."""
    today = day_of(context.at, zone_of(borrower))
    late = owing(borrower)
    about = late or tuple(loan_id for loan_id in coming_due(borrower, today) if not _is_reminded(borrower, loan_id))
    if not about:
        return None
    risk = borrower.risk if borrower.risk is not None and today <= borrower.risk.valid_until else None
    willingness = context.strategy.band(risk.willingness if risk else None)
    if not late and _is_spared(borrower, willingness, today, context.strategy):
        return None
    free = tuple(loan_id for loan_id in about if hold_on(borrower, loan_id) is None)
    hold = None if free else hold_on(borrower, about[0])
    return Look(
        loan_ids=free or about,
        stage=_worst_stage(borrower, free or about, context.strategy),
        situation=borrower.situation or NOBODY_SAID,
        ability=context.strategy.band(risk.ability if risk else None),
        willingness=willingness,
        cure=risk.cure if risk else None,
        before_due=not late,
        hold=hold.kind if hold else None,
    )


def _is_spared(borrower: Borrower, willingness: Band, today: date, strategy: Strategy) -> bool:
    """Who pays anyway, as far as is known; of whom nothing is known, whoever was not late lately."""
    if willingness not in strategy.before_due_spares:
        return False
    return willingness != UNKNOWN or not was_late(borrower, today - timedelta(days=strategy.lately_days))


def _is_reminded(borrower: Borrower, loan_id: str) -> bool:
    coming = borrower.loans[loan_id].coming
    return coming is not None and coming.reminded


def _worst_stage(borrower: Borrower, loan_ids: tuple[str, ...], strategy: Strategy) -> str | None:
    stages = [borrower.loans[loan_id].stage for loan_id in loan_ids]
    return max((stage for stage in stages if stage is not None), key=strategy.rank, default=None)


def treatment_for(look: Look, strategy: Strategy) -> tuple[str, tuple[str, ...]]:
    """The treatment, and the reasons that decided."""
    if look.hold is not None:
        return HOLD, (f"hold:{look.hold}",)
    if look.before_due:
        return strategy.before_due, ("before-due",)
    row = next(row for row in strategy.choices if _fits(row, look))
    return row.treatment, tuple(_reasons(row, look))


def _fits(row: Choice, look: Look) -> bool:
    return (
        (row.stages is None or look.stage in row.stages)
        and (row.situations is None or look.situation in row.situations)
        and (row.ability is None or look.ability in row.ability)
        and (row.willingness is None or look.willingness in row.willingness)
        and (row.cure_min is None or (look.cure is not None and look.cure >= row.cure_min))
    )


def _reasons(row: Choice, look: Look) -> Iterator[str]:
    """All that was looked at, and whether a row of its own or the mild default took it."""
    yield f"stage:{look.stage or 'unknown'}"
    yield f"situation:{look.situation}"
    yield f"ability:{look.ability}"
    yield f"willingness:{look.willingness}"
    if row.cure_min is not None:
        yield "likely-to-cure"
    if row.fits_all:
        yield "mild-by-default"


def _expected(borrower: Borrower, currency: str) -> Decimal | None:
    """The money expected within 90 days; None where scoring has not said."""
    cash = borrower.risk.cash if borrower.risk is not None else ()
    return next((amount for code, amount in cash if code == currency), None)


def _cost(treatment: str, currency: str, strategy: Strategy) -> Decimal | None:
    """What all its steps cost at the cheapest; None where a cost is not known in that currency."""
    total = Decimal(0)
    for name in strategy.treatment(treatment).steps:
        rung = strategy.rung(name)
        assert rung is not None, "a strategy that was read has every rung it names"
        costs = [way.cost.get(currency) for way in strategy.ways_of(rung, currency)]
        if not costs or costs[0] is None:
            return None
        total += costs[0]
    return total


def _needs_approval(treatment: str, strategy: Strategy) -> bool:
    steps = strategy.treatment(treatment).steps
    return any(rung.needs_approval for rung in strategy.ladder if rung.name in steps)
