"""The gate against the specification's own cases."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.contact.domain.gate.deciding import decide_contact
from services.contact.domain.gate.stated import parse_case
from tests.contact.gate_builders import PACKS

EXAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "examples" / "contact_checks.json"
FIRST_COUNTED = "US-REGF-14(b)(2)(i)(A)"
CASES = json.loads(EXAMPLES.read_text(encoding="utf-8"))["cases"] if EXAMPLES.exists() else []


@pytest.mark.skipif(not CASES, reason="the specification's contact_checks.json is not beside the repository")
def test_the_specification_brings_its_cases():
    assert len(CASES) >= 97


@pytest.mark.parametrize("example", CASES, ids=[example["id"] for example in CASES])
def test_the_gate_answers_as_the_specification_says(example):
    expected = example["expected"]
    case = parse_case({key: value for key, value in example.items() if key != "expected"})
    found = decide_contact(case, PACKS, case.proposed.at or datetime(2026, 11, 23, tzinfo=UTC))

    until = expected["earliest_permitted"]
    assert found.decision == expected["decision"], found
    assert found.earliest_permitted == (until and datetime.fromisoformat(until)), found
    if expected["decision"] != "allow":
        assert found.rule == expected["rule"], found
    if "computed" in expected:
        assert found.computed.isoformat() == expected["computed"]
    if "count_in_window_after" in expected:
        assert expected["count_in_window_after"] in [line.counted for line in found.trace if line.rule == FIRST_COUNTED]
    if "content_must" in expected:
        assert sorted(expected["content_must"]) == [must for objection in found.objections for must in objection.must]
