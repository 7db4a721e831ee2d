"""Whether the house did its own duties first: agency listed and told of, people trained and examined, plans bounded."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from services.contact.domain.gate.case import Party
from services.contact.domain.gate.facts import Moment
from services.contact.domain.gate.reading import Between
from services.contact.domain.gate.rule import PASS, Finding, Objection, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernanceGate(Rule):
    """Duties of the house itself. What is not known of agency or agent is not judged here, only flagged.

    `term_months_max` binds the task `create_plan`; a plan whose term nobody stated is refused.
    """

    kind: Literal["governance_gate"] = "governance_gate"
    term_months_max: Annotated[int, Between(1, 600)] | None = None
    needs_listing: bool = False
    needs_notice: bool = False
    evaluated_within_days: Annotated[int, Between(1, 3660)] | None = None
    trained_within_days: Annotated[int, Between(1, 3660)] | None = None

    def weigh(self, moment: Moment) -> Finding:
        party = moment.facts.case.party
        if party is None:
            return PASS
        today = moment.today(moment.zone)
        if moment.facts.actor == "agency" and self._is_unfit(party, today):
            return self.object("deny", "the agency is not listed, not told of, or not evaluated in time")
        if _is_stale(party.trained_on, self.trained_within_days, today):
            return self.object("deny", "the agent's training has lapsed")
        return PASS

    def _is_unfit(self, party: Party, today: date) -> bool:
        untold = party.borrower_told_on is not None and party.borrower_told_on > today
        return (
            (self.needs_listing and party.listed is False)
            or (self.needs_notice and untold)
            or _is_stale(party.evaluated_on, self.evaluated_within_days, today)
        )

    def judge_plan(self, term_months: int | None) -> Objection | None:
        """Why a plan of that term may not be made."""
        if self.term_months_max is None or (term_months is not None and term_months <= self.term_months_max):
            return None
        return self.object("deny", f"a term of more than {self.term_months_max} months, or none stated")


def _is_stale(day: date | None, within_days: int | None, today: date) -> bool:
    return day is not None and within_days is not None and today > day + timedelta(days=within_days)
