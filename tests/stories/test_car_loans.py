"""The first months of some of the real car loans, through the whole street: every fact heard, by every house."""

from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.replay.car_loans import LOANS, car_loans
from tests.stories.references import assert_features_equal_the_facts, assert_positions_equal_the_facts
from tests.stories.street import assert_history_holds, ledger_of, replaying, whole_street

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.kafka,
    pytest.mark.skipif(not (DATA / LOANS).exists(), reason=f"the car-loan records are not in {DATA.name}"),
]


@pytest.mark.timeout(300)
async def test_real_car_loans_are_replayed_and_days_on_which_nothing_happens_are_skipped():
    portfolio = car_loans(DATA, 20).first_months(2)
    with whole_street(portfolio, broker=True) as profile:
        async with replaying(profile, portfolio) as run:
            days = []
            await run.replay(lambda done, total, day: days.append(day))
            first, last = portfolio.start_on, max(day for day, _ in portfolio.facts) + timedelta(days=30)
            assert len(set(days)) < (last - first).days
            assert {day for day, _ in portfolio.facts} <= set(days)
            assert run.receipts["accepted"] == len(portfolio.facts)
            await assert_positions_equal_the_facts(profile, portfolio)
            await assert_features_equal_the_facts(profile, portfolio)
            await assert_history_holds(profile)
            async with ledger_of(profile, "contact") as contact:
                assert await contact.fetchval("select count(*) from parked") == 0
