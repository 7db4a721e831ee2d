"""Holds: breathing spaces, plans being kept, disputes and everything else that stops contact until it ends."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Final, Literal

from services.contact.domain.gate import words
from services.contact.domain.gate.case import Debt
from services.contact.domain.gate.facts import Moment
from services.contact.domain.gate.reading import AnyOf, Between
from services.contact.domain.gate.rule import PASS, Finding, Rule
from services.contact.domain.gate.zones import ONE_DAY, start_of_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Rule):
    """Contact stops while a hold runs, and resumes on the day after its last; an open one denies.

    `because`: a `hold` on the person of one of `kinds`; a `moratorium` of `moratorium_type` on the debt, which lasts
    `days` from its start (`first_day_counts`) or after treatment ended; a `plan` on the debt that is kept; a `dispute`.
    """

    kind: Literal["hold"] = "hold"
    because: Literal["hold", "moratorium", "plan", "dispute"]
    kinds: Annotated[frozenset[str], AnyOf(words.HOLD_KINDS)] = frozenset()
    moratorium_type: Literal["standard", "mental_health_crisis"] | None = None
    days: Annotated[int, Between(1, 3660)] | None = None
    first_day_counts: bool = field(default=True)

    def weigh(self, moment: Moment) -> Finding:
        found = [end for zone in moment.zones for end in STOPS[self.because](self, moment, moment.today(zone))]
        running = [end for end in found if end is None or any(moment.today(zone) <= end for zone in moment.zones)]
        if not running:
            return PASS
        last = None if None in running else max(end for end in running if end is not None)
        until = None if last is None else max(start_of_day(last + ONE_DAY, zone) for zone in moment.zones)
        return self.defer(f"on hold: {self.moratorium_type or self.because}", until)

    def end_after(self, start: date) -> date | None:
        """The last day of a hold of `days` from *start*; None when it is open."""
        if self.days is None:
            return None
        return start + timedelta(days=self.days - 1 if self.first_day_counts else self.days)


def _person_holds(rule: Hold, moment: Moment, today: date) -> Iterator[date | None]:
    for hold in moment.facts.case.debtor.holds:
        if hold.kind in rule.kinds and hold.begun(today):
            yield hold.ends or (rule.end_after(hold.starts) if hold.starts else None)


def _moratoria(rule: Hold, moment: Moment, today: date) -> Iterator[date | None]:
    """A crisis moratorium runs until treatment ends, and `days` after."""
    for debt in moment.facts.debts:
        stop = debt.moratorium
        if stop is None or stop.type != rule.moratorium_type or (stop.starts is not None and stop.starts > today):
            continue
        start = stop.starts if stop.type == "standard" else stop.treatment_ended
        yield None if start is None else rule.end_after(start)


def _kept_plans(_rule: Hold, moment: Moment, _today: date) -> Iterator[date | None]:
    for debt in moment.facts.debts:
        if debt.plan is not None and debt.plan.status == "performing":
            yield None


def _disputes(_rule: Hold, moment: Moment, today: date) -> Iterator[date | None]:
    yield from (None for debt in moment.facts.debts if _is_disputed(debt, today))


def _is_disputed(debt: Debt, today: date) -> bool:
    """Disputed in writing within the validation period (or where its end is unknown), and not verified since."""
    disputed, ends = debt.disputed_in_writing_at, debt.validation_period_end
    if disputed is None or disputed > today or (ends is not None and disputed > ends):
        return False
    return debt.verification_sent_at is None or debt.verification_sent_at > today


STOPS: Final[Mapping[str, Callable[[Hold, Moment, date], Iterator[date | None]]]] = {
    "hold": _person_holds,
    "moratorium": _moratoria,
    "plan": _kept_plans,
    "dispute": _disputes,
}
