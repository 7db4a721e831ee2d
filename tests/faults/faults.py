"""What may befall a running street: who is struck and how, and how long the street takes to be itself again."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import httpx

from deploy.local.databases import HOUSES
from deploy.local.lifecycle import status, supervisor_of
from deploy.local.profile import Profile
from deploy.local.tokens import make_token

Kind = Literal["killed", "restarted", "stopped", "immediate", "frozen"]

RECOVERY_SECONDS_MAX: Final = 30.0
STOPPED_SECONDS: Final = 60.0
FROZEN_SECONDS: Final = 15.0
"""Longer than the houses' Kafka session of ten seconds."""
DELAY_SECONDS_MAX: Final = 0.6
LOOK_SECONDS: Final = 0.1
GIVE_UP_SECONDS: Final = 180.0
HELD_FOR: Final = {"kafka": "controller"}
"""The port that keeps a process from starting, where it is not the one that bears its name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """*victim* is struck once so many facts are posted, *delay_seconds* after the next ones go out."""

    facts: int
    victim: str
    kind: Kind
    delay_seconds: float


@dataclass
class Faults:
    """Strikes what runs as *profile*, and writes down how long each recovery took."""

    profile: Profile
    recoveries: list[dict[str, Any]] = field(default_factory=list)

    async def strike(self, fault: Fault) -> None:
        """Let *fault* happen, wait until it is over and its effects are gone, and say how long that took."""
        await asyncio.sleep(fault.delay_seconds)
        await STRIKES[fault.kind](self, fault.victim)
        seconds = await self.recovery()
        told = {"fault": fault.kind, "victim": fault.victim, "facts": fault.facts, "recovered_s": round(seconds, 2)}
        self.recoveries.append(told)
        print(json.dumps(told), flush=True)  # noqa: T201  for whoever watches

    async def recovery(self) -> float:
        """Seconds until all processes run, all houses are ready, and all that was said by then is heard by all."""
        began = time.monotonic()
        await self._until(began, self._all_ready)
        said = {house: state["said"] for house, state in (await self._standing()).items()}
        await self._until(began, lambda: self._has_heard(said))
        return time.monotonic() - began

    def pid(self, name: str) -> int:
        """The process that is *name* now."""
        return next(row["pid"] for row in _rows(self.profile) if row["name"] == name and row["pid"] is not None)

    def restarts(self) -> dict[str, int]:
        """How often each process was started again."""
        return {row["name"]: row["restarts"] for row in _rows(self.profile)}

    async def _until(self, began: float, is_so: Callable[[], Any]) -> None:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if await is_so():
                    return
            assert time.monotonic() < began + GIVE_UP_SECONDS, f"not recovered: {_rows(self.profile)}"
            await asyncio.sleep(LOOK_SECONDS)

    async def _all_ready(self) -> bool:
        if not all(row["state"] == "running" for row in _rows(self.profile)):
            return False
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            answers = [await client.get(f"http://127.0.0.1:{self.profile.ports[one]}/readyz") for one in HOUSES]
        return all(answer.status_code == httpx.codes.OK for answer in answers)

    async def _has_heard(self, said: Mapping[str, int]) -> bool:
        standing = await self._standing()
        return all(
            heard + state["set_aside"][source] >= said[source]
            for state in standing.values()
            for source, heard in state["heard"].items()
        )

    async def _standing(self) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {make_token(self.profile.keys)}"}
        found = {}
        async with httpx.AsyncClient(timeout=5, trust_env=False, headers=headers) as client:
            for house in HOUSES:
                answer = await client.get(f"http://127.0.0.1:{self.profile.ports[house]}/v1/quiet")
                found[house] = answer.raise_for_status().json()
        return found


async def _killed(faults: Faults, victim: str) -> None:
    os.kill(faults.pid(victim), signal.SIGKILL)
    await _until_gone(faults, victim)


async def _restarted(faults: Faults, victim: str) -> None:
    """Asked to end; whoever supervises it starts it again."""
    os.kill(faults.pid(victim), signal.SIGTERM)
    await _until_gone(faults, victim)


async def _immediate(faults: Faults, victim: str) -> None:
    """As if the power had failed: PostgreSQL's immediate mode."""
    os.kill(faults.pid(victim), signal.SIGQUIT)
    await _until_gone(faults, victim)


async def _stopped(faults: Faults, victim: str) -> None:
    """Away for a minute: a port that it needs is taken, and not the one that its clients ask."""
    before = faults.pid(victim)
    os.kill(before, signal.SIGTERM)
    async with taken_port(faults.profile.ports[HELD_FOR.get(victim, victim)]):
        await asyncio.sleep(STOPPED_SECONDS)
        assert not any(row["name"] == victim and row["state"] == "running" for row in _rows(faults.profile))
    hurry(faults.profile)


@contextlib.asynccontextmanager
async def taken_port(port: int) -> AsyncIterator[None]:
    """Take *port* as soon as it is free, so that whoever needs it cannot start."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        await _until(lambda: _listens(holder, port))
        yield


def hurry(profile: Profile) -> None:
    """Tell the supervisor that somebody waits: what is to be started again is started now."""
    supervisor = supervisor_of(profile)
    assert supervisor is not None
    os.kill(supervisor, signal.SIGUSR1)


async def _frozen(faults: Faults, victim: str) -> None:
    pid = faults.pid(victim)
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(FROZEN_SECONDS)
    finally:
        os.kill(pid, signal.SIGCONT)


STRIKES: Final = {
    "killed": _killed, "restarted": _restarted, "stopped": _stopped, "immediate": _immediate, "frozen": _frozen,
}  # fmt: skip


async def _until_gone(faults: Faults, victim: str) -> None:
    """Until the supervisor has seen the end: what runs from now on is not what was struck."""
    before = faults.restarts()[victim]
    await _until(lambda: faults.restarts()[victim] > before or not _is_running(faults, victim))


def _is_running(faults: Faults, victim: str) -> bool:
    return any(row["name"] == victim and row["state"] == "running" for row in _rows(faults.profile))


def _listens(holder: socket.socket, port: int) -> bool:
    """A bound port could be shared by others who say so; one that is listened at cannot."""
    try:
        holder.bind(("127.0.0.1", port))
        holder.listen()
    except OSError:
        return False
    return True


async def _until(is_so: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110  what is awaited is another process
            await asyncio.sleep(0.02)


def _rows(profile: Profile) -> Sequence[Any]:
    rows: Sequence[Any] = status(profile)[0]["processes"]  # type: ignore[assignment]
    return rows


def plan_of(seed: int, facts: int, struck: Sequence[tuple[str, Kind]]) -> list[Fault]:
    """*struck* in an order and at moments that *seed* draws, between a twentieth and nine tenths of *facts*."""
    chance = random.Random(seed)
    order = list(struck)
    chance.shuffle(order)
    moments = sorted(chance.randrange(facts // 20, facts * 9 // 10) for _ in order)
    return [
        Fault(moment, victim, kind, chance.uniform(0, DELAY_SECONDS_MAX))
        for moment, (victim, kind) in zip(moments, order, strict=True)
    ]
