"""What contact may know besides the borrower: time, rules, strategy, and what was asked of others beforehand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from services.contact.domain.gate.calendars import Calendars
from services.contact.domain.gate.pack import Pack, Packs
from services.contact.domain.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Hearing:
    """How this borrower stands at the sources: ingest and feedback, asked before the transaction.

    `business_date`: ingest's, None before the first. `waited_seconds`: machine time since the borrower was first found
    not heard out.
    """

    heard_out: bool
    business_date: date | None = None
    waited_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Switches:
    """What the kill switch stops."""

    everything: bool = False
    channels: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    strategies: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    borrowers: frozenset[str] = frozenset()

    def stop(self, borrower: str, channel: str, strategy: str, segment: str | None) -> bool:
        """Whether a contact is stopped; by which provider it would go is known to the sender alone."""
        return (
            self.everything
            or borrower in self.borrowers
            or channel in self.channels
            or strategy in self.strategies
            or (segment is not None and segment in self.segments)
        )


class TemplateInfo(NamedTuple):
    """One text in one language, as it stands: its version, its hash, and whether a person approved it.

    `says`: the content flags that its author vouches for, all of them; None: nobody said.
    """

    version: str
    text_hash: str
    approved: bool
    says: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """All that a decision may rest on besides the state.

    `now` of a wake is the instant it was asked for; `clock` what the clock showed then, later after an outage: contacts
    are judged by `at`, the later of the two. `switches` None: they could not be read, so nothing is sent. `budget`:
    what may still be spent, by currency, until it is renewed; a currency that is missing is not limited. `rulebook`:
    the digest under which packs, strategy and templates are kept as they are written.
    """

    now: datetime
    packs: Packs
    strategy: Strategy
    calendars: Calendars = field(default_factory=dict)
    templates: Mapping[tuple[str, str], TemplateInfo] = field(default_factory=dict)
    switches: Switches | None = None
    heads: Hearing | None = None
    budget: Mapping[str, Decimal] = field(default_factory=dict)
    budget_renewed_at: Mapping[str, datetime] = field(default_factory=dict)
    clock: datetime | None = None
    rulebook: str | None = None

    @property
    def at(self) -> datetime:
        """The instant at which it really is."""
        return self.now if self.clock is None else max(self.now, self.clock)

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of strategy and packs in force, the rules behind them, and the years of the calendars."""
        named = {
            f"strategy.{self.strategy.name}": self.strategy.version,
            "packs": versions_of(self.packs.by_name.values()),
            "rulebook": self.rulebook,
            "calendars": " ".join(f"{name}@{spans(self.calendars[name].years)}" for name in sorted(self.calendars)),
        }
        return {name: version for name, version in named.items() if version}

    @property
    def unversioned(self) -> Mapping[str, Any] | None:
        """What was asked of others for this decision, and what was left to spend; None where nothing was."""
        money = {"budget": dict(self.budget), "budget_renewed_at": dict(self.budget_renewed_at)} if self.budget else {}
        if self.heads is None:
            return money or None
        return {"heads": self.heads, "clock": self.at, "switches": self.switches, **money}


@cache
def spans(years: frozenset[int]) -> str:
    """Years in short: `2004-2026`, or `2004-2010,2012`."""
    starts = sorted(year for year in years if year - 1 not in years)
    ends = sorted(year for year in years if year + 1 not in years)
    return ",".join(str(one) if one == last else f"{one}-{last}" for one, last in zip(starts, ends, strict=True))


def versions_of(packs: Iterable[Pack]) -> str:
    """One word where all packs share a version, else each pack with its own."""
    versions = {pack.name: pack.version for pack in packs}
    shared = set(versions.values())
    if len(shared) == 1:
        return shared.pop()
    return " ".join(f"{name}@{version}" for name, version in sorted(versions.items()))
