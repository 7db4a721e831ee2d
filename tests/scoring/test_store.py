"""What scoring keeps and asks: rates by date, the latest assessment, how each stands, a model asked once a batch."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isnan

import pytest

from services.scoring.domain.inputs import INPUT_NAMES
from services.scoring.domain.rates import SHIPPED_RATES, BucketRates
from services.scoring.store.assessments import count_risk, find_assessment, sum_expected_cash
from services.scoring.store.rates import KeptRates, find_rates, keep_rates, list_rates, rates_in_force
from shared.codec import decode
from shared.events import LoanClosed, RiskAssessed
from shared.fold import House
from shared.timers import Timers
from tests.harness import Databases
from tests.scoring.builders import ANSWER, at, day, late, loan, missed, paid
from tests.scoring.street import hear, said_by, say, scoring_alone

pytestmark = pytest.mark.postgres

NOW = datetime(2025, 3, 6, 9, tzinfo=UTC)
BEHIND = INPUT_NAMES.index("behind")


class Judge:
    """A model that looks at how far behind the worst loan is, and remembers what it was asked."""

    name, trained_on = "judge:1", "these tests"

    def __init__(self, valid_until: date = date(2026, 1, 1)) -> None:
        self.valid_until = valid_until
        self.asked: list[list[tuple[float, ...]]] = []

    def answers(self, vectors):
        self.asked.append(list(vectors))
        return [self._answer(vector) for vector in vectors]

    def _answer(self, vector):
        assert all(isinstance(each, float) for each in vector)
        assert not isnan(vector[BEHIND])
        default = Decimal(10 + 20 * int(vector[BEHIND])) / 100
        return replace(ANSWER, model=self.name, valid_until=self.valid_until, default_probability=default)


@pytest.fixture
async def house(databases: Databases, tmp_path) -> AsyncIterator[House]:
    async with scoring_alone(databases, tmp_path, NOW) as found:
        yield found


def story(key: str = "C1", *more, loan_id: str = "L1"):
    return say("ingest", key, at("03-06"), loan(loan_id=loan_id), paid("02-05", loan_id=loan_id), *more)


def turned_late(unpaid: int = 1, loan_id: str = "L1"):
    return missed("03-05", loan_id=loan_id), late("03-06", "03-05", unpaid, loan_id=loan_id)


async def read(house, query, *parameters):
    async with house.database.reading() as connection:
        return await query(connection, *parameters)


# Bucket rates


def rates(version: str, stay: str = "0.967") -> BucketRates:
    first = (Decimal(stay), 1 - Decimal(stay), Decimal(0), Decimal(0), Decimal(0))
    return BucketRates(version, (first, *SHIPPED_RATES.matrix[1:]))


async def test_without_a_version_of_its_own_the_shipped_rates_are_in_force(house):
    assert await read(house, rates_in_force, NOW.date()) == SHIPPED_RATES
    assert await read(house, list_rates) == []


IN_FORCE = {
    "the day before any": ("2025-02-28", SHIPPED_RATES.version),
    "the first day": ("2025-03-01", "A"),
    "the day before the next": ("2025-03-31", "A"),
    "the next": ("2025-04-01", "C"),
}


@pytest.mark.parametrize(("on", "version"), IN_FORCE.values(), ids=IN_FORCE)
async def test_the_latest_effective_version_is_in_force_and_of_one_day_the_last_recorded(house, on, version):
    async with house.database.begin() as connection:
        for minutes, (name, effective) in enumerate((("C", "2025-04-01"), ("B", "2025-03-01"), ("A", "2025-03-01"))):
            kept = KeptRates(rates(name), date.fromisoformat(effective), "tests")
            recorded = NOW + timedelta(minutes=-minutes if name == "C" else minutes)
            await keep_rates(connection, kept, recorded, "tests")
    assert (await read(house, rates_in_force, date.fromisoformat(on))).version == version


async def test_a_version_once_kept_stays_as_it_is(house):
    async with house.database.begin() as connection:
        for stay in ("0.900", "0.800"):
            await keep_rates(connection, KeptRates(rates("A", stay), NOW.date(), "tests"), NOW, "tests")
    kept = await read(house, find_rates, "A")
    assert kept.rates.matrix[0][0] == Decimal("0.900")


async def test_an_assessment_rests_on_the_rates_in_force_and_names_them(house):
    async with house.database.begin() as connection:
        await keep_rates(connection, KeptRates(rates("own-1", "0.5"), NOW.date(), "tests"), NOW, "tests")
    await hear(house, story())
    row = await read(house, find_assessment, "C1")
    assert json.loads(row.basis)["versions"] == {"bucket-rates": "own-1"}
    assert decode(RiskAssessed, row.data).roll_probability == Decimal("0.5000")


# Read tables


async def test_the_latest_assessment_is_found_and_earlier_ones_stay_in_the_announcements(house):
    await hear(house, story("C1", *turned_late()), 1)
    said = await said_by(house)
    assert len(said) > 1
    assert (await read(house, find_assessment, "C1")).event_id == said[-1].event_id
    assert await read(house, find_assessment, "nobody") is None


async def test_risk_is_counted_by_instalments_unpaid_and_band_for_open_loans_alone(house):
    told = [
        *story("C1"),
        *story("C2", *turned_late(1, "L2"), loan_id="L2"),
        *story("C3", *turned_late(6, "L3"), loan_id="L3"),
        *story("C4", *turned_late(2, "L4"), LoanClosed("L4", day("03-06")), loan_id="L4"),
    ]
    await hear(house, told)
    counts = await read(house, count_risk, NOW.date())
    assert [(row.behind, row.band, row.borrowers, row.loans) for row in counts] == [
        (0, 0, 1, 1),
        (1, 1, 1, 1),
        (4, 1, 1, 1),
    ]
    assert [(row.by_model, row.outdated) for row in counts] == [(0, 0)] * 3
    later = await read(house, count_risk, NOW.date() + timedelta(days=32))
    assert [row.outdated for row in later] == [1, 1, 1]


async def test_expected_cash_is_summed_by_currency(house):
    dollars = say("ingest", "C9", at("03-06"), loan(loan_id="L9", currency="USD"))
    await hear(house, [*story("C1"), *story("C2", loan_id="L2"), *dollars])
    sums = {(row.behind, row.currency): row.amount for row in await read(house, sum_expected_cash)}
    single = decode(RiskAssessed, (await said_by(house))[-1].data).expected_cash[0].amount
    assert sums[0, "CNY"] == 2 * single
    assert set(sums) == {(0, "CNY"), (0, "USD")}


# Models


async def test_a_model_is_asked_once_for_a_whole_batch_and_its_answers_are_used(databases: Databases, tmp_path):
    judge = Judge()
    told = [*story("C1", *turned_late()), *story("C2", loan_id="L2")]
    async with scoring_alone(databases, tmp_path, NOW, judge) as house:
        await hear(house, told)
        last = [decode(RiskAssessed, (await said_by(house, key))[-1].data) for key in ("C1", "C2")]
    assert len(judge.asked) == 1
    assert [(one.basis, one.model, one.default_probability) for one in last] == [
        ("model", "judge:1", Decimal("0.3")), ("model", "judge:1", Decimal("0.1")),
    ]  # fmt: skip


async def test_no_decision_goes_without_its_answer_however_the_work_is_cut_repeated_or_torn(databases, tmp_path):
    told = story("C1", *turned_late(), late("03-06", "03-05", 2))
    for batch in (1, 2, 500):
        async with scoring_alone(databases, tmp_path, NOW, Judge()) as house:
            await hear(house, [told[0], told[0], told[3], *told, *told], batch)
            said = [decode(RiskAssessed, one.data) for one in await said_by(house)]
            assert {one.basis for one in said} == {"model"}
            await move(house, NOW + timedelta(days=100))
            said = [decode(RiskAssessed, one.data) for one in await said_by(house)]
            assert len(said) >= 5
            assert {one.basis for one in said} == {"model"}


async def test_the_journal_keeps_what_the_model_answered_and_only_of_the_borrower_it_is_about(databases, tmp_path):
    async with scoring_alone(databases, tmp_path, NOW, Judge()) as house:
        await hear(house, [*story("C1"), *story("C2", *turned_late(1, "L2"), loan_id="L2")])
        async with house.database.begin() as connection:
            rows = (await connection.exec_driver_sql("select distinct key, context from journal")).all()
    kept = {key: json.loads(context)["model_answers"] for key, context in rows}
    assert len(rows) == len(kept)
    assert {key: {one["default_probability"] for one in answers.values()} for key, answers in kept.items()} == {
        "C1": {"0.1"}, "C2": {"0.1", "0.3"},
    }  # fmt: skip


EXPIRED = {"its last day": (0, "model", False), "the day after": (-1, "bucket_rates", True)}


@pytest.mark.parametrize(("days", "basis", "expired"), EXPIRED.values(), ids=EXPIRED)
async def test_an_expired_model_is_flagged_and_the_bucket_rates_answer(databases, tmp_path, days, basis, expired):
    judge = Judge(NOW.date() + timedelta(days=days))
    async with scoring_alone(databases, tmp_path, NOW, judge) as house:
        await hear(house, story())
        found = decode(RiskAssessed, (await said_by(house))[-1].data)
    assert (found.basis, found.model_expired) == (basis, expired)
    assert bool(judge.asked) is not expired


async def move(house, now):
    async with house.database.begin() as connection:
        await connection.exec_driver_sql("update clock set now = $1", (now,))
    await Timers(house).wake_all()
