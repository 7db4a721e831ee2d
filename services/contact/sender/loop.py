"""The fourth door: hands reserved attempts to their providers, once or not at all, and reports what came of it.

An attempt is written down as `sending` before its provider is called, and never called again whatever happens then.
How a call came out is written on its row first and told to the borrower's story second, as often as it takes.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.contact.gateways import Bucket, Gateway, Unclear
from services.contact.sender.ready import Ready, closing_of, made_ready, sift
from services.contact.store import attempts as store
from services.contact.store.attempts import CALL_SECONDS_MAX, START_SECONDS_MAX, Attempt, Closing, Pending
from services.contact.store.messages import Composer, Message
from services.contact.store.receipts import sweep_receipts, take_up
from services.contact.store.replies import sweep_texts
from services.contact.store.reports import heard_of
from services.contact.store.switches import read_switches, share_lock
from services.contact.store.vault import sweep
from shared.clock import ticks
from shared.database import wait_out
from shared.fold import Applied, House, Replayed, apply
from shared.ids import new_id
from shared.refusal import Refusal

CALLS_AT_ONCE_MAX: Final = 8
LEASED_AT_ONCE_MAX: Final = 32
LOOK_SECONDS: Final = 0.05
LINGER_SECONDS: Final = 0.02
IDLE_SECONDS: Final = 0.25
TIDY_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 1.0
TELL_SECONDS: Final = 0.25
SWEEP_SECONDS: Final = 600.0
STOP_SECONDS_MAX: Final = START_SECONDS_MAX + CALL_SECONDS_MAX

log = logging.getLogger("forbear.sender")


class Sender:
    """One of any number of senders that share the attempts of this house."""

    def __init__(self, house: House[Any], gateways: Mapping[str, Gateway], composer: Composer) -> None:
        self._house, self._gateways, self._composer = house, gateways, composer
        self._owner = str(new_id())
        self._buckets = {name: Bucket(one.capabilities.rate_per_second) for name, one in gateways.items()}
        self._leased: list[Ready] = []
        self._calls: set[asyncio.Task[Closing]] = set()
        self._answered: list[Closing] = []
        self._resting: dict[str, float] = {}
        self._tidied_at = self._swept_at = self._told_at = -SWEEP_SECONDS

    async def run(self) -> None:
        """Send until cancelled; calls under way are then waited for, and what they came to is written down."""
        try:
            while True:
                await _whole(self._work_in_any_weather())
        except asyncio.CancelledError:
            await self._leave()
            raise

    async def _work_in_any_weather(self) -> None:
        beats = self._house.moved.beats
        try:
            begun = await self.work()
        except Exception as error:
            wait_out(error, log, "sending", IntegrityError)
            await asyncio.sleep(RETRY_SECONDS)
            return
        if not begun or len(self._calls) >= CALLS_AT_ONCE_MAX:
            await self._rest(beats)

    async def work(self) -> int:
        """One round: write down what was answered, begin what can be begun, tell what is not told; how many began.

        While there is more to begin, what came of it is told four times a second: the stories hear it together.
        """
        if ticks() - self._tidied_at >= TIDY_SECONDS:
            await self._tidy()
        begun, pending = await self._go_on()
        if pending.to_lease:
            await self._lease()
            more, _ = await self._go_on()
            begun += more
        if pending.to_tell and (not self._calls or ticks() - self._told_at >= TELL_SECONDS):
            await self._report()
        return begun

    async def finish(self) -> None:
        """Wait for the calls under way, write down what they came to, and tell it."""
        if self._calls:
            await asyncio.wait(self._calls)
        await self._write_down()
        await self._report()

    async def _leave(self) -> None:
        if self._calls:
            await asyncio.wait(self._calls, timeout=STOP_SECONDS_MAX)
        with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
            await self._write_down()
        for gateway in self._gateways.values():
            await gateway.close()

    async def _rest(self, beats: int) -> None:
        """Until a call is answered or something was reserved here, or until it is time to look what others reserved."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=LINGER_SECONDS)  # so that a round has more than one answer
            await asyncio.wait(self._calls, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        else:
            await self._house.moved.after(beats, LOOK_SECONDS if self._leased else IDLE_SECONDS)

    async def _write_down(self) -> None:
        self._take_answers()
        async with self._house.database.begin() as connection:
            await store.close(connection, self._owner, self._answered)
        self._answered = []

    def _take_answers(self) -> None:
        """Calls that are over make room for others; what they came to is forgotten only once it is committed."""
        done = {call for call in self._calls if call.done()}
        self._answered += [call.result() for call in done if not call.cancelled()]
        self._calls -= done

    async def _tidy(self) -> None:
        async with self._house.database.begin() as connection:
            await store.drop_withdrawn(connection)
            await store.tidy(connection)
            await take_up(connection)
            unclear = await store.due_look_ups(connection, self._able_to_look_up())
            if ticks() - self._swept_at >= SWEEP_SECONDS:
                await sweep(connection)
                await sweep_receipts(connection)
                await sweep_texts(connection)
                self._swept_at = ticks()
        for attempt in unclear:
            await self._look_up(attempt)
        self._tidied_at = ticks()

    def _able_to_look_up(self) -> list[str]:
        return [name for name, gateway in self._gateways.items() if gateway.capabilities.looks_up]

    async def _look_up(self, attempt: Attempt) -> None:
        """What the provider holds under our reference settles an unclear attempt; finding nothing proves nothing."""
        try:
            found = await self._gateways[attempt.provider].look_up(attempt.reference)
        except Exception as error:
            log.exception("a gateway raised", extra={"error": type(error).__name__})
            return
        if found is not None:
            async with self._house.database.begin() as connection:
                await store.settle(connection, attempt.attempt_id, "accepted", "look-up", found.provider_ref)

    async def _go_on(self) -> tuple[int, Pending]:
        """In one transaction: write down what was answered and begin what has a slot; then make the calls."""
        self._take_answers()
        chosen, started_at = self._chosen(), ticks()
        async with self._house.database.begin() as connection:
            await store.close(connection, self._owner, self._answered)
            going = await self._begin(connection, chosen) if chosen else set[str]()
            pending = await store.pending(connection, self._owner, self._busy(chosen))
        self._answered = []
        self._leased = [one for one in self._leased if one not in chosen]
        for one in chosen:
            if one.attempt.attempt_id in going:
                self._buckets[one.attempt.provider].take(1)
                self._calls.add(asyncio.create_task(self._call(one, started_at)))
        return len(going), pending

    def _chosen(self) -> list[Ready]:
        """Of what is leased, the oldest that have a slot and a token of their provider."""
        free = CALLS_AT_ONCE_MAX - len(self._calls)
        tokens = {name: bucket.ready() for name, bucket in self._buckets.items()}
        chosen: list[Ready] = []
        for one in self._leased:
            if len(chosen) < free and tokens[one.attempt.provider] > 0:
                tokens[one.attempt.provider] -= 1
                chosen.append(one)
        return chosen

    def _busy(self, leaving: Sequence[Ready] = ()) -> list[str]:
        """The providers for which something is still leased, once *leaving* are gone."""
        return list({one.attempt.provider for one in self._leased if one not in leaving})

    async def _begin(self, connection: AsyncConnection, chosen: Sequence[Ready]) -> set[str]:
        """Under the lock of the kill switch: which of *chosen* are `sending` from the commit on."""
        await share_lock(connection)
        thrown = await read_switches(connection)
        now = await self._house.clock.read(connection)
        wanted, stopped = sift(chosen, thrown, now)
        await store.close(connection, self._owner, stopped)
        return await store.begin(connection, self._owner, [one.written for one in wanted])

    async def _lease(self) -> None:
        """Make ready what to send next, for every provider for which nothing is."""
        ready, refused = await self._claim(LEASED_AT_ONCE_MAX)
        self._leased += ready
        self._answered += refused

    async def _claim(self, most: int) -> tuple[list[Ready], list[Closing]]:
        """What is ours to send next, up to *most* of each provider; and what cannot be sent at all."""
        async with self._house.database.begin() as connection:
            await store.drop_withdrawn(connection)
            stray = await store.claim(connection, self._owner, list(self._gateways), most, known=False)
            refused = [Closing(one.attempt_id, "rejected", "provider-error") for one in stray]
            claimed: list[Attempt] = []
            for name in self._gateways.keys() - self._busy():
                claimed += await store.claim(connection, self._owner, [name], most)
            messages = await self._composer.compose(connection, claimed) if claimed else {}
        ready = []
        for attempt in claimed:
            message = messages[attempt.attempt_id]
            if isinstance(message, Message):
                ready.append(made_ready(attempt, message))
            else:
                refused.append(Closing(attempt.attempt_id, "rejected", message))
        return ready, refused

    async def _call(self, one: Ready, started_at: float) -> Closing:
        """The one call of an attempt: now, or not at all."""
        if ticks() - started_at > START_SECONDS_MAX:
            return Closing(one.attempt.attempt_id, "cancelled", "late")
        gateway = self._gateways[one.attempt.provider]
        try:
            async with asyncio.timeout(min(CALL_SECONDS_MAX, gateway.capabilities.timeout_seconds)):
                result = await gateway.send(one.message)
        except TimeoutError:
            result = Unclear("timeout")
        except Exception as error:
            log.exception("a gateway raised", extra={"error": type(error).__name__})
            result = Unclear("connection-lost")
        return closing_of(one.attempt.attempt_id, result)

    async def _report(self) -> None:
        """Tell each borrower's story what came of its attempts; told twice, it is answered as the first time."""
        self._resting = {id_: until for id_, until in self._resting.items() if until > ticks()}
        async with self._house.database.begin() as connection:
            rows = await store.list_unreported(connection, list(self._resting))
        if not rows:
            return
        outcomes = await apply(self._house, [heard_of(row) for row in rows])
        told = []
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, Applied | Replayed | Refusal):
                told.append(row)
            else:
                self._resting[row.attempt_id] = ticks() + RETRY_SECONDS
            if isinstance(outcome, Refusal):
                log.error("the story of a borrower refuses an outcome", extra={"reason_code": outcome.code})
        async with self._house.database.begin() as connection:
            await store.mark_reported(connection, told)
        self._told_at = ticks()
        self._house.moved.beat()


async def _whole(round_: Coroutine[Any, Any, None]) -> None:
    """Finish a round that was begun, even when cancelled in the middle: what is `sending` must be called."""
    task = asyncio.ensure_future(round_)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=STOP_SECONDS_MAX)
        raise
