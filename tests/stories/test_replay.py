"""The story of a small portfolio through the whole street, with a broker and without: the same in the end."""

import json
from decimal import Decimal

import pytest

from deploy.local.replay.generated import generated
from deploy.local.replay.report import summary_of
from deploy.local.replay.story import story_of
from tests.stories.references import assert_features_equal_the_facts, assert_positions_equal_the_facts
from tests.stories.street import assert_nothing_lost_or_doubled, replaying, whole_street

pytestmark = pytest.mark.postgres

PORTFOLIO = generated(seed=7, borrowers=40, months=3)
RESULTS: dict[str, dict] = {}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("broker", [pytest.param(True, marks=pytest.mark.kafka), False], ids=["kafka", "no broker"])
async def test_a_portfolio_is_replayed_and_every_house_has_heard_everything(broker):
    with whole_street(PORTFOLIO, broker=broker) as profile:
        async with replaying(profile, PORTFOLIO) as run:
            await run.replay(lambda done, total, day: None)
            summary = await summary_of(run, "apache 4.3.1" if broker else "none")
            assert summary["facts"] == {
                "accepted": len(PORTFOLIO.facts), "duplicates": 0, "held": 0, "rejected": 0,
            }  # fmt: skip
            await assert_nothing_lost_or_doubled(profile, PORTFOLIO, run)
            await _ledger_equals_the_facts(run)
            await assert_positions_equal_the_facts(profile, PORTFOLIO)
            await assert_features_equal_the_facts(profile, PORTFOLIO)
            told = await story_of(run.street, summary["borrower"])
            assert [item["time"] for _, item in told] == sorted(item["time"] for _, item in told)
    RESULTS["kafka" if broker else "no broker"] = {
        name: summary[name] for name in ("facts", "events", "buckets", "contacts", "promises", "answers")
    }


def test_with_a_broker_and_without_the_same_happens():
    if len(RESULTS) < 2:
        pytest.skip("only one of the two ways ran")
    assert RESULTS["kafka"] == RESULTS["no broker"]


async def _ledger_equals_the_facts(run) -> None:
    """What is owed on each loan is what was lent less what was paid, in plain Python."""
    owed: dict[str, Decimal] = {}
    closed = set()
    for _, event in run.portfolio.facts:
        data, loan = event["data"], event["data"]["loan_id"]
        if event["type"] == "loan.opened":
            amounts = (Decimal(one["principal"]) + Decimal(one["interest"]) for one in data["instalments"])
            owed[loan] = sum(amounts, Decimal(0))
        elif event["type"] == "payment.received":
            owed[loan] -= Decimal(data["amount"])
        else:
            closed.add(loan)
    for loan, amount in owed.items():
        position = await run.street.get("ingest", f"/v1/loans/{loan}/position")
        assert Decimal(position["outstanding"]) == (0 if loan in closed else amount), json.dumps(position)
