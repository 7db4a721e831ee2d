"""Pulling repairs what the topic did not bring: gaps, lost tails, a new house; and what it cannot repair it leaves."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from shared.database.tables import gaps, parked, subjects
from shared.events import Garbled
from shared.fold import Gap, Heard, Message, apply
from shared.fold.poison import TooMuchPoison
from shared.heads import Peer, PeerUnreachable
from shared.pull import Pull
from tests.shared.street import (
    Keys,
    a_house,
    check_chains,
    check_folds,
    eventually,
    has_heard_all,
    messages,
    peer_of,
    rows_of,
    running,
    state_of,
    told,
)
from tests.shared.toy import hearer, pay, speaker

pytestmark = pytest.mark.postgres


@pytest.fixture
async def street(databases, tmp_path):
    """A speaker, a hearer, and the hearer's pull; no broker."""
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        peer = peer_of(first, Keys(tmp_path))
        yield first, second, Pull(second, {"ingest": peer})
        await peer.close()


async def test_a_gap_is_closed_from_its_source_in_order(street):
    first, second, pull = street
    said = await told(first, "A", "1.00", "2.00", "4.00")
    assert isinstance((await apply(second, messages(second, said[2:])))[0], Gap)
    assert await pull.close_gaps() == 3
    assert await has_heard_all(second, first)
    assert not await rows_of(second, gaps)
    await check_folds(second, first)


async def test_a_gap_longer_than_one_page_is_closed_too(street):
    first, second, pull = street
    said = await told(first, "A", *["1.00"] * 250)
    await apply(second, messages(second, said[-1:]))
    async with running(pull):
        await eventually(lambda: has_heard_all(second, first))
    await check_chains(second)


async def test_a_new_house_catches_up_by_its_first_audit(street):
    first, second, pull = street
    await apply(first, [pay(f"C{number:04}", 1) for number in range(1200)])
    async with running(pull):
        await eventually(lambda: has_heard_all(second, first))
    assert not await rows_of(second, gaps)
    await check_folds(second, first)


async def test_a_lost_tail_is_found_by_the_audit_alone(street):
    first, second, pull = street
    said = await told(first, "A", "1.00", "2.00")
    await apply(second, messages(second, said[:1]))
    assert await pull.close_gaps() == 0
    await pull.audit()
    await pull.close_gaps()
    assert await has_heard_all(second, first)


async def test_a_number_that_its_source_never_said_leaves_no_gap_open(street):
    first, second, pull = street
    said = await told(first, "A", "1.00")
    await apply(second, messages(second, said))
    wild = Heard("A", Garbled("random"), Message("ingest", 999, None, None, None))
    nobody = Heard("NOBODY", Garbled("random"), Message("ingest", 7, None, None, None))
    assert [type(one) for one in await apply(second, [wild, nobody])] == [Gap, Gap]
    await pull.close_gaps()
    assert not await rows_of(second, gaps)


RESTORED = {
    "it says less than was heard of it": ("7.00",),
    "it says as much as was heard of it": ("7.00", "8.00"),
    "it says more than was heard of it": ("7.00", "8.00", "9.00"),
}


@pytest.mark.parametrize("amounts", RESTORED.values(), ids=RESTORED)
async def test_the_audit_finds_the_fork_of_a_restored_source(street, databases, tmp_path, amounts):
    first, second, _ = street
    await apply(second, messages(second, await told(first, "A", "1.00", "2.00")))
    async with a_house(databases, speaker) as restored:
        await told(restored, "A", *amounts)
        peer = peer_of(restored, Keys(tmp_path))
        pull = Pull(second, {"ingest": peer})
        await pull.audit()
        await pull.close_gaps()
        await peer.close()
    (row,) = await rows_of(second, parked)
    assert (row.key, row.number, row.reason) == ("A", len(amounts), "fork")
    assert (await state_of(second, "A")).count == 2


async def test_a_source_that_went_back_and_said_nothing_since_is_no_fork(street, databases, tmp_path):
    first, second, pull = street
    said = await told(first, "A", "1.00", "2.00")
    await apply(second, messages(second, said))
    async with first.database.begin() as connection:
        back = update(subjects).values(said=1, last_id=said[0].event_id)
        await connection.execute(back)
    await pull.audit()
    assert not await rows_of(second, parked)
    assert not await rows_of(second, gaps)


async def test_one_unreachable_source_keeps_the_others_waiting_for_nothing(street, databases):
    first, _, pull = street
    await told(first, "A", "1.00", "2.00")
    nowhere = Peer("contact", "http://127.0.0.1:1", None)
    async with a_house(databases, lambda database: replace(hearer(database), hears=("contact", "ingest"))) as third:
        both = Pull(third, {"contact": nowhere, "ingest": pull._peers["ingest"]})
        async with running(both):
            await eventually(lambda: _has_counted(third, "A", 2))
        with pytest.raises(PeerUnreachable):
            await both.audit()
    await nowhere.close()


async def _has_counted(house, key: str, count: int) -> bool:
    return (await state_of(house, key)).count == count


async def test_pulling_stops_too_when_too_much_is_poisonous(street):
    first, second, pull = street
    await apply(first, [pay(f"C{number:04}", 1, "13.00") for number in range(700)])
    await pull.audit()
    with pytest.raises(TooMuchPoison):
        await pull.close_gaps()
    assert len(await rows_of(second, parked)) <= 600
