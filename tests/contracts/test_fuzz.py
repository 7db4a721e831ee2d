"""Bodies made of each door's own description with one thing wrong: never a fault, never an echo, and nothing kept.

What is wrong need not be refused: a door may take it all the same, and may keep it then.
"""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.contracts.goods import DOORS, Good
from tests.contracts.shapes import MARK, mutants, values_of
from tests.contracts.street import FourHouses

pytestmark = pytest.mark.postgres

BODIES_A_DOOR = 30
# Whoever moves a clock to the end of its calendar, which is allowed, leaves nothing to test behind.
FUZZED = {name: door for name, door in DOORS.items() if not name.endswith("/v1/clock")}
FEW = settings(
    max_examples=BODIES_A_DOOR, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def bodies_of(app: Any, good: Good, n: int) -> st.SearchStrategy[Any]:
    """Good bodies of the door: as its schema has them, as its example is, and as the table of good requests has it."""
    description = app.openapi()
    asked = description["paths"][good.path][good.method.lower()].get("requestBody", {}).get("content", {})
    parts = description.get("components", {}).get("schemas", {})
    schemas = [
        values_of(one["schema"], parts)
        for one in asked.values()
        if "properties" in str(one["schema"]) or "$ref" in one["schema"]
    ]
    examples = [one["example"] for one in asked.values() if "example" in one]
    return st.one_of(*schemas, st.sampled_from([*examples, good.body(n)]))


def drawn(strategy: st.SearchStrategy[bytes]) -> list[bytes]:
    """The same bodies at every run."""
    found: list[bytes] = []

    @FEW
    @given(strategy)
    def draw(body: bytes) -> None:
        found.append(body)

    draw()
    return found


def told_of_refusal(answer: httpx.Response) -> str | None:
    """All that is told, if nothing was taken; the id of an event is its sender's own, and told back on purpose."""
    receipt = answer.json() if answer.status_code == 202 else {}
    if receipt.get("items") and receipt["accepted"] + receipt["held"] == 0:
        return json.dumps([{**item, "id": None} for item in receipt["items"]])
    return answer.text + repr(answer.headers.raw) if answer.status_code >= 400 else None


@pytest.mark.parametrize(("house", "good"), FUZZED.values(), ids=FUZZED)
async def test_a_body_with_one_thing_wrong_is_no_fault_no_echo_and_leaves_nothing(
    houses: FourHouses, house, good, caplog
):
    strategy = bodies_of(houses.clients[house].app, good, next(houses.numbers)).flatmap(mutants)
    before = await houses.rows(house)
    for body in drawn(strategy):
        answer = await houses.send(house, good, body)
        assert answer.status_code < 500, (body, answer.text)
        told = told_of_refusal(answer)
        if told is None:
            before = await houses.rows(house)
        else:
            assert MARK not in told, (body, answer.text)
            assert await houses.left(house, before) == {}, (body, answer.text)
    assert MARK not in "".join(repr(vars(record)) for record in caplog.records)
