"""What feedback may know besides the state: the instant, the policies, and how far the bank's day has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from services.feedback.domain.policy import DEFAULT, POLICIES, UPON, Policies


@dataclass(frozen=True, slots=True)
class Heads:
    """Ingest's answer about this subject: its business date, and whether all it said has been heard here."""

    business_date: date | None
    heard_out: bool


@dataclass(frozen=True, slots=True)
class Context:
    """`policies` by jurisdiction, kept as `rulebook`.

    `heads` is None where ingest was not asked (all but wakes) or did not answer.
    """

    now: datetime
    policies: Mapping[str, Policies] = field(default_factory=lambda: POLICIES)
    heads: Heads | None = None
    rulebook: str | None = None

    @property
    def versions(self) -> Mapping[str, str]:
        """The policies that may have decided, and the rulebook that holds them."""
        named = {f"policies/{name}": policies.version for name, policies in self.policies.items()}
        return named if self.rulebook is None else named | {"rulebook": self.rulebook}

    @property
    def unversioned(self) -> Mapping[str, Any] | None:
        """The heads, which no version names."""
        if self.heads is None:
            return None
        return {"heads": {"business_date": self.heads.business_date, "heard_out": self.heads.heard_out}}

    def policies_of(self, jurisdiction: str) -> Policies:
        """What holds in *jurisdiction*; the house's own where it is not stated, or none of ours."""
        return self.policies.get(UPON.get(jurisdiction, jurisdiction)) or self.policies[DEFAULT]

    def day_closed_after(self, day: date) -> date | None:
        """The business date of a subject heard out, if it is later than *day*: all of that day is known then."""
        heads = self.heads
        if heads is None or not heads.heard_out or heads.business_date is None or heads.business_date <= day:
            return None
        return heads.business_date
