"""What scoring hears over the real street: assessments that follow, replays bit for bit, any interleaving."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import exp
from random import Random

import pytest
from aiokafka import AIOKafkaConsumer

from services.scoring.consumers import HANDLERS, HEARS
from services.scoring.domain.features import features_of
from services.scoring.domain.inputs import fingerprint_of, model_inputs
from services.scoring.domain.scoring import NEWS
from shared.announcements import from_headers
from shared.codec import decode
from shared.events import SOURCES, TOPICS, ContactSent, PromiseKept, PromiseMade, ReplyReceived, RiskAssessed, Wake
from shared.fold import Gap, Repeat
from shared.timers import Timers
from tests.harness import Databases, Topics
from tests.scoring.builders import day
from tests.scoring.street import (
    hear,
    opened,
    paid,
    record_of,
    said_by,
    say,
    scoring_alone,
    two_houses,
    voided,
)

pytestmark = pytest.mark.postgres

START = datetime(2025, 4, 10, tzinfo=UTC)
AT = datetime(2025, 4, 9, 9, tzinfo=UTC)


def test_scoring_listens_to_what_changes_its_record_and_to_nothing_else():
    heard = {kind for source in HEARS for kind in TOPICS[SOURCES[source]].values()}
    assert set(HANDLERS) <= heard
    assert NEWS - {Wake} <= set(HANDLERS)
    assert RiskAssessed not in HANDLERS
    planned = {"ContactPlanned", "ContactDeferred", "ContactWithheld", "ContactReserved", "TreatmentChosen"}
    assert not planned & {kind.__name__ for kind in HANDLERS}


async def test_a_loan_that_goes_late_is_assessed_with_reasons_that_add_up(databases: Databases, tmp_path):
    async with two_houses(databases, tmp_path, START) as street:
        await street.report(opened(), paid("P1", "2025-02-01"))
        await street.close_days("2025-03-05")
        said = [decode(RiskAssessed, one.data) for one in await street.said()]
        assert [one.reasons[0].wording for one in said][-1] == "behind-1"
        assert said[0].default_probability < said[-1].default_probability
        found = await street.assessment()
        log_odds = sum((Decimal(one["contribution"]) for one in found["reasons"]), Decimal(found["baseline"]))
        default = 1 / (1 + exp(-float(log_odds + Decimal(found["remainder"]))))
        assert default == pytest.approx(float(found["default_probability"]), abs=5e-5)
        assert found["reasons"][0]["words"] == {"zh-CN": "目前有一期未还。", "en": "One instalment is behind now."}


async def test_the_basis_says_which_numbers_were_heard(databases: Databases, tmp_path):
    async with two_houses(databases, tmp_path, START) as street:
        await street.report(opened())
        await street.close_days("2025-02-03")
        told = await street.told()
        for one in await street.said():
            basis = json.loads(one.basis)
            assert told[basis["heard"]["ingest"] - 1].event_id == one.causation_id
            assert basis["versions"] == {"bucket-rates": "car-loans-2017-2023"}
        assert basis["heard"] == {"ingest": len(told), "contact": 0, "feedback": 0}


async def test_a_voided_payment_leaves_the_features_as_if_it_had_never_been(databases: Databases, tmp_path):
    async with two_houses(databases, tmp_path, START) as street:
        await street.report(opened("L1", "C1"), opened("L2", "C2"))
        await street.report(paid("P1", "2025-02-01"), paid("P2", "2025-02-01", loan="L2"), paid("PX", "2025-02-20"))
        await street.report(voided("pay-PX"))
        await street.close_days("2025-03-05")
        one, other = [(await street.scoring.get(f"/v1/customers/{who}/features"))["features"] for who in ("C1", "C2")]
        assert one["loans"][0] | {"loan_id": ""} == other["loans"][0] | {"loan_id": ""}


async def ingests_story(databases: Databases, tmp_path) -> list:
    """Everything a real ingest announces of a loan that goes late, is partly paid, and is cured."""
    async with two_houses(databases, tmp_path, START) as street:
        await street.report(opened(), opened("L2", "C1", 3))
        await street.close_days("2025-02-10")
        await street.report(paid("P1", "2025-02-12", "60.00"), paid("P2", "2025-02-14", "140.00"))
        await street.close_days("2025-03-20")
        await street.report(paid("P3", "2025-03-21", "100.00", "L2"), voided("pay-P1"), paid("P4", "2025-03-22"))
        await street.close_days("2025-04-09")
        return [("ingest", one) for one in await street.told()]


CONTACTS = say("contact", "C1", AT, *(ContactSent(f"K{n}", f"A{n}", "sms") for n in range(4)))
FEEDBACK = say(
    "feedback", "C1", AT,
    ReplyReceived("R1", "sms", datetime(2025, 3, 3, 10, tzinfo=UTC), ("L1",)),
    PromiseMade("Q1", ("L1",), Decimal("100.00"), "CNY", day("03-25"), 2),
    PromiseKept("Q1", ("L1",), day("03-28"), Decimal("100.00"), "CNY"),
)  # fmt: skip


async def test_a_replay_into_an_empty_database_says_the_same_bit_for_bit(databases: Databases, tmp_path):
    told = [*await ingests_story(databases, tmp_path), *CONTACTS, *FEEDBACK]
    found = []
    for batch in (500, 7, 1):
        async with scoring_alone(databases, tmp_path, START) as house:
            await hear(house, told, batch)
            found.append((await said_by(house), await record_of(house)))
    assert len(found[0][0]) > 3
    assert found[0] == found[1] == found[2]


async def test_what_the_running_house_said_is_what_a_replay_says(databases: Databases, tmp_path):
    async with two_houses(databases, tmp_path, START) as street:
        await street.report(opened(), paid("P1", "2025-02-01"))
        await street.close_days("2025-04-09")
        said, told = await street.said(), await street.told()
    async with scoring_alone(databases, tmp_path, START) as house:
        await hear(house, [("ingest", one) for one in told])
        assert await said_by(house) == said


async def test_how_the_sources_interleave_changes_neither_features_nor_the_next_assessment(databases, tmp_path):
    sources = [await ingests_story(databases, tmp_path), CONTACTS, FEEDBACK]
    found = set()
    for seed in range(4):
        async with scoring_alone(databases, tmp_path, START) as house:
            await hear(house, shuffled(sources, Random(seed)), 5)
            borrower = await record_of(house)
            await later(house, START + timedelta(days=40))
            last = (await said_by(house))[-1].data
        vector = fingerprint_of(model_inputs(borrower, day("04-10")))
        found.add((repr(replace(borrower, assessed=None)), repr(features_of(borrower, day("04-10"))), vector, last))
    assert len(found) == 1


async def test_repeats_and_jumps_change_nothing_and_a_jump_is_noted_as_a_gap(databases: Databases, tmp_path):
    told = await ingests_story(databases, tmp_path)
    async with scoring_alone(databases, tmp_path, START) as house:
        await hear(house, told)
        expected = await said_by(house), await record_of(house)
    async with scoring_alone(databases, tmp_path, START) as house:
        outcomes = await hear(house, [*told[:3], told[1], told[5], *told[3:], *told])
        assert [type(outcomes[3]), type(outcomes[4])] == [Repeat, Gap]
        assert (await said_by(house), await record_of(house)) == expected


async def test_an_assessment_is_made_afresh_every_month_however_far_time_leaps(databases: Databases, tmp_path):
    told = await ingests_story(databases, tmp_path)
    async with scoring_alone(databases, tmp_path, START) as house:
        await hear(house, told)
        before = len(await said_by(house))
        await later(house, START + timedelta(days=100))
        afresh = [decode(RiskAssessed, one.data) for one in (await said_by(house))[before:]]
    assert [one.as_of - before.valid_until for before, one in pairwise(afresh)] == [timedelta(days=1)] * 2


def shuffled(sources, chance):
    """Each source in its own order, mingled by *chance*."""
    left = [list(source) for source in sources]
    while any(left):
        yield chance.choice([source for source in left if source]).pop(0)


async def later(house, now):
    async with house.database.begin() as connection:
        await connection.exec_driver_sql("update clock set now = $1", (now,))
    await Timers(house).wake_all()


@pytest.mark.kafka
async def test_over_the_broker_an_assessment_reaches_the_topic_of_risk(
    databases: Databases, topics: Topics, kafka, tmp_path
):
    names = await topics.fresh()
    suffix = names["collections.risk.v1"].removeprefix("collections.risk.v1")
    reader = AIOKafkaConsumer(
        names["collections.risk.v1"], bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest"
    )
    over = {"kafka_bootstrap": kafka.bootstrap, "topic_suffix": suffix, "session_seconds": 3.0}
    async with two_houses(databases, tmp_path, START, **over) as street:
        await street.report(opened())
        await street.close_days("2025-02-03")
        said = await street.said()
        await reader.start()
        try:
            async with asyncio.timeout(20):
                records = [await reader.getone() for _ in said]
        finally:
            await reader.stop()
    read = [from_headers("scoring", one.key, one.headers, one.value) for one in records]
    assert read == said
    assert decode(RiskAssessed, read[-1].data).reasons[0].wording == "behind-1"
