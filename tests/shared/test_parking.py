"""What an operator may do with what was set aside: release it, replace it, discard it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy.exc import ProgrammingError

from shared.codec import encode
from shared.database.tables import gaps, journal, operator_acts, parked
from shared.fold import Applied, Because, Heard, Parked, Request, apply
from shared.parking import discard, list_acts, list_parked, look_into, release, release_edited
from shared.pull import Pull
from shared.refusal import Refusal, Refused
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

BECAUSE = Because("operator", "bug-mended", "OPS-1")


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
    assert await release(second, parked_id, BECAUSE)
    await pull.close_gaps()
    assert await has_heard_all(second, first)
    assert await state_of(second, "A") == Purse(Decimal("16.00"), 3)
    assert not await rows_of(second, parked)
    assert not await rows_of(second, gaps)


async def test_what_is_released_and_still_fails_is_parked_again_with_its_followers_behind_it(street):
    _, second, pull, parked_id = street
    await release(second, parked_id, BECAUSE)
    await pull.close_gaps()
    (row,) = await rows_of(second, parked)
    assert (row.number, row.id > parked_id) == (2, True)
    assert (await state_of(second, "A")).count == 1


async def test_an_edited_item_is_applied_in_place_of_the_old_one(street):
    first, second, pull, parked_id = street
    said = (await told(first, "A"))[1]
    edited = said.data.replace(b"13.00", b"12.00")
    assert isinstance(await release_edited(second, parked_id, "PaymentReceived", edited, BECAUSE), Applied)
    await pull.close_gaps()
    assert await state_of(second, "A") == Purse(Decimal("15.00"), 3)
    assert [row.body is not None for row in await rows_of(second, journal)].count(True) == 1
    assert not await rows_of(second, parked)


async def test_a_discarded_item_is_heard_and_nothing_follows_from_it(street):
    first, second, pull, parked_id = street
    assert isinstance(await discard(second, parked_id, BECAUSE), Applied)
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
            assert isinstance(await discard(second, row.id, BECAUSE), Applied)
            peer = peer_of(restored, Keys(tmp_path))
            await Pull(second, {"ingest": peer}).close_gaps()
            await peer.close()
            assert await has_heard_all(second, restored)
        assert await state_of(second, "A") == Purse(Decimal("15.00"), 4)
        assert not await rows_of(second, parked)


async def test_an_item_is_acted_on_once(street):
    _, second, _, parked_id = street
    await discard(second, parked_id, BECAUSE)
    assert await discard(second, parked_id, BECAUSE) is None
    assert not await release(second, parked_id, BECAUSE)


EDIT = b'{"payment_id": "P", "loan_id": "L1", "amount": "12.00", "value_on": "2025-01-01", "kind": "repayment"}'
ACTS = {
    "released": lambda house, of: release(house, of, BECAUSE),
    "replaced": lambda house, of: release_edited(house, of, "PaymentReceived", EDIT, BECAUSE),
    "discarded": lambda house, of: discard(house, of, BECAUSE),
}


@pytest.mark.parametrize(("done", "act"), ACTS.items(), ids=ACTS)
async def test_every_act_is_kept_with_who_why_when_and_what_the_item_was(street, done, act):
    _, second, _, parked_id = street
    (row,) = await rows_of(second, parked)
    assert await act(second, parked_id)
    async with second.database.reading() as connection:
        (kept,) = await list_acts(connection, 0, 10)
        assert await list_acts(connection, kept.id, 10) == []
    assert (kept.operator, kept.act, kept.item, kept.item_id) == ("operator", done, "parked", parked_id)
    assert (kept.reason, kept.reference) == ("bug-mended", "OPS-1")
    assert (kept.was["key"], kept.was["number"], kept.was["reason"]) == ("A", 2, row.reason)
    assert abs((datetime.now(UTC) - kept.recorded_at).total_seconds()) < 60


async def test_an_act_that_comes_to_nothing_is_not_kept(street):
    _, second, _, parked_id = street
    stumbles = EDIT.replace(b"12.00", b"13.00")
    assert isinstance(await release_edited(second, parked_id, "PaymentReceived", stumbles, BECAUSE), Parked)
    assert not await rows_of(second, operator_acts)
    assert len(await rows_of(second, parked)) == 1


async def test_of_two_operators_at_once_one_acts_and_the_other_is_told(street):
    _, second, _, parked_id = street
    acts = [discard(second, parked_id, BECAUSE), release_edited(second, parked_id, "PaymentReceived", EDIT, BECAUSE)]
    outcomes = await asyncio.gather(*acts, release(second, parked_id, BECAUSE), return_exceptions=True)
    late = [outcome for outcome in outcomes if outcome in (None, False) or isinstance(outcome, Refused)]
    assert (len(late), len(await rows_of(second, operator_acts))) == (2, 1)


async def test_an_edit_that_lost_the_race_leaves_nothing_behind(street):
    """Both have read the item before either acts: the row it stands in decides, not what was read."""
    _, second, _, parked_id = street
    slow = replace(second, prepare=_settled_meanwhile(second, parked_id))
    with pytest.raises(Refused) as refused:
        await release_edited(slow, parked_id, "PaymentReceived", EDIT, BECAUSE)
    assert refused.value.refusal.code == "not-found"
    assert await state_of(second, "A") == Purse(Decimal("1.00"), 1)
    assert [row.act for row in await rows_of(second, operator_acts)] == ["discarded"]


def _settled_meanwhile(house, parked_id):
    async def prepare(work):
        await discard(house, parked_id, BECAUSE)

    return prepare


async def test_the_service_cannot_change_or_forget_an_act(street):
    _, second, _, parked_id = street
    await discard(second, parked_id, BECAUSE)
    for statement in ("update operator_acts set operator = 'nobody'", "delete from operator_acts"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with second.database.begin() as connection:
                await connection.exec_driver_sql(statement)


async def test_what_is_inside_an_item_is_shown_without_what_it_says(street):
    first, second, _, parked_id = street
    said = (await told(first, "A"))[1]
    async with second.database.reading() as connection:
        detail = await look_into(connection, parked_id)
        assert await look_into(connection, parked_id + 1) is None
    assert (detail.item.id, detail.inside.id, detail.inside.type) == (parked_id, str(said.event_id), "PaymentReceived")
    assert (detail.inside.data["amount"], detail.inside.data["kind"]) == ("13.00", "repayment")
    assert detail.inside.data["loan_id"] == "text of 2 characters"
    assert (detail.inside.complaint, detail.inside.data_bytes) == (None, len(said.data))


REFUSED = {
    "a type nobody says": ("Nonsense", b"{}", "type-not-supported"),
    "no JSON": ("PaymentReceived", b"{", "not-json"),
    "a field missing": ("PaymentReceived", b"{}", "missing-field"),
}


@pytest.mark.parametrize(("type_", "body", "code"), REFUSED.values(), ids=REFUSED)
async def test_an_edit_that_cannot_be_read_is_refused_and_the_item_stays(street, type_, body, code):
    _, second, _, parked_id = street
    outcome = await release_edited(second, parked_id, type_, body, BECAUSE)
    assert isinstance(outcome, Refusal)
    assert outcome.code == code
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
        assert isinstance(await discard(house, row.id, BECAUSE), Refusal)
        assert await release(house, row.id, BECAUSE)
        assert await Timers(house).wake_all() == 1
        assert (await state_of(house, "A")).rung == 1
