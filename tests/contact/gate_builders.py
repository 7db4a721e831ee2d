"""Cases, packs and expectations for the tests of the gate, in few words."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from services.contact.domain.gate.calendars import Calendars
from services.contact.domain.gate.deciding import decide_contact
from services.contact.domain.gate.decision import Decision
from services.contact.domain.gate.pack import Pack, Packs, parse_pack
from services.contact.domain.gate.stated import parse_case

FOLDER = Path(__file__).resolve().parents[2] / "services" / "contact" / "packs"
ZONES = {
    "CN": "Asia/Shanghai",
    "UK": "Europe/London",
    "IN": "Asia/Kolkata",
    "AU": "Australia/Sydney",
    "ID": "Asia/Jakarta",
    "PH": "Asia/Manila",
    "KR": "Asia/Seoul",
    "US-WA": "America/Los_Angeles",
}


def read_pack(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def load(name: str) -> Pack:
    pack = parse_pack(read_pack(name))
    assert isinstance(pack, Pack), (name, pack)
    return pack


ALL_PACKS = tuple(load(path.stem) for path in sorted(FOLDER.glob("*.yaml")))
PACKS = Packs(ALL_PACKS)


@dataclass(frozen=True)
class Expected:
    """What the gate must answer; `until` is local time, compared as an instant."""

    decision: str
    rule: str | None = None
    until: str | None = None


ALLOW = Expected("allow")


def deny(rule: str) -> Expected:
    return Expected("deny", rule)


def review(rule: str) -> Expected:
    return Expected("review", rule)


def defer(rule: str, until: str) -> Expected:
    return Expected("defer", rule, until)


def at(text: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def stated(text: str, zone: str) -> str:
    return at(text, zone).isoformat()


def past(when: str, outcome: str | None, channel: str = "phone", **more: Any) -> dict[str, Any]:
    """Something that happened; local time, about D1 and outwards unless said otherwise."""
    item = {"at": when, "direction": "out", "channel": channel, "outcome": outcome, "debts": ["D1"]} | more
    return {key: value for key, value in item.items() if value is not None}


def each(*whens: str, outcome: str = "rang_no_answer", **more: Any) -> list[dict[str, Any]]:
    return [past(when, outcome, **more) for when in whens]


def propose(when: str, channel: str = "phone", **more: Any) -> dict[str, Any]:
    """A proposed contact about D1; local time."""
    return {"at": when, "channel": channel, "purpose": "collect_debt", "debt": "D1", "recipient": "debtor"} | more


def case_of(
    jurisdiction: str | list[str],
    proposed: dict[str, Any],
    history: list[dict[str, Any]] | None = None,
    debtor: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A stated case, its local times turned into instants of the borrower's zone."""
    first = jurisdiction if isinstance(jurisdiction, str) else jurisdiction[0]
    person = {"time_zone": ZONES.get(first, "America/New_York"), "debts": [{"id": "D1", "type": "credit_card"}]}
    person |= debtor or {}
    zone = person["time_zone"] or "America/New_York"
    return {
        "jurisdiction": jurisdiction,
        "debtor": {key: value for key, value in person.items() if value is not None},
        "history": [item | {"at": stated(item["at"], zone)} for item in history or []],
        "proposed": proposed | ({"at": stated(proposed["at"], zone)} if "at" in proposed else {}),
    }


def decide(case: dict[str, Any], packs: Packs = PACKS, calendars: Calendars | None = None) -> Decision:
    read = parse_case(case)
    assert not hasattr(read, "code"), read
    return decide_contact(read, packs, read.proposed.at or datetime(2026, 11, 23, tzinfo=UTC), calendars)


def check(case: dict[str, Any], expected: Expected) -> Decision:
    """The gate's answer to the case, after comparing it with what was expected."""
    found = decide(case)
    zone = case["debtor"].get("time_zone", "America/New_York")
    until = expected.until and at(expected.until, zone).astimezone(UTC)
    assert (found.decision, found.rule, found.earliest_permitted) == (expected.decision, expected.rule, until), found
    return found


def minutes(start: datetime, end: datetime, step: int = 1) -> list[datetime]:
    count = int((end - start) / timedelta(minutes=step))
    return [start + timedelta(minutes=step * n) for n in range(count + 1)]
