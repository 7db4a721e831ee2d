"""Time that came due: everybody is woken once, and who cannot move keeps nobody waiting."""

import asyncio
from dataclasses import replace

import pytest

from shared.database.tables import journal
from shared.events import Wake
from shared.fold import Heard, Request, apply
from shared.timers import BATCH, Timers
from tests.shared.street import a_house, check_chains, check_folds, eventually, rows_of, running, state_of
from tests.shared.toy import RingAt, evolve, soon, speaker

pytestmark = pytest.mark.postgres


async def ring(house, keys, seconds: float = -1) -> None:
    await apply(house, [Heard(key, RingAt(soon(seconds)), Request("tests")) for key in keys])


async def has_rung(house, key: str) -> bool:
    return (await state_of(house, key)).rung > 0


async def test_two_instances_share_the_waking_and_each_is_woken_once(databases):
    async with a_house(databases, speaker) as house:
        await ring(house, [f"C{number:04}" for number in range(BATCH + 100)])
        await asyncio.gather(*(Timers(house).wake_all() for _ in range(3)))
        wakes = [row for row in await rows_of(house, journal) if b"Wake" in row.body]
        assert len(wakes) == BATCH + 100
        await check_chains(house)
        await check_folds(house)


async def test_who_is_not_due_sleeps_on(databases):
    async with a_house(databases, speaker) as house:
        await ring(house, ["LATER"], seconds=3600)
        await ring(house, ["NOW"])
        async with running(Timers(house)):
            await eventually(lambda: has_rung(house, "NOW"))
        assert not await has_rung(house, "LATER")


def stays_asleep(state, fact):
    """A subject with a full purse waits for something else: its wake moves nothing."""
    return state if isinstance(fact, Wake) and state.padding else evolve(state, fact)


async def test_a_crowd_that_cannot_move_keeps_nobody_behind_it_waiting_and_leaves_no_trace(databases):
    async with a_house(databases, speaker) as house:
        stuck = replace(house, evolve=lambda state, fact: replace(stays_asleep(state, fact), padding="x"))
        crowd = [f"C{number:04}" for number in range(BATCH + 10)]
        await ring(stuck, crowd, seconds=-60)
        await ring(house, ["BEHIND"])
        before = len(await rows_of(house, journal))
        patient = replace(house, evolve=stays_asleep)
        async with running(Timers(patient)):
            await eventually(lambda: has_rung(house, "BEHIND"))
        assert len(await rows_of(house, journal)) == before + 1
        assert not await has_rung(house, "C0000")
