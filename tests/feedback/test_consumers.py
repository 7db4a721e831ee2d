"""What feedback hears: ingest's payments once each, the rest numbered and left alone; over Kafka as without it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.feedback.app import build_house
from services.feedback.consumers import HANDLERS, HEARS
from services.feedback.domain.decide import HANDLERS as DECIDED
from services.feedback.domain.evolve import CHANGES
from services.feedback.store.contexts import Rules
from shared.announcements import Announcement, Cause, Chain, chain, from_json
from shared.events import Event, HardshipEnded, PaymentReceived, PromiseKept, Wake
from shared.events.contacts import ContactSent
from shared.fold import Applied, Gap, House, Repeat, apply
from shared.fold.hearing import heard_from
from tests.feedback.street import Street, opened, paid, parts, promise, promises_of, two_houses
from tests.harness import Databases, Topics
from tests.houses import _set_clock
from tests.shared.topics import read_topic

pytestmark = pytest.mark.postgres

START = datetime(2025, 2, 2, 1, tzinfo=UTC)
OURS = "collections.feedback.v1"


@pytest.fixture
async def street(databases: Databases, tmp_path) -> AsyncIterator[Street]:
    async with two_houses(databases, tmp_path, START) as houses:
        await houses.close_days("2025-02-02")
        await houses.open_loan()
        yield houses


@pytest.fixture
async def house(databases: Databases, tmp_path, street: Street) -> AsyncIterator[House]:
    """Feedback as a value, with no loops running."""
    fresh = await databases.fresh("feedback")
    await _set_clock(fresh, START)
    settings, peers, _ = parts(tmp_path, street.ingest, fresh.app_url)
    made = build_house(settings, peers["ingest"])
    yield made
    await made.database.close()
    for peer in peers.values():
        await peer.close()


def said_by(source: str, *events: Event) -> list[Announcement]:
    return chain(source, "C1", Chain(0, None), events, Cause(START, "{}", None, None, None))


def payment(name: str) -> PaymentReceived:
    return PaymentReceived(name, "L1", Decimal("10.00"), date(2025, 2, 2), "repayment")


def test_the_table_names_every_heard_event_that_the_core_heeds_and_no_word_of_our_own():
    assert HEARS == ("ingest", "scoring", "contact")
    heeded = {type_ for type_ in {*CHANGES, *DECIDED} if type_ is not Wake}
    assert set(HANDLERS) == {type_ for type_ in heeded if type_.__module__.endswith(("repayments", "lateness"))}
    assert PaymentReceived in HANDLERS
    assert not {PromiseKept, HardshipEnded} & set(HANDLERS)


async def test_what_contact_says_is_numbered_and_changes_nothing(house):
    (sent,) = said_by("contact", ContactSent("X1", "A1", "sms"))
    (outcome,) = await apply(house, [heard_from(house, "contact", sent)])
    assert isinstance(outcome, Applied)
    assert outcome.announcements == []
    async with house.database.begin() as connection:
        assert (await connection.exec_driver_sql("select heard from subjects")).scalar_one() == [0, 0, 1]


async def test_a_repeat_is_dropped_and_a_gap_is_noted(house):
    first, second, third = said_by("ingest", *(payment(name) for name in ("A", "B", "C")))
    work = [heard_from(house, "ingest", said) for said in (first, first, third, second, third)]
    outcomes = [type(outcome) for outcome in await apply(house, work)]
    assert outcomes == [Applied, Repeat, Gap, Applied, Applied]


async def test_everything_heard_a_second_time_and_in_disorder_changes_nothing(street, house):
    await street.report(paid("A", "2025-02-03", "60.00"), paid("B", "2025-02-04", "10.00"))
    await street.settle()
    items = (await street.ingest.get("/v1/announcements"))["items"]
    work = [heard_from(house, "ingest", from_json(item)) for item in items]
    assert {type(outcome) for outcome in await apply(house, work)} == {Applied}
    before = await stored(house)
    assert {type(outcome) for outcome in await apply(house, [*reversed(work), *work])} == {Repeat}
    assert await stored(house) == before


async def stored(house: House) -> list:
    async with house.database.begin() as connection:
        return (await connection.exec_driver_sql("select key, body, heard, said from subjects order by key")).all()


async def test_a_loan_is_known_as_soon_as_ingest_has_told_of_it(street):
    await street.tell("/v1/promises", promise(loan_ids=["L9"]), 422)
    await street.open_loan("L9")
    await street.tell("/v1/promises", promise(loan_ids=["L9"]))


async def test_every_announcement_names_what_it_rests_on(street):
    await street.tell("/v1/promises", promise())
    (item,) = (await street.feedback.get("/v1/customers/C1/events"))["items"]
    basis = json.loads(item["basis"]) if isinstance(item["basis"], str) else item["basis"]
    heads = (await street.ingest.http.post("/v1/heads", json={"keys": ["C1"]})).json()["heads"]
    assert basis["heard"] == {"ingest": heads["C1"], "scoring": 0, "contact": 0}
    assert basis["versions"] == {
        "policies/CN": "cn-1",
        "policies/HOUSE": "house-1",
        "policies/US-FED": "us-fed-1",
        "rulebook": Rules.of_bank("Asia/Shanghai").rulebook.name,
    }


async def test_the_heads_a_verdict_rests_on_stand_in_the_journal(street):
    await street.tell("/v1/promises", promise())
    await street.next_day("2025-02-06")
    await street.move_clock("2025-02-06T00:05:00+08:00")
    await street.settle()
    rows = await street.feedback.sql("select context from journal where context is not null order by position")
    assert json.loads(rows[-1][0]) == {"heads": {"business_date": "2025-02-06", "heard_out": True}}


@pytest.mark.kafka
async def test_over_kafka_a_promise_is_made_paid_and_kept_and_its_topic_tells_the_story(
    databases: Databases, topics: Topics, tmp_path
):
    names = await topics.fresh()
    settings = {
        "kafka_bootstrap": topics.server.bootstrap,
        "topic_suffix": names[OURS].removeprefix(OURS),
        "session_seconds": 3,
    }
    async with two_houses(databases, tmp_path, START, **settings) as houses:
        await houses.close_days("2025-02-02")
        await houses.report(opened())
        await houses.settle(60)
        await houses.tell("/v1/promises", promise())
        await houses.tell("/v1/complaints", {"complaint_id": "K1", "category": "hours", "text": "planted-value"})
        await houses.report(paid("A", "2025-02-03"))
        await houses.settle()
        await houses.next_day("2025-02-06")
        await houses.move_clock("2025-02-06T00:05:00+08:00")
        await houses.settle()
        assert await promises_of(houses) == [("P1", "kept", "100.00")]
        told = await read_topic(topics.server.bootstrap, names[OURS], "feedback")
        assert [said.type for said in told] == ["PromiseMade", "ComplaintRaised", "PromiseKept"]
        assert [said.number for said in told] == [1, 2, 3]
        assert all(said.is_intact("feedback") for said in told)
        assert b"planted-value" not in b"".join(said.data for said in told)
