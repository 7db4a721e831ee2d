"""The preview over HTTP: what is stated is assessed, nothing is kept, and nothing that is stated is a fault of ours."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.catalogue.examples import example_of
from services.scoring.api.assessments import PREVIEW, STATED
from services.scoring.api.stating import read_facts
from services.scoring.consumers import HANDLERS
from services.scoring.domain.context import Context
from services.scoring.domain.preview import preview
from services.scoring.schemas import Preview
from shared.codec import encode
from tests.harness import Databases
from tests.houses import Client, running
from tests.scoring.builders import late, loan, missed, paid
from tests.scoring.street import NOWHERE, opened, two_houses
from tests.scoring.street import paid as paying

pytestmark = pytest.mark.postgres

START = datetime(2025, 4, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
async def scoring(databases: Databases, tmp_path_factory) -> AsyncIterator[Client]:
    peers = dict.fromkeys(("ingest", "contact", "feedback"), NOWHERE)
    async with running(databases, tmp_path_factory.mktemp("alone"), "scoring", now=START, peers=peers) as client:
        yield client


def stated(*events: Any) -> dict:
    return {"facts": [{"type": type(one).__name__, "data": json.loads(encode(one))} for one in events]}


LATE = (loan(), paid("02-05"), missed("03-05"), late("03-06", "03-05", 1))


async def test_a_preview_assesses_what_is_stated_and_keeps_nothing(scoring):
    answer = await scoring.post("/v1/assessments/preview", stated(*LATE))
    found = answer.json()
    assert answer.status_code == 200, answer.text
    assert (found["basis"], found["reasons"][0]["wording"]) == ("bucket_rates", "behind-1")
    assert await scoring.sql("select * from subjects") == []
    assert await scoring.sql("select * from journal") == []


async def test_a_preview_says_what_the_running_house_says(databases: Databases, tmp_path):
    async with two_houses(databases, tmp_path, START) as street:
        await street.report(opened(), opened("L2", "C1", 3), paying("P1", "2025-02-01"))
        await street.close_days("2025-03-05")
        facts = [{"type": one.type, "data": json.loads(one.data)} for one in await street.told()]
        heeded = [fact for fact in facts if fact["type"] in {kind.__name__ for kind in HANDLERS}]
        found = (await street.scoring.post("/v1/assessments/preview", {"facts": heeded})).json()
        said = await street.assessment()
    same = ("default_probability", "cure_probability", "model", "confidence", "reasons")
    assert {name: found[name] for name in same} == {name: said[name] for name in same}


PAYMENT = json.dumps(stated(paid("02-05")))
BAD = {
    "no JSON": (b"{", 400, "not-json", None),
    "no object": (b"[]", 422, "wrong-type", None),
    "no facts": (b"{}", 422, "missing-field", "/facts"),
    "not one fact": (b'{"facts": []}', 422, "bad-value", "/facts"),
    "facts that are none": (b'{"facts": {}}', 422, "wrong-type", "/facts"),
    "too many facts": (json.dumps({"facts": [{}] * 1001}).encode(), 422, "bad-value", "/facts"),
    "too large": (b'{"facts": [' + b" " * 300_000 + b"]}", 413, "body-too-large", None),
    "an unknown type": (b'{"facts": [{"type": "SECRET", "data": {}}]}', 422, "type-not-supported", "/facts/0/type"),
    "our own word": (b'{"facts": [{"type": "RiskAssessed", "data": {}}]}', 422, "type-not-supported", "/facts/0/type"),
    "no data": (b'{"facts": [{"type": "LoanClosed"}]}', 422, "wrong-type", "/facts/0/data"),
    "a float": (PAYMENT.replace('"100.00"', "100.5").encode(), 422, "float", "/facts/0/data/amount"),
    "a number": (PAYMENT.replace('"100.00"', "100").encode(), 422, "not-a-decimal", "/facts/0/data/amount"),
    "U+0000": (PAYMENT.replace("L1", "L\\u0000").encode(), 422, "invalid-text", "/facts/0/data/payment_id"),
    "a long id": (PAYMENT.replace("L1", "SECRET" * 30).encode(), 422, "bad-value", "/facts/0/data/payment_id"),
    "no open loan": (PAYMENT.encode(), 422, "no-open-loan", None),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status", "code", "pointer"), BAD.values(), ids=BAD)
async def test_what_cannot_be_read_is_refused_with_its_place_and_without_echo(scoring, body, status, code, pointer):
    answer = await scoring.http.post("/v1/assessments/preview", content=body)
    found = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert found["code"] == code
    assert [one["pointer"] for one in found.get("errors", [])] == ([pointer] if pointer else [])
    assert "SECRET" not in answer.text


STRANGE = {
    "date": st.sampled_from(["0001-01-01", "9999-12-31", "2025-02-28", "2025-04-10"]),
    "money": st.sampled_from(["0.00", "0.01", "999999999999999.99", "-100.00", "100.00"]),
}


@st.composite
def strange_facts(draw):
    """Events whose every date and amount may be as strange as its type allows."""
    kinds = draw(st.lists(st.sampled_from(sorted(HANDLERS, key=lambda kind: kind.__name__)), max_size=8))
    data = [json.loads(encode(example_of(kind))) for kind in kinds]
    facts = [{"type": kind.__name__, "data": _strange(one, draw)} for kind, one in zip(kinds, data, strict=True)]
    return [*stated(loan())["facts"][: draw(st.integers(0, 1))], *facts]


def _strange(node, draw):
    if isinstance(node, dict):
        return {name: _strange(inner, draw) for name, inner in node.items()}
    if isinstance(node, list):
        return [_strange(inner, draw) for inner in node]
    if isinstance(node, str) and len(node) == 10 and node[4] == node[7] == "-":
        return draw(STRANGE["date"])
    return draw(STRANGE["money"]) if node == "1250.00" else "L1" if node == "loan-1" else node


@settings(
    max_examples=150, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(facts=strange_facts())
async def test_no_fact_however_strange_is_a_fault_of_ours(scoring, facts):
    answer = await scoring.post("/v1/assessments/preview", {"facts": facts})
    assert answer.status_code in (200, 422), (answer.text, facts)


def test_the_example_in_the_interface_is_what_is_answered():
    now = datetime(2025, 2, 6, tzinfo=UTC)
    found = preview(read_facts(STATED), now, Context(now))
    assert json.loads(Preview.model_validate(found).model_dump_json(by_alias=True)) == PREVIEW
