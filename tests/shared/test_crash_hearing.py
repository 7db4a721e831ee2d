"""A house killed between any two calls while it hears: over Kafka, without it, pulling, and after what operators do."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from shared.announcements import Announcement
from shared.consumer import KafkaConsumer, PollingConsumer
from shared.database.tables import dead_letters, gaps, hearing, operator_acts, parked
from shared.fold import Because, House, apply
from shared.parking import discard, release, release_edited
from shared.pull import Pull
from tests.shared.crash import Crash, Fuse, at_every_point, batch_of, fused
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
    state_of,
    told,
)
from tests.shared.toy import Purse, hearer, speaker

pytestmark = pytest.mark.postgres

# How many calls there are, so that none is left out unseen.
CONSUMER_CALLS, LETTER_CALLS, POLLING_CALLS, PULL_CALLS = 24, 18, 38, 28
ACT_CALLS = {"released": 30, "discarded": 38, "replaced": 38}

BECAUSE = Because("operator", "bug-mended", "OPS-1")


@pytest.fixture
async def street(databases, tmp_path):
    """A speaker, a hearer, and the speaker as the hearer asks it."""
    async with a_house(databases, speaker) as first, a_house(databases, hearer) as second:
        peer = peer_of(first, Keys(tmp_path))
        yield first, second, peer
        await peer.close()


async def check(first: House[Purse], second: House[Purse]) -> None:
    """All is heard once, and nothing is left to do."""
    assert await has_heard_all(second, first)
    assert not await rows_of(second, gaps)
    await check_chains(second)
    await check_folds(second, first)


async def test_the_consumer_may_die_anywhere(street):
    first, second, _ = street

    async def attempt(n: int, fuse: Fuse) -> None:
        one, other = await told(first, f"A{n}", "1.00", "2.00"), await told(first, f"B{n}", "1.00")
        with fused(second.database, fuse), suppress(Crash):
            await hear(second, [one[0], *other], one[1:])
        await hear(second, [one[0], *other], one[1:])
        assert [(await state_of(second, f"{name}{n}")).count for name in "AB"] == [2, 1]

    assert await at_every_point(attempt) >= CONSUMER_CALLS
    await check(first, second)


async def hear(house: House[Purse], *batches: Sequence[Announcement]) -> None:
    """A member of the group that was just built takes *batches* from their topic."""
    consumer = KafkaConsumer(house, "nobody:9")
    for batch in batches:
        await consumer.hear_records(batch_of("ingest", batch))


async def test_the_consumer_may_die_anywhere_around_what_it_cannot_read(street):
    first, second, _ = street

    async def attempt(n: int, fuse: Fuse) -> None:
        said = await told(first, f"A{n}", "1.00")
        [(place, [good])] = batch_of("ingest", said, start=2 * n).items()
        batch = {place: [replace(good, key=None, offset=2 * n + 1), good]}
        for burning in (fuse, Fuse()):
            with fused(second.database, burning), suppress(Crash):
                await KafkaConsumer(second, "nobody:9").hear_records(batch)
        assert (await state_of(second, f"A{n}")).count == 1

    rounds = await at_every_point(attempt) + 1
    assert rounds > LETTER_CALLS
    assert sorted(row.offset for row in await rows_of(second, dead_letters)) == [
        2 * n + 1 for n in range(1, rounds + 1)
    ]
    await check(first, second)


class TurnedAway(Exception):
    """There is no more to read."""


class Pages:
    """A source that answers two announcements at a time, in their order, and ends the reading behind the last."""

    def __init__(self, said: list[Announcement]) -> None:
        self.said = said

    async def announcements_after(self, after: int, *_: float) -> list[tuple[int, Announcement]]:
        if after >= len(self.said):
            raise TurnedAway
        return list(enumerate(self.said, start=1))[after : after + 2]


async def test_hearing_without_a_broker_may_die_anywhere(street):
    first, second, _ = street
    source = Pages([])

    async def read() -> None:
        with suppress(TurnedAway):
            await PollingConsumer(second, "ingest", source)._lead()

    async def attempt(n: int, fuse: Fuse) -> None:
        one, other = await told(first, f"A{n}", "1.00", "2.00"), await told(first, f"B{n}", "1.00")
        source.said += [one[0], *other, one[1]]
        await eventually(lambda: _nobody_reads(second))
        with fused(second.database, fuse), suppress(Crash):
            await read()
        await eventually(lambda: _nobody_reads(second))
        await read()
        assert [(await state_of(second, f"{name}{n}")).count for name in "AB"] == [2, 1]

    assert await at_every_point(attempt) >= POLLING_CALLS
    [place] = await rows_of(second, hearing)
    assert place.position == len(source.said)
    await check(first, second)


async def _nobody_reads(house: House[Purse]) -> bool:
    """The lock of a reader that died goes with its connection, a moment later."""
    lock = func.hashtextextended("forbear hearing ingest", 0)
    async with house.database.answering() as connection, connection.begin():
        return bool((await connection.execute(select(func.pg_try_advisory_xact_lock(lock)))).scalar_one())


async def test_pulling_may_die_anywhere(street):
    first, second, peer = street

    async def pull() -> None:
        puller = Pull(second, {"ingest": peer})
        await puller.audit()
        await puller.close_gaps()

    async def attempt(n: int, fuse: Fuse) -> None:
        late, lost = await told(first, f"A{n}", "1.00", "2.00", "4.00"), await told(first, f"B{n}", "1.00", "2.00")
        await apply(second, messages(second, [late[2], lost[0]]))
        with fused(second.database, fuse), suppress(Crash):
            await pull()
        await pull()
        assert [(await state_of(second, f"{name}{n}")).count for name in "AB"] == [3, 2]

    assert await at_every_point(attempt) >= PULL_CALLS
    await check(first, second)


EDITED = b'{"payment_id":"P","loan_id":"L1","amount":"12.00","value_on":"2025-01-01","kind":"repayment"}'
DEEDS = {
    "released": (lambda house, id_: release(house, id_, BECAUSE), Purse(Decimal("16.00"), 3)),
    "discarded": (lambda house, id_: discard(house, id_, BECAUSE), Purse(Decimal("3.00"), 2)),
    "replaced": (
        lambda house, id_: release_edited(house, id_, "PaymentReceived", EDITED, BECAUSE), Purse(Decimal("15.00"), 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
async def test_what_an_operator_does_about_a_parked_item_may_die_anywhere(street, deed):
    first, second, peer = street
    act, expected = DEEDS[deed]
    mended = replace(second, decide=lambda state, fact, context: [])

    async def attempt(n: int, fuse: Fuse) -> None:
        await apply(second, messages(second, await told(first, f"A{n}", "1.00", "13.00", "2.00")))
        [item] = await rows_of(second, parked)
        with fused(second.database, fuse), suppress(Crash):
            await act(mended, item.id)
            await Pull(mended, {"ingest": peer}).close_gaps()
        await act(mended, item.id)
        await Pull(mended, {"ingest": peer}).audit()
        await Pull(mended, {"ingest": peer}).close_gaps()
        assert await state_of(second, f"A{n}") == expected
        assert not await rows_of(second, parked)
        assert not await rows_of(second, gaps)
        acts = [row for row in await rows_of(second, operator_acts) if row.item_id == item.id]
        assert [row.act for row in acts] == [deed]

    assert await at_every_point(attempt) >= ACT_CALLS[deed]
    assert await has_heard_all(second, first)
    await check_chains(second)
