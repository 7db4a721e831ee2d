"""What an operator may do with what was set aside: release it, replace it, discard it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shared.codec import encode
from shared.database.tables import gaps, journal, parked
from shared.fold import Applied, Heard, Parked, Request, apply
from shared.parking import discard, list_parked, release, release_edited
from shared.pull import Pull
from shared.refusal import Refusal
from shared.timers import Timers
from tests.shared.street import (
    Keys,
    a_house,
    has_heard_all,
    messages,
    peer_of,
    rows_of,
    state_of,
    told,
)
from tests.shared.toy import Purse, RingAt, hearer, soon, speaker

pytestmark = pytest.mark.postgres


@pytest.fixture
async def street(databases, tmp_path):
    """A hearer that stumbled over the second of three payments, with the third waiting behind it."""
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        said = await told(first, "A", "1.00", "13.00", "2.00")
        outcomes = await apply(second, messages(second, said))
        assert isinstance(outcomes[1], Parked)
        peer = peer_of(first, Keys(tmp_path))
        (row,) = await rows_of(second, parked)
        yield first, second, Pull(second, {"ingest": peer}), row.id
        await peer.close()


def mended(house):
    """The same house, its bug mended."""
    return replace(house, decide=lambda state, fact, context: [])


async def test_a_released_item_and_its_followers_come_again_in_order(street):
    first, second, pull, parked_id = street
    pull._house = mended(second)
    assert await release(second, parked_id, "operator")
    await pull.close_gaps()
    assert await has_heard_all(second, first)
    assert await state_of(second, "A") == Purse(Decimal("16.00"), 3)
    assert not await rows_of(second, parked)
    assert not await rows_of(second, gaps)


async def test_what_is_released_and_still_fails_is_parked_again_with_its_followers_behind_it(street):
    _, second, pull, parked_id = street
    await release(second, parked_id, "operator")
    await pull.close_gaps()
    (row,) = await rows_of(second, parked)
    assert (row.number, row.id > parked_id) == (2, True)
    assert (await state_of(second, "A")).count == 1


async def test_an_edited_item_is_applied_in_place_of_the_old_one(street):
    first, second, pull, parked_id = street
    said = (await told(first, "A"))[1]
    edited = said.data.replace(b"13.00", b"12.00")
    assert isinstance(await release_edited(second, parked_id, "PaymentReceived", edited, "operator"), Applied)
    await pull.close_gaps()
    assert await state_of(second, "A") == Purse(Decimal("15.00"), 3)
    assert [row.body is not None for row in await rows_of(second, journal)].count(True) == 1
    assert not await rows_of(second, parked)


async def test_a_discarded_item_is_heard_and_nothing_follows_from_it(street):
    first, second, pull, parked_id = street
    assert isinstance(await discard(second, parked_id, "operator"), Applied)
    await pull.close_gaps()
    assert await state_of(second, "A") == Purse(Decimal("3.00"), 2)
    assert await has_heard_all(second, first)


async def test_a_restored_source_is_followed_from_where_an_operator_takes_up_its_story(databases, tmp_path):
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        await apply(second, messages(second, await told(first, "A", "1.00", "2.00", "4.00")))
        async with a_house(databases, speaker) as restored:
            again = messages(second, await told(restored, "A", "7.00", "8.00"))
            assert isinstance((await apply(second, again))[0], Parked)
            (row,) = await rows_of(second, parked)
            assert isinstance(await discard(second, row.id, "operator"), Applied)
            peer = peer_of(restored, Keys(tmp_path))
            await Pull(second, {"ingest": peer}).close_gaps()
            await peer.close()
            assert await has_heard_all(second, restored)
        assert await state_of(second, "A") == Purse(Decimal("15.00"), 4)
        assert not await rows_of(second, parked)


async def test_an_item_is_acted_on_once(street):
    _, second, _, parked_id = street
    await discard(second, parked_id, "operator")
    assert await discard(second, parked_id, "operator") is None
    assert not await release(second, parked_id, "operator")


REFUSED = {
    "a type nobody says": ("Nonsense", b"{}", "unknown-type"),
    "no JSON": ("PaymentReceived", b"{", "invalid-json"),
    "a field missing": ("PaymentReceived", b"{}", "missing-field"),
}


@pytest.mark.parametrize(("type_", "body", "code"), REFUSED.values(), ids=REFUSED)
async def test_an_edit_that_cannot_be_read_is_refused_and_the_item_stays(street, type_, body, code):
    _, second, _, parked_id = street
    outcome = await release_edited(second, parked_id, type_, body, "operator")
    assert isinstance(outcome, Refusal)
    assert len(await rows_of(second, parked)) == 1


async def test_a_parked_item_is_listed_without_its_content(street):
    _, second, _, parked_id = street
    async with second.database.reading() as connection:
        (item,) = await list_parked(connection, 0, 10)
    assert (item.id, item.key, item.number, item.type) == (parked_id, "A", 2, "PaymentReceived")
    assert b"13.00" not in encode(item)


async def test_a_parked_wake_comes_due_again_when_released(databases):
    async with a_house(databases, speaker) as house:
        await apply(house, [Heard("A", RingAt(soon()), Request("tests"))])

        def stumble(state, fact, context):
            raise RuntimeError

        assert await Timers(replace(house, decide=stumble)).wake_all() == 0
        (row,) = await rows_of(house, parked)
        assert (row.source, row.type) == ("wake", "Wake")
        assert await Timers(house).wake_all() == 0
        assert isinstance(await discard(house, row.id, "operator"), Refusal)
        assert await release(house, row.id, "operator")
        assert await Timers(house).wake_all() == 1
        assert (await state_of(house, "A")).rung == 1
