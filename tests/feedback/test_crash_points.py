"""Feedback killed between any two calls at its doors, the vault's step included, and when its time comes due."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.feedback.timers import Sweeper
from shared.events import LoanOpened, PaymentReceived
from shared.timers import Timers
from tests.feedback.living import Feedback, living_feedback
from tests.feedback.street import promise
from tests.harness import Databases
from tests.shared.crash import Crash, Fuse, at_every_point, fused

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

NOW = datetime(2025, 2, 2, 1, tzinfo=UTC)
JUDGED = datetime(2025, 2, 6, 4, tzinfo=UTC)
WORDS = "我失业了"
OPENED = LoanOpened("L1", "C1", "cash", "CNY", Decimal("600.00"), date(2025, 1, 1), jurisdiction="CN")


@pytest.fixture
async def feedback(databases: Databases, tmp_path) -> AsyncIterator[Feedback]:
    async with living_feedback(databases, tmp_path, NOW) as feedback:
        yield feedback


async def tell(feedback: Feedback, path: str, key: str, **body) -> dict:
    answer = await feedback.client.post(path, body, **{"Idempotency-Key": key})
    assert answer.status_code == 201, answer.text
    return answer.json()


# What is told, how many words are sealed of it, what follows, and how many calls that takes: none is left out unseen.
TOLD = {
    "a promise, without words": (
        lambda n: [("/v1/promises", f"p{n}", {"customer_id": f"C{n}", **promise(f"P{n}")})], 0, ["PromiseMade"], 20,
    ),
    "a complaint, in words": (
        lambda n: [
            ("/v1/complaints", f"k{n}",
             {"customer_id": f"C{n}", "complaint_id": f"K{n}", "category": "hours", "text": WORDS}),
        ],
        1, ["ComplaintRaised"], 34,
    ),
    "a hardship, its cause, and the evidence by which it is confirmed": (
        lambda n: [
            ("/v1/hardship-claims", f"h{n}",
             {"customer_id": f"C{n}", "claim_id": f"H{n}", "cause": "illness", "horizon": "short", "text": WORDS}),
            (f"/v1/hardship-claims/H{n}/decision", f"d{n}",
             {"customer_id": f"C{n}", "decision": "confirmed", "horizon": "short", "evidence": WORDS}),
        ],
        2, ["HardshipClaimed", "HardshipConfirmed"], 60,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("told", "sealed", "said", "calls"), TOLD.values(), ids=TOLD)
async def test_what_a_borrower_says_is_taken_once_wherever_the_process_dies(feedback, told, sealed, said, calls):
    async def ask(n: int) -> list[dict]:
        return [await tell(feedback, path, key, **body) for path, key, body in told(n)]

    async def attempt(n: int, fuse: Fuse) -> None:
        key = f"C{n}"
        await feedback.hears(key, NOW, OPENED)
        with fused(feedback.house.database, fuse), suppress(Crash):
            await ask(n)
        half = await feedback.types_said(key)
        assert half == said[: len(half)]
        assert len(await uses(feedback, key)) <= len(half), "no words are taken up that nothing came of"
        assert await ask(n) == await ask(n)
        assert await feedback.types_said(key) == said
        texts = (await feedback.client.get(f"/v1/customers/{key}/texts"))["items"] if sealed else []
        assert len(texts) == len(await uses(feedback, key)) == sealed
        assert all(WORDS in one["words"].values() for one in texts)

    assert await at_every_point(attempt) >= calls
    await feedback.check()


async def uses(feedback: Feedback, key: str) -> list:
    return await feedback.client.sql("select * from text_uses where key = $1", key)


async def test_promises_are_judged_once_wherever_the_process_dies(feedback):
    feedback.sources["ingest"].business_date = date(2025, 2, 6)

    async def attempt(n: int, fuse: Fuse) -> None:
        kept, broken = f"A{n}", f"B{n}"
        await feedback.set_clock(NOW)
        for key in (kept, broken):
            await feedback.hears(key, NOW, OPENED)
            await tell(feedback, "/v1/promises", key, customer_id=key, **promise(f"P-{key}"))
        paid = PaymentReceived(f"M{n}", "L1", Decimal("100.00"), date(2025, 2, 4), "repayment")
        await feedback.hears(kept, NOW, paid)
        await feedback.set_clock(JUDGED)
        with fused(feedback.house.database, fuse), suppress(Crash):
            await Timers(feedback.house).wake_all()
        await Timers(feedback.house).wake_all()
        assert await feedback.types_said(kept) == ["PromiseMade", "PromiseKept"]
        assert await feedback.types_said(broken) == ["PromiseMade", "PromiseBroken"]

    assert await at_every_point(attempt) >= 32
    await feedback.check()


async def test_texts_that_nobody_took_up_are_swept_wherever_the_process_dies(feedback):
    sweeper = Sweeper(feedback.house.database)

    async def attempt(n: int, fuse: Fuse) -> None:
        key = f"C{n}"
        for command in ("first", "again"):  # the second is a repeat under another key: nothing comes of its words
            body = {"customer_id": key, "complaint_id": f"K{n}", "category": "hours", "text": WORDS}
            await tell(feedback, "/v1/complaints", f"{command}-{n}", **body)
        await feedback.client.sql("update texts set written_at = now() - interval '25 hours'")
        with fused(feedback.house.database, fuse), suppress(Crash):
            await sweeper._sweep()
        await sweeper._sweep()
        assert len(await feedback.client.sql("select * from texts")) == n

    assert await at_every_point(attempt) >= 4
