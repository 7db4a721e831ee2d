"""To whom: the roles that may be contacted, when others may be asked at all, and who stands before the borrower."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal

from services.contact.domain.gate import words
from services.contact.domain.gate.case import Attorney
from services.contact.domain.gate.facts import Facts, Moment
from services.contact.domain.gate.reading import Between
from services.contact.domain.gate.rule import PASS, Finding, Rule
from services.contact.domain.gate.zones import start_of_day


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRule(Rule):
    """Who may be contacted; `because` names the test.

    `roles`: only those `allowed`; third parties for `third_party_purposes` alone; roles `reviewed` need a person.
    `reachable`: no third party while the borrower can be reached. `lost`: none before `failures` dials in a row failed.
    `attorney`: the borrower's attorney instead of the borrower.
    """

    kind: Literal["recipient_rule"] = "recipient_rule"
    because: Literal["roles", "reachable", "lost", "attorney"]
    allowed: words.Roles = frozenset()
    reviewed: words.Roles = frozenset()
    third_party_purposes: words.Purposes = frozenset()
    failures: Annotated[int, Between(1, 100)] = 3
    excusing_holds: frozenset[str] = frozenset()

    def weigh(self, moment: Moment) -> Finding:
        return WEIGH[self.because](self, moment)


def _weigh_roles(rule: RecipientRule, moment: Moment) -> Finding:
    facts = moment.facts
    asked = facts.role == words.THIRD_PARTY and facts.purpose in rule.third_party_purposes
    if facts.role in rule.allowed or asked:
        return PASS
    if facts.role in rule.reviewed:
        return rule.object("review", "whether the debt concerns this person is for a person to say")
    return rule.object("deny", "the debt does not concern this person")


def _weigh_reachable(rule: RecipientRule, moment: Moment) -> Finding:
    if moment.facts.role != words.THIRD_PARTY or _is_excused(rule, moment):
        return PASS
    stated = moment.facts.case.debtor.reachability
    if stated == "reachable" or (stated is None and not is_lost(moment.facts, rule.failures)):
        return rule.object("deny", "the borrower can be reached, as far as is known")
    return PASS


def _weigh_lost(rule: RecipientRule, moment: Moment) -> Finding:
    third = moment.facts.role == words.THIRD_PARTY
    if not third or is_lost(moment.facts, rule.failures) or _is_excused(rule, moment):
        return PASS
    return rule.object("deny", f"contact is not shown to be lost: fewer than {rule.failures} dials in a row failed")


def is_lost(facts: Facts, failures: int) -> bool:
    """Whether contact with the borrower is lost: stated and not since disproved, or shown by dials that failed.

    Shown means a number that does not exist, or `failures` dials in a row without an answer.
    """
    if facts.case.debtor.reachability == "reachable":
        return False
    in_a_row, dead = 0, False
    for item in facts.past:
        reached = item.direction == "in" or item.outcome in ("conversation", "in_progress")
        if reached and not (item.to or "").startswith(words.THIRD_PARTY):
            in_a_row, dead = 0, False
        elif item.channel in words.CALLS and item.outcome in words.UNANSWERED:
            in_a_row, dead = in_a_row + 1, item.outcome == "number_not_in_service"
    return dead or in_a_row >= failures or (facts.case.debtor.reachability == "lost" and not _was_reached_last(facts))


def _was_reached_last(facts: Facts) -> bool:
    tries = [item for item in facts.past if not (item.to or "").startswith(words.THIRD_PARTY)]
    return bool(tries) and (tries[-1].direction == "in" or tries[-1].outcome == "conversation")


def _is_excused(rule: RecipientRule, moment: Moment) -> bool:
    """Whether a hold (death, incapacity) makes the borrower unreachable for good."""
    holds = moment.facts.case.debtor.holds
    return any(hold.kind in rule.excusing_holds and hold.begun(moment.today(moment.zone)) for hold in holds)


def _weigh_attorney(rule: RecipientRule, moment: Moment) -> Finding:
    """The attorney alone, until they fail to answer within the firm's own reasonable period."""
    facts, attorney = moment.facts, moment.facts.case.debtor.represented_by_attorney
    if attorney is None or facts.role in rule.allowed or not _represents(attorney, moment):
        return PASS
    reason = "the borrower is represented by an attorney for this debt"
    since, days = attorney.unanswered_since, attorney.firm_policy_reasonable_days
    if attorney.responsive or since is None or days is None:
        return rule.object("deny", reason)
    release = max(start_of_day(since + timedelta(days=days), zone) for zone in moment.zones)
    return PASS if moment.at >= release else rule.defer(reason, release)


def _represents(attorney: Attorney, moment: Moment) -> bool:
    named = moment.facts.proposed.debt
    about = attorney.debt is None or named is None or attorney.debt == named
    return about and (attorney.since is None or any(attorney.since <= moment.today(zone) for zone in moment.zones))


WEIGH: Final[Mapping[str, Callable[[RecipientRule, Moment], Finding]]] = {
    "roles": _weigh_roles,
    "reachable": _weigh_reachable,
    "lost": _weigh_lost,
    "attorney": _weigh_attorney,
}
