"""The sender killed at every statement, commit and call: nothing is sent twice, and nothing is lost silently."""

import asyncio
import contextlib

import pytest

from tests.contact.crashes import Crash, CrashingDatabase, CrashingGateway, Fuse
from tests.contact.desk import Shop, open_attempts, settle_down, taken

pytestmark = pytest.mark.postgres
CRASH_POINTS_MAX = 150


async def crash_at(n: int, shop: Shop, gateways) -> tuple[bool, list[str]]:
    """Send two attempts in a process that dies at its *n*th point; whether it did, and the attempts."""
    ids = [await shop.reserve(), await shop.reserve("email", "smtp")]
    fuse = Fuse(n)
    crashing = {name: CrashingGateway(gateway, fuse) for name, gateway in gateways.items()}
    sender = shop.sender(crashing, CrashingDatabase(shop.house.database, fuse))
    with contextlib.suppress(Crash):
        await settle_down(sender, rounds=2)
    for call in sender._calls:
        call.cancel()
    await asyncio.gather(*sender._calls, return_exceptions=True)
    return fuse.is_burnt, ids


async def test_wherever_the_process_dies_nothing_is_sent_twice_and_nothing_is_lost_silently(
    shop, gateways, sandbox, mailbox
):
    for n in range(CRASH_POINTS_MAX):
        crashed, ids = await crash_at(n, shop, gateways)
        await shop.age()
        await settle_down(shop.sender(gateways), rounds=2)
        reached = await taken(sandbox, mailbox)
        assert await open_attempts(shop) == 0, f"at point {n}"
        for attempt_id in ids:
            row = await shop.attempt(attempt_id)
            told = [name for name, _ in await shop.notes(row["key"])]
            where = f"at point {n}: {row['provider']} {row['state']} {told}"
            assert row["reported"], where
            assert reached[row["reference"]] <= 1, where
            assert told == expected_notes(row, reached[row["reference"]]), where
        if not crashed:
            return
    raise AssertionError("there are more points than were tried")


def expected_notes(row, reached: int) -> list[str]:
    """What the story is told: once how it came out, and once more when an unclear one is settled."""
    if row["state"] == "unknown":  # nobody could say: it may or may not have gone out
        assert row["provider"] == "smtp" or reached == 0
        return ["NoteUnclear"]
    assert (row["state"], reached) == ("accepted", 1)
    return ["NoteUnclear", "NoteSettled"] if row["settled_by"] else ["NoteAccepted"]
