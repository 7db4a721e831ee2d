"""What the gateway and the mailbox wrote down themselves, against what contact says of its attempts."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HANDED_OVER = ("accepted", "delivered", "undelivered", "expired")
UNCLEAR = ("unknown", "written_off")
"""An attempt whose provider's answer was lost may have arrived or not; never twice."""

Records = Mapping[str, Counter[str]]
"""For each provider, how often it took each reference."""


def records_in(folder: Path) -> Records:
    """The records of a street that keeps its files in *folder*; of a mail the reference stands in its Message-ID."""
    ids = [line["message_id"] for line in _lines(folder / "inbox.jsonl")]
    return {
        "sandbox": Counter(line["reference"] for line in _lines(folder / "sandbox.jsonl")),
        "smtp": Counter(one.removeprefix("<").partition("@")[0] for one in ids),
    }


def assert_handed_over_once(attempts: Sequence[Mapping[str, Any]], taken: Records) -> None:
    """What a provider accepted is there exactly once, what it refused is not, and no contact went out twice."""
    contact_of = {one["reference"]: one["contact_id"] for one in attempts}
    handed = Counter(contact_of[reference] for record in taken.values() for reference in record.elements())
    assert [contact for contact, times in handed.items() if times > 1] == []
    for one in attempts:
        times = taken[one["provider"]][one["reference"]]
        assert times == (one["state"] in HANDED_OVER) or one["state"] in UNCLEAR, (one["reference"], one["state"])
    assert all(taken.values()), "something was handed to each provider"


def _lines(record: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
