"""Dead letters: seen from outside, tried again without harm, discarded; each act kept."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from shared.announcements import Announcement, to_headers
from shared.codec import encode
from shared.database.tables import dead_letters, gaps, operator_acts
from shared.fold import Because, apply
from shared.parking import discard_letter, list_letters, retry_letter
from shared.pull import Pull
from tests.shared.street import a_house, has_heard_all, messages, peer_of, rows_of, told
from tests.shared.toy import hearer, speaker

pytestmark = pytest.mark.postgres

BECAUSE = Because("operator", "bug-mended", "OPS-1")
SECRET = "Mrs Li 13800001234"
TOPIC = "collections.repayments.v1"


@pytest.fixture
async def street(databases, keys):
    """A speaker that said three things, and a hearer that has heard the first."""
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        said = await told(first, "A", "1.00", "2.00", "3.00")
        await apply(second, messages(second, said[:1]))
        peer = peer_of(first, keys)
        yield first, second, Pull(second, {"ingest": peer}), said
        await peer.close()


async def bury(house, said: Announcement | None = None, key: bytes | None = b"A", topic: str = TOPIC) -> int:
    """A letter as the consumer of an earlier version left it: one that could not be read then, or never can be."""
    headers = to_headers("ingest", said) if said else [("ce_sequence", SECRET.encode()), (SECRET, b"1")]
    row = {
        "topic": topic, "partition": 0, "offset": 7, "digest": b"0" * 32, "key": key,
        "value": said.data if said else SECRET.encode(), "value_bytes": 18,
        "headers": encode([(name, content.hex()) for name, content in headers]), "reason": "sequence-missing",
        "at": datetime.now(UTC),
    }  # fmt: skip
    async with house.database.begin() as connection:
        id_: int = (
            await connection.execute(insert(dead_letters).values(row).returning(dead_letters.c.id))
        ).scalar_one()
    return id_


async def test_a_letter_is_shown_from_outside_only(street):
    _, second, _, _ = street
    letter_id = await bury(second)
    async with second.database.reading() as connection:
        (letter,) = await list_letters(connection, 0, 10)
        assert await list_letters(connection, letter_id, 10) == []
    assert (letter.id, letter.topic, letter.partition, letter.offset) == (letter_id, TOPIC, 0, 7)
    assert (letter.key_bytes, letter.value_bytes, letter.headers, letter.other_headers) == (1, 18, ("ce_sequence",), 1)
    assert SECRET.encode() not in encode(letter)


async def test_a_letter_that_can_be_read_by_now_is_pulled_from_its_source_in_order(street):
    first, second, pull, said = street
    letter_id = await bury(second, said[2])
    assert await retry_letter(second, letter_id, BECAUSE) is True
    await pull.close_gaps()
    assert await has_heard_all(second, first)
    assert not await rows_of(second, dead_letters)
    (act,) = await rows_of(second, operator_acts)
    assert (act.act, act.item, act.item_id, act.operator) == ("retried", "dead-letter", letter_id, "operator")


async def test_a_letter_heard_before_changes_nothing_when_it_is_tried_again(street):
    first, second, pull, said = street
    await apply(second, messages(second, said))
    assert await retry_letter(second, await bury(second, said[1]), BECAUSE) is True
    assert await pull.close_gaps() == 0
    assert await has_heard_all(second, first)
    assert not await rows_of(second, gaps)


async def test_a_forged_letter_applies_nothing_of_what_it_says(street):
    first, second, pull, said = street
    forged = Announcement(
        "A", 10**15, said[0].event_id, None, "PaymentReceived", said[0].at, "{}", None, None, None, b"{}"
    )
    assert await retry_letter(second, await bury(second, forged), BECAUSE) is True
    await pull.close_gaps()
    await pull.close_gaps()
    assert await has_heard_all(second, first)
    assert not await rows_of(second, gaps)


STAYS = {
    "no key": ({"key": None}, "still-unreadable"),
    "no number": ({}, "still-unreadable"),
    "a topic nobody hears any more": ({"topic": "collections.other.v1"}, "source-not-heard"),
}


@pytest.mark.parametrize(("letter", "code"), STAYS.values(), ids=STAYS)
async def test_a_letter_that_still_cannot_be_read_stays(street, letter, code):
    _, second, _, _ = street
    assert (await retry_letter(second, await bury(second, **letter), BECAUSE)).code == code
    assert len(await rows_of(second, dead_letters)) == 1
    assert not await rows_of(second, operator_acts)


async def test_a_letter_is_discarded_once_and_the_act_is_kept(street):
    _, second, _, _ = street
    letter_id = await bury(second)
    assert await discard_letter(second, letter_id, BECAUSE)
    assert not await discard_letter(second, letter_id, BECAUSE)
    assert await retry_letter(second, letter_id, BECAUSE) is False
    (act,) = await rows_of(second, operator_acts)
    assert (act.act, act.reason, act.reference) == ("discarded", "bug-mended", "OPS-1")
    assert SECRET not in act.was
