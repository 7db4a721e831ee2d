"""What the houses said, counted as it is read along."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PROMISES = {
    "PromiseMade": "made",
    "PromiseKept": "kept",
    "PromiseBroken": "broken",
    "PromisePartlyKept": "partly_kept",
    "PromiseSuperseded": "superseded",
}


@dataclass
class Tally:
    """Counts by type, contacts withheld by the rule that decided, and how many kinds of event each borrower has."""

    types: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, set[str]] = field(default_factory=dict)

    def count(self, house: str, news: Sequence[Mapping[str, Any]]) -> None:
        """Take in what *house* said."""
        for item in news:
            self.types[item["type"]] += 1
            self.kinds.setdefault(item["key"], set()).add(f"{house} {item['type']}")
            if item["type"] == "ContactWithheld":
                decision = json.loads(item["data"])["decision"]
                self.withheld[decision.get("rule") or decision["decision"]] += 1

    def most_eventful(self) -> str | None:
        """The borrower with the most kinds of event; the first of them by name."""
        return min(self.kinds, key=lambda key: (-len(self.kinds[key]), key), default=None)

    def contacts(self) -> dict[str, Any]:
        """Contacts planned, sent, withheld and cancelled."""
        return {
            "planned": self.types["ContactPlanned"],
            "sent": self.types["ContactSent"],
            "withheld": dict(self.withheld.most_common()),
            "cancelled": self.types["ContactCancelled"],
        }

    def promises(self) -> dict[str, int]:
        """Promises made, kept and broken."""
        return {name: self.types[type_] for type_, name in PROMISES.items()}
