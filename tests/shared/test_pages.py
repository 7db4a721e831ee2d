"""A page is bounded by its bytes too, and what is unreadable on one costs its own number only."""

from datetime import UTC, datetime
from typing import ClassVar
from uuid import uuid4

import pytest

from shared.announcements import PAGE_BYTES_MAX, Announcement, announce, list_after, list_wanted
from shared.consumer import PollingConsumer
from shared.database.tables import dead_letters, gaps, parked, subjects, unpublished
from shared.fold.rows import note_gaps
from shared.heads import Peer
from shared.ids import chained_id
from shared.pull import Pull
from shared.relay import BYTES_MAX as RELAY_BYTES_MAX
from shared.relay import NumberingPublisher, Relay
from tests.shared.street import eventually, peer_of, publish_all, rows_of, running, state_of, told

pytestmark = pytest.mark.postgres

AT = datetime(2025, 1, 1, tzinfo=UTC)
LARGE = 400_000


def large(key: str, count: int, size: int = LARGE) -> list[Announcement]:
    """A chain of announcements of a type that nobody heeds."""
    made: list[Announcement] = []
    for number in range(1, count + 1):
        previous = made[-1].event_id if made else None
        data = b'"' + b"x" * size + b'"'
        id_ = chained_id("ingest", key, number, previous, "Large", AT, "{}", data)
        made.append(Announcement(key, number, id_, previous, "Large", AT, "{}", None, uuid4(), None, data))
    return made


async def say(house, *said: Announcement) -> None:
    async with house.database.begin() as connection:
        await announce(connection, said)


async def test_announcements_come_in_pages_of_so_many_bytes_and_all_of_them_come(first):
    await say(first, *large("A", 30))
    found, cursor = [], 0
    async with first.database.begin() as connection:
        while page := await list_after(connection, cursor, 1000, by_position=False):
            assert sum(len(said.data) for _, said in page) <= PAGE_BYTES_MAX + LARGE
            cursor = page[-1][0]
            found += page
    assert [said.number for _, said in found] == list(range(1, 31))


async def test_one_announcement_above_the_budget_still_comes(first):
    await say(first, *large("A", 2, PAGE_BYTES_MAX + 1))
    async with first.database.begin() as connection:
        assert [said.number for _, said in await list_after(connection, 0, 10, by_position=False)] == [1]
        assert [said.number for said in (await list_wanted(connection, {"A": 0}, 10))[0]] == [1]


async def test_what_is_wanted_says_where_it_was_cut_and_is_asked_for_to_its_end(first, keys):
    await say(first, *large("B", 4), *large("A", 20), *large("C", 1))
    async with first.database.begin() as connection:
        found, is_cut = await list_wanted(connection, {"C": 0, "A": 0, "B": 0}, 10)
        assert is_cut
        assert [said.key for said in found] == ["A"] * 10 + ["B"]
        assert not (await list_wanted(connection, {"C": 0, "D": 0}, 10))[1]
    peer = peer_of(first, keys)
    wanted = await peer.wanted({"C": 0, "A": 2, "B": 0}, 100)
    assert [(said.key, said.number) for said in wanted] == [
        *(("A", number) for number in range(3, 21)), *(("B", number) for number in range(1, 5)), ("C", 1),
    ]  # fmt: skip
    await peer.close()


async def test_gaps_behind_the_end_of_a_page_stay_open_until_they_are_pulled(first, second, keys):
    await say(first, *large("A", 12), *large("B", 2), *large("C", 1))
    async with second.database.begin() as connection:
        await note_gaps(connection, {("A", "ingest"): 12, ("B", "ingest"): 2, ("C", "ingest"): 1})
    pull = Pull(second, {"ingest": peer_of(first, keys)})
    rounds = 0
    while await rows_of(second, gaps):
        assert await pull.close_gaps() > 0
        rounds += 1
    assert rounds > 1
    heard = {row.key: row.heard[0] for row in await rows_of(second, subjects)}
    assert heard == {"A": 12, "B": 2, "C": 1}


class Counting(NumberingPublisher):
    def __init__(self) -> None:
        self.bytes: list[int] = []

    async def publish(self, connection, rows) -> None:
        self.bytes.append(sum(len(row.data) for row in rows))
        await super().publish(connection, rows)


async def test_the_relay_publishes_so_many_bytes_at_once(first):
    await say(first, *large("A", 60))
    publisher = Counting()
    async with running(Relay(first, publisher)):
        await eventually(lambda: nothing_waits(first))
    assert sum(publisher.bytes) == 60 * (LARGE + 2)
    assert max(publisher.bytes) <= RELAY_BYTES_MAX + LARGE
    assert len(publisher.bytes) > 1


async def nothing_waits(house) -> bool:
    return not await rows_of(house, unpublished)


class Spoiling(Peer):
    """The house with something wrong in what it tells of SPOILT."""

    spoil: ClassVar[dict] = {"basis": 7}

    async def _ask(self, *args, **request):
        body = await super()._ask(*args, **request)
        for item in body.get("items", ()):
            if item["key"] == "SPOILT" and item["number"] == 1:
                item.update(self.spoil)
        return body


@pytest.fixture
async def spoiling(first, keys):
    peer = peer_of(first, keys)
    peer.__class__ = Spoiling
    yield peer
    await peer.close()


async def test_an_unreadable_envelope_on_a_page_is_parked_under_its_number_and_others_are_heard(
    first, second, spoiling
):
    await told(first, "SPOILT", "1.00", "2.00")
    await told(first, "Z", "4.00")
    await publish_all(first)
    async with running(PollingConsumer(second, "ingest", spoiling)):
        await eventually(lambda: has_counted(second, "Z", 1))
    assert [(row.key, row.number, row.reason) for row in await rows_of(second, parked)] == [
        ("SPOILT", 1, "envelope-incomplete-or-malformed")
    ]


async def test_an_unreadable_envelope_that_is_pulled_is_parked_too(first, second, spoiling):
    await told(first, "SPOILT", "1.00", "2.00")
    await told(first, "Z", "4.00")
    async with second.database.begin() as connection:
        await note_gaps(connection, {("SPOILT", "ingest"): 2, ("Z", "ingest"): 1})
    assert await Pull(second, {"ingest": spoiling}).close_gaps() == 1
    assert [(row.key, row.number) for row in await rows_of(second, parked)] == [("SPOILT", 1)]
    assert (await state_of(second, "Z")).count == 1


@pytest.mark.parametrize("spoil", [{"key": 7}, {"number": "one"}, {"number": 0}, {"key": "a\x00b"}])
async def test_what_has_no_key_or_number_is_a_dead_letter_and_others_are_heard(
    first, second, spoiling, spoil, monkeypatch
):
    monkeypatch.setattr(Spoiling, "spoil", spoil)
    await told(first, "SPOILT", "1.00")
    await told(first, "Z", "4.00")
    await publish_all(first)
    async with running(PollingConsumer(second, "ingest", spoiling)):
        await eventually(lambda: has_counted(second, "Z", 1))
    (letter,) = await rows_of(second, dead_letters)
    assert (letter.topic, letter.partition, letter.key) == ("collections.repayments.v1", -1, None)
    assert not await rows_of(second, parked)


async def has_counted(house, key: str, count: int) -> bool:
    return (await state_of(house, key)).count == count
