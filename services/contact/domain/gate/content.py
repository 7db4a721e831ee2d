"""What is said: what must be in it, what must not, and where nothing else may be; and who comes to the door."""

from dataclasses import dataclass
from typing import Annotated, Literal

from services.contact.domain.gate import words
from services.contact.domain.gate.case import PastContact
from services.contact.domain.gate.facts import Facts, Moment
from services.contact.domain.gate.reading import Between
from services.contact.domain.gate.rule import PASS, Finding, Rule

Flags = frozenset[words.Flag]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRule(Rule):
    """Required and forbidden content, by codes. Content that nobody stated is not judged, only flagged.

    `judged_when: complete` binds only where the flags list all that is said (a script, a rendered template).
    `only`: nothing else may be in it. `first`: only the first communication, or only later ones.
    `in_each_language`: it must say who is writing, `from_debt_collector:<language>`, in every language used.
    """

    kind: Literal["content_rule"] = "content_rule"
    must: Flags = frozenset()
    must_not: Flags = frozenset()
    only: Flags = frozenset()
    judged_when: Literal["stated", "complete"] = "stated"
    first: bool | None = None
    declared_type: Literal["limited_content"] | None = None
    declared_type_except: Literal["limited_content"] | None = None
    for_the_borrower: bool = False
    in_each_language: bool = False
    if_time_barred: bool = False

    def weigh(self, moment: Moment) -> Finding:
        facts = moment.facts
        if not self._is_about(facts):
            return PASS
        if self.for_the_borrower and facts.role == words.THIRD_PARTY:
            return self.object("deny", "knowingly left for somebody else")
        flags = facts.proposed.content_flags
        if flags is None or (self.judged_when == "complete" and not is_complete(facts)):
            return PASS
        return self._compare(flags, facts)

    def _compare(self, flags: frozenset[str], facts: Facts) -> Finding:
        missing = (self.must | self._languages(facts)) - flags
        if missing:
            return self.object("deny", "required content is missing", must=tuple(sorted(missing)))
        if (flags & self.must_not) or (self.only and not flags <= self.only | self.must):
            return self.object("deny", "it says what must not be said")
        return PASS

    def _is_about(self, facts: Facts) -> bool:
        declared = facts.proposed.declared_type
        if self.declared_type not in (None, declared) or (
            declared is not None and declared == self.declared_type_except
        ):
            return False
        if self.first is not None and self.first == has_communicated(facts):
            return False
        return not self.if_time_barred or any(debt.time_barred for debt in facts.debts)

    def _languages(self, facts: Facts) -> frozenset[str]:
        spoken = facts.case.debtor.languages_used if self.in_each_language else ()
        return frozenset(f"{words.LANGUAGE_FLAG}{language}" for language in spoken)


def is_complete(facts: Facts) -> bool:
    """Whether the flags list everything that is said: a script does."""
    return facts.proposed.complete or facts.channel == "inbound_phone_script"


def has_communicated(facts: Facts) -> bool:
    """Whether anything about the debt was ever conveyed to the borrower; a limited-content message conveys nothing.

    Source: 12 CFR 1006.2(d), 1006.34(b)(2), comment 18(e)-1.
    """
    return any(conveys(item) and facts.discussed(item, facts.debt_ids()) for item in facts.past)


CONVEYING = frozenset({"conversation", "delivered", "sent", "recorded_call", None})


def conveys(item: PastContact) -> bool:
    """Whether a past contact conveyed something to the borrower."""
    return item.outcome in CONVEYING and not (item.to or "").startswith(words.THIRD_PARTY)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRule(Rule):
    """Who may come to the door, and to whose; a number of staff that nobody stated is too few."""

    kind: Literal["visit_rule"] = "visit_rule"
    staff_min: Annotated[int, Between(1, 10)] = 1
    spares_vulnerable: bool = False

    def weigh(self, moment: Moment) -> Finding:
        facts = moment.facts
        if (facts.proposed.staff or 1) < self.staff_min:
            return self.object("deny", f"fewer than {self.staff_min} staff")
        if self.spares_vulnerable and facts.case.debtor.vulnerability is not None:
            return self.object("deny", "the borrower is known or suspected to be vulnerable")
        return PASS
