"""The story of a small portfolio through the whole street, with a broker and without: the same in the end."""

import json
from datetime import date
from decimal import Decimal

import pytest

from deploy.local.databases import HOUSES
from deploy.local.replay.answers import Answers, Shares
from deploy.local.replay.generated import generated
from deploy.local.replay.report import summary_of
from deploy.local.replay.runner import Run
from deploy.local.replay.story import story_of
from deploy.local.replay.street import Street
from deploy.local.tokens import make_token
from tests.stories.references import assert_features_equal_the_facts, assert_positions_equal_the_facts
from tests.stories.street import assert_nothing_lost_or_doubled, whole_street

pytestmark = pytest.mark.postgres

# Half of them fall behind each month, so that there is something to say; each way of answering is as likely.
HARD_TIMES = {
    0: ((0, 0.5), (1, 0.5)),
    1: ((0, 0.3), (1, 0.5), (2, 0.2)),
    2: ((0, 0.2), (1, 0.3), (2, 0.3), (3, 0.2)),
    3: ((0, 0.2), (2, 0.3), (3, 0.5)),
    4: ((4, 1.0),),
}
PORTFOLIO = generated(seed=7, borrowers=90, months=1, matrix=HARD_TIMES)
TALKATIVE = Shares(promise=0.2, hardship=0.12, dispute=0.12, complaint=0.14, stop=0.12, preference=0.12)
SUMMARY = (
    "facts", "events", "buckets", "contacts", "promises", "answers", "steps", "parked", "seconds", "events_per_second",
    "kafka", "borrower", "synthetic",
)  # fmt: skip
ANSWERED = {
    "/v1/promises": "PromiseMade",
    "/v1/hardship-claims": "HardshipClaimed",
    "/v1/disputes": "DisputeRaised",
    "/v1/complaints": "ComplaintRaised",
    "/v1/stops": "ContactStopped",
    "/v1/preferences": "PreferenceStated",
}


@pytest.mark.kafka
@pytest.mark.timeout(480)
async def test_a_portfolio_is_replayed_with_a_broker_and_without_and_the_same_happens():
    over_kafka, without = await replayed(broker=True), await replayed(broker=False)
    for name in ("facts", "events", "buckets", "contacts", "promises", "answers"):
        assert over_kafka[name] == without[name]


async def replayed(*, broker: bool) -> dict:
    """The summary of one replay, in which every house has heard everything."""
    with whole_street(PORTFOLIO, broker=broker) as profile:
        async with Street(profile.ports, make_token(profile.keys), HOUSES) as street:
            run = Run(PORTFOLIO, street, Answers(street, PORTFOLIO.zone, TALKATIVE))
            days: list[date] = []
            await run.replay(lambda done, total, day: days.append(day))
            summary = await summary_of(run, "apache 4.3.1" if broker else "none")
            assert tuple(summary) == SUMMARY
            assert summary["facts"] == {
                "accepted": len(PORTFOLIO.facts), "duplicates": 0, "held": 0, "rejected": 0,
            }  # fmt: skip
            _every_kind_of_answer_was_given_and_heard(run, summary)
            assert days == sorted(days)
            await assert_nothing_lost_or_doubled(profile, PORTFOLIO, run)
            await _ledger_equals_the_facts(run)
            await assert_positions_equal_the_facts(profile, PORTFOLIO)
            await assert_features_equal_the_facts(profile, PORTFOLIO)
            told = await story_of(street, summary["borrower"])
            assert [item["time"] for _, item in told] == sorted(item["time"] for _, item in told)
    return summary


def _every_kind_of_answer_was_given_and_heard(run, summary) -> None:
    for path, type_ in ANSWERED.items():
        assert summary["answers"].get(path), f"nobody called {path}"
        assert run.tally.types[type_] == summary["answers"][path]


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
