"""The sender over real PostgreSQL and real providers: once, or not at all, and told as it was."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.contact.gateways import Accepted, Bucket, Outgoing, SandboxGateway
from services.contact.gateways.gateway import Capabilities
from services.contact.store import attempts as store
from services.contact.store.attempts import START_SECONDS_MAX
from shared.clock import ticks
from tests.contact.desk import open_attempts, settle_down, taken

pytestmark = pytest.mark.postgres


async def test_a_reserved_attempt_is_sent_once_written_down_and_told(shop, gateways, sandbox, mailbox):
    ids = [await shop.reserve(), await shop.reserve("email", "smtp")]
    sender = shop.sender(gateways)
    await settle_down(sender)
    for attempt_id in ids:
        row = await shop.attempt(attempt_id)
        assert (row["state"], row["reported"]) == ("accepted", True)
        assert all(row[name] for name in ("request_hash", "text_hash", "sending_at"))
        assert [name for name, _ in await shop.notes(row["key"])] == ["NoteAccepted"]
        assert (await taken(sandbox, mailbox))[row["reference"]] == 1
    [message] = await sandbox.recorded((await shop.attempt(ids[0]))["reference"])
    assert message["body"] == "Dear Li Si, Example Lender reminds you of CNY 100.00."


async def test_two_senders_share_the_attempts_and_none_is_sent_twice(shop, gateways, sandbox, mailbox):
    ids = [await shop.reserve() for _ in range(40)]
    senders = [shop.sender(gateways) for _ in range(2)]
    await asyncio.gather(*(settle_down(sender, rounds=8) for sender in senders))
    rows = [await shop.attempt(attempt_id) for attempt_id in ids]
    reached = await taken(sandbox, mailbox)
    assert {row["state"] for row in rows} == {"accepted"}
    assert [reached[row["reference"]] for row in rows] == [1] * 40
    assert len({row["leased_by"] for row in rows}) == 2


async def test_an_answer_that_never_came_is_unclear_and_settled_by_a_look_up(shop, gateways, sandbox, mailbox):
    await sandbox.faults(drop_reply=True)
    attempt_id = await shop.reserve()
    sender = shop.sender(gateways)
    await sender.work()
    await sender.finish()
    row = await shop.attempt(attempt_id)
    assert (row["state"], row["reason"]) == ("unknown", "timeout")
    await sandbox.faults()
    await settle_down(sender, rounds=2)
    row = await shop.attempt(attempt_id)
    assert (row["state"], row["settled_by"]) == ("accepted", "look-up")
    assert [name for name, _ in await shop.notes(row["key"])] == ["NoteUnclear", "NoteSettled"]
    assert (await taken(sandbox, mailbox))[row["reference"]] == 1


async def test_an_unclear_mail_stays_unclear_and_is_never_sent_again(shop, gateways, sandbox, mailbox):
    mailbox.drop_reply = True
    attempt_id = await shop.reserve("email", "smtp")
    sender = shop.sender(gateways)
    await settle_down(sender)
    mailbox.drop_reply = False
    await shop.age()
    await settle_down(sender)
    row = await shop.attempt(attempt_id)
    assert (row["state"], len(mailbox.mails)) == ("unknown", 1)


async def test_a_provider_that_is_not_there_rejects_and_a_new_attempt_may_follow(shop, sandbox, mailbox, gateways):
    nobody = {"sandbox": SandboxGateway("http://127.0.0.1:9", 1.0)}
    first = await shop.reserve(key="C1", contact_id="K-same")
    await settle_down(shop.sender(nobody), rounds=1)
    row = await shop.attempt(first)
    assert (row["state"], row["reason"]) == ("rejected", "not-connected")
    second = await shop.reserve(key="C1", contact_id="K-same")
    await settle_down(shop.sender(gateways), rounds=1)
    assert (await shop.attempt(second))["state"] == "accepted"


async def test_a_second_attempt_at_a_contact_that_was_handed_over_is_never_sent(shop, sandbox, mailbox, gateways):
    first = await shop.reserve(key="C1", contact_id="K-same")
    await settle_down(shop.sender(gateways), rounds=1)
    second = await shop.reserve(key="C1", contact_id="K-same")
    await settle_down(shop.sender(gateways), rounds=2)
    assert (await shop.attempt(first))["state"] == "accepted"
    row = await shop.attempt(second)
    assert (row["state"], row["reason"], row["sending_at"]) == ("rejected", "handed-over-already", None)
    assert (await taken(sandbox, mailbox))[row["reference"]] == 0


async def test_two_attempts_at_one_contact_begun_together_are_sent_once(shop, sandbox, mailbox, gateways):
    ids = [await shop.reserve(key="C1", contact_id="K-same") for _ in range(2)]
    await settle_down(shop.sender(gateways), rounds=2)
    rows = [await shop.attempt(attempt_id) for attempt_id in ids]
    assert [row["state"] for row in rows] == ["accepted", "rejected"]
    reached = await taken(sandbox, mailbox)
    assert [reached[row["reference"]] for row in rows] == [1, 0]


async def test_what_was_withdrawn_before_it_was_begun_is_not_sent(shop, sandbox, mailbox, gateways):
    attempt_id = await shop.reserve()
    await shop.sql("insert into withdrawals values ($1, now())", attempt_id)
    assert await open_attempts(shop) == 1
    await settle_down(shop.sender(gateways), rounds=2)
    assert await open_attempts(shop) == 0
    row = await shop.attempt(attempt_id)
    assert (row["state"], row["reason"]) == ("cancelled", "withdrawn")
    assert [name for name, _ in await shop.notes(row["key"])] == ["NoteWithdrawn"]
    assert (await taken(sandbox, mailbox))[row["reference"]] == 0


BROKEN = {
    "an address that was erased": ({"address_ref": "00000000-0000-8000-8000-000000000000"}, "address-invalid"),
    "no address": ({"address_ref": None}, "address-invalid"),
    "a template that is not there": ({"template": "gone"}, "rejected"),
    "another version of its template": ({"template_version": "2"}, "rejected"),
    "a language without a text": ({"language": "zh-CN"}, "rejected"),
    "a figure that is missing": ({"figures": b"{}"}, "rejected"),
    "a provider that is not there": ({"provider": "nobody"}, "provider-error"),
}


@pytest.mark.parametrize(("changed", "reason"), BROKEN.values(), ids=BROKEN)
async def test_what_cannot_be_made_is_rejected_before_any_call(shop, sandbox, mailbox, gateways, changed, reason):
    attempt_id = await shop.reserve(**changed)
    await settle_down(shop.sender(gateways), rounds=2)
    row = await shop.attempt(attempt_id)
    assert (row["state"], row["reason"], row["sending_at"]) == ("rejected", reason, None)
    assert [name for name, _ in await shop.notes(row["key"])] == ["NoteRejected"]
    assert (await taken(sandbox, mailbox))[row["reference"]] == 0


async def test_an_address_of_somebody_else_is_not_written_to(shop, gateways, sandbox, mailbox):
    other = await shop.attempt(await shop.reserve())
    attempt_id = await shop.reserve(address_ref=other["address_ref"])
    await settle_down(shop.sender(gateways), rounds=2)
    assert (await shop.attempt(attempt_id))["reason"] == "address-invalid"


async def test_a_call_that_could_not_start_in_time_is_not_made(shop, gateways, sandbox, mailbox):
    attempt_id = await shop.reserve()
    sender = shop.sender(gateways)
    ready, refused = await sender._claim(8)
    assert refused == []
    closing = await sender._call(ready[0], ticks() - START_SECONDS_MAX - 0.01)
    assert (closing.state, closing.reason) == ("cancelled", "late")
    row = await shop.attempt(attempt_id)
    assert (await taken(sandbox, mailbox))[row["reference"]] == 0


async def test_what_may_no_longer_be_sent_is_not_begun(shop, gateways, sandbox, mailbox):
    over, running = datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1)
    ids = [await shop.reserve(send_by=over), await shop.reserve(send_by=running)]
    await settle_down(shop.sender(gateways), rounds=1)
    late, sent = [await shop.attempt(attempt_id) for attempt_id in ids]
    assert (late["state"], late["reason"], sent["state"]) == ("cancelled", "late", "accepted")
    assert [name for name, _ in await shop.notes(late["key"])] == ["NoteMissedWindow"]


async def test_an_expired_lease_passes_to_the_next_sender_and_the_first_begins_nothing(shop, gateways):
    attempt_id = await shop.reserve()
    first, second = shop.sender(gateways), shop.sender(gateways)
    ready, _ = await first._claim(8)
    await shop.age()
    taken_over, _ = await second._claim(8)
    assert [one.attempt.attempt_id for one in taken_over] == [attempt_id]
    async with shop.house.database.begin() as connection:
        assert await store.begin(connection, first._owner, [one.written for one in ready]) == set()
        assert await store.begin(connection, second._owner, [one.written for one in taken_over]) == {attempt_id}


async def test_what_a_failed_round_had_leased_is_sent_in_the_next(shop, gateways):
    attempt_id = await shop.reserve()
    sender = shop.sender(gateways)
    await sender._claim(8)  # and the transaction that would begin it fails
    await settle_down(sender, rounds=1)
    assert (await shop.attempt(attempt_id))["state"] == "accepted"


MOVES = {
    "back to reserved": ("accepted", "reserved"), "from the end to sending": ("accepted", "sending"),
    "from unclear to sending": ("unknown", "sending"), "from accepted to unclear": ("accepted", "unknown"),
    "from sending to reserved": ("sending", "reserved"), "from cancelled to reserved": ("cancelled", "reserved"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), MOVES.values(), ids=MOVES)
async def test_no_statement_moves_an_attempt_backwards(shop, before, after):
    attempt_id = await shop.reserve(state=before, reason="timeout", request_hash=b"h", sending_at=datetime.now(UTC))
    await shop.sql("alter table attempts drop constraint attempts_not_begun_check")
    with pytest.raises(asyncpg.CheckViolationError, match="moves forward"):
        await shop.sql("update attempts set state = $2 where attempt_id = $1", attempt_id, after)


class CountingGateway:
    """Counts the calls that are under way."""

    name = "sandbox"
    capabilities = Capabilities(frozenset({"sms"}), looks_up=False, rate_per_second=1000)

    def __init__(self) -> None:
        self.now = self.most = 0

    async def send(self, _message: Outgoing) -> Accepted:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.05)
        self.now -= 1
        return Accepted("X")

    async def look_up(self, _reference: str) -> None:
        return None

    async def close(self) -> None:
        pass


async def test_at_most_eight_calls_are_under_way(shop):
    for _ in range(30):
        await shop.reserve()
    gateway = CountingGateway()
    task = asyncio.create_task(shop.sender({"sandbox": gateway}).run())
    async with asyncio.timeout(20):
        while await open_attempts(shop):  # noqa: ASYNC110  what is awaited is a row
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert gateway.most == 8


async def test_who_is_told_to_stop_finishes_the_calls_under_way_and_writes_them_down(shop):
    ids = [await shop.reserve() for _ in range(8)]
    gateway = CountingGateway()
    task = asyncio.create_task(shop.sender({"sandbox": gateway}).run())
    while not gateway.now:  # noqa: ASYNC110  what is awaited is a call
        await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    states = {(await shop.attempt(attempt_id))["state"] for attempt_id in ids}
    assert states <= {"accepted", "reserved"}
    assert "accepted" in states


def test_a_bucket_lets_through_what_its_rate_allows_and_no_more(monkeypatch):
    now = 100.0
    monkeypatch.setattr("services.contact.gateways.bucket.ticks", lambda: now)
    bucket = Bucket(10)
    assert bucket.ready() == 10
    bucket.take(10)
    assert bucket.ready() == 0
    now += 0.25
    assert bucket.ready() == 2
    now += 100
    assert bucket.ready() == 10
