"""Which schedules make sense, at opening and at each revision."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final

from services.ingest.domain.schedule import total_of
from shared.events.repayments import Instalment, LoanImported, LoanOpened, LoanRescheduled
from shared.money import fits_currency
from shared.refusal import Refusal

INSTALMENTS_MAX: Final = 600
GRACE_DAYS_MAX: Final = 366


def refuse_opening(fact: LoanOpened, *, already_open: bool) -> Refusal | None:
    """Why the loan cannot be opened as stated; None when it can."""
    if already_open:
        return Refusal("loan-already-opened", "this loan is known already", ("/loan_id",))
    if fact.grace_days > GRACE_DAYS_MAX:
        return Refusal("grace-too-long", f"at most {GRACE_DAYS_MAX} days of grace", ("/grace_days",))
    if fact.kind == "revolving":
        return _refuse_revolving(fact)
    return _refuse_schedule(fact.instalments, fact.currency, fact.opened_on) or _refuse_sums(fact)


def refuse_revision(fact: LoanRescheduled, currency: str, opened_on: date) -> Refusal | None:
    """Why the new schedule cannot be taken; None when it can."""
    if fact.effective_on < opened_on:
        return Refusal("before-opening", "dated before the loan was opened", ("/effective_on",))
    return _refuse_schedule(fact.instalments, currency, opened_on)


def _refuse_revolving(fact: LoanOpened) -> Refusal | None:
    if fact.instalments:
        return Refusal("schedule-on-revolving", "a revolving account opens without instalments", ("/instalments",))
    if isinstance(fact, LoanImported):
        return Refusal("import-of-revolving", "a revolving account starts with its next statement", ("/kind",))
    return Refusal("amount-negative", "below zero", ("/principal",)) if fact.principal < 0 else None


def _refuse_sums(fact: LoanOpened) -> Refusal | None:
    if fact.principal <= 0:
        return Refusal("amount-not-positive", "the amount must be above zero", ("/principal",))
    if isinstance(fact, LoanImported):
        return _refuse_unpaid(fact)
    if sum((one.principal for one in fact.instalments), Decimal(0)) != fact.principal:
        return Refusal(
            "principal-mismatch", "the instalments' principal does not add up", ("/principal", "/instalments")
        )
    return None


def _refuse_unpaid(fact: LoanImported) -> Refusal | None:
    if fact.as_of < fact.opened_on:
        return Refusal("before-opening", "dated before the loan was opened", ("/as_of",))
    whole = {one.number: total_of(one) for one in fact.instalments}
    numbers = [part.number for part in fact.unpaid]
    if len(set(numbers)) < len(numbers) or not whole.keys() >= set(numbers):
        return Refusal("unknown-instalment", "an unpaid part repeats, or belongs to no instalment", ("/unpaid",))
    for index, part in enumerate(fact.unpaid):
        parts = (part.principal, part.interest or Decimal(0), part.fees or Decimal(0))
        if min(parts) < 0 or not all(fits_currency(one, fact.currency) for one in parts):
            return Refusal("amount-unfit", "below zero, or more decimals than the currency", (f"/unpaid/{index}",))
    return None


def _refuse_schedule(instalments: Sequence[Instalment], currency: str, opened_on: date) -> Refusal | None:
    if not 0 < len(instalments) <= INSTALMENTS_MAX:
        return Refusal("instalment-count", f"a schedule has 1 to {INSTALMENTS_MAX} instalments", ("/instalments",))
    return next(_faults(instalments, currency, opened_on), None)


def _faults(instalments: Sequence[Instalment], currency: str, opened_on: date) -> Iterator[Refusal]:
    for index, one in enumerate(instalments):
        where = (f"/instalments/{index}",)
        parts = (one.principal, one.interest or Decimal(0), one.fees or Decimal(0))
        if min(parts) < 0:
            yield Refusal("amount-negative", "below zero", where)
        if not all(fits_currency(part, currency) for part in parts):
            yield Refusal("currency-decimals", "more decimals than the currency has", where)
        if one.due_on < opened_on or (one.from_on is not None and one.from_on > one.due_on):
            yield Refusal("due-too-early", "an instalment falls due before its period or the opening", where)
    for index, (before, after) in enumerate(pairwise(instalments), start=1):
        if before.number >= after.number or before.due_on > after.due_on:
            yield Refusal(
                "instalments-out-of-order", "numbers rise and due dates never fall", (f"/instalments/{index}",)
            )
