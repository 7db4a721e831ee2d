"""Keeps one profile's processes running: `python -m deploy.local.supervisor <folder>`, detached, one per profile."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from deploy.local.account import PostgresUnavailable
from deploy.local.kafka import KafkaUnavailable
from deploy.local.plan import Step, draw_plan, write_service_tokens
from deploy.local.processes import Process
from deploy.local.profile import Profile, load_profile
from deploy.local.record import Entry, Lock, Record, created_at
from deploy.local.tokens import RENEW_SECONDS

TICK_SECONDS = 0.2
BACKOFF_SECONDS_MIN = 1.0
BACKOFF_SECONDS_MAX = 30.0
# One that has answered for this long has recovered: its next failure waits the shortest time again.
RECOVERED_SECONDS = 60.0
LOCK = "supervisor.lock"
LOCK_SECONDS = 5.0


@dataclass(slots=True)
class Ward:
    """One step under supervision. *failures* counts those in a row, *restarts* all of them."""

    step: Step
    process: Process
    state: str = "waiting"
    reason: str = ""
    failures: int = 0
    restarts: int = 0
    retry_at: float = 0.0
    ready_since: float | None = None
    was_ready: bool = False

    def tick(self, now: float, there: set[str]) -> None:
        """Take it one step on, without waiting for anything."""
        if self.is_due(now, there):
            self.begin(now)
        elif self.state in ("starting", "running"):
            self.watch(now)

    def is_due(self, now: float, there: set[str]) -> bool:
        """Whether it is to be started now."""
        if self.state == "waiting":
            return there.issuperset(self.step.after)
        return self.state == "restarting" and now >= self.retry_at

    def begin(self, now: float) -> None:
        """Start it, or note why that cannot be."""
        try:
            if self.step.prepare is not None:
                self.step.prepare()
            self.process.spawn()
        except (OSError, KafkaUnavailable, PostgresUnavailable) as error:
            self.fall(now, str(error))
        else:
            self.state = "starting"

    def watch(self, now: float) -> None:
        """See whether it ended, and whether it answers by now."""
        if self.process.pid is None:
            self.note_end(now)
        elif self.state == "starting" and not self.step.once and self.process.program.is_ready():
            self.state, self.reason, self.ready_since, self.was_ready = "running", "", now, True
        elif self.ready_since is not None and now - self.ready_since > RECOVERED_SECONDS:
            self.failures = 0

    def note_end(self, now: float) -> None:
        """It ended: as it should if it runs once, otherwise to be started again."""
        status = self.process.exit_status
        self.process.kill()
        if self.step.once and status == 0:
            self.state, self.reason, self.was_ready = "done", "", True
        else:
            self.fall(now, f"ended with {describe_status(status)}")

    def fall(self, now: float, reason: str) -> None:
        """Plan the next attempt, later after each failure in a row."""
        wait = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS_MIN * 2 ** min(self.failures, 10))
        self.failures += 1
        self.restarts += 1
        self.state, self.reason, self.retry_at, self.ready_since = "restarting", reason, now + wait, None

    def entry(self) -> Entry:
        """What the record says about it."""
        pid = self.process.pid
        created = created_at(pid) if pid is not None else None
        return Entry(
            self.step.name, pid, created, self.step.program.port, self.state, self.restarts, self.reason,
            str(self.process.log), self.step.once,
        )  # fmt: skip


class Supervisor:
    """Starts a profile's plan, restarts what dies, and stops it all on request."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.record = Record(profile.folder)
        self.notice: str | None = None
        self.wards: list[Ward] = []
        self.is_asked_to_stop = False
        self._renewed_at = 0.0
        self._written: tuple[Entry, ...] | None = None

    def listen(self) -> None:
        """SIGTERM and SIGINT end it at the next tick; SIGUSR1 means that somebody waits."""
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, self._ask_to_stop)
        signal.signal(signal.SIGUSR1, self._hurry)

    def run(self) -> None:
        """Supervise until asked to stop; then stop everything."""
        plan = draw_plan(self.profile)
        self.notice = plan.notice
        self.wards = [Ward(step, Process(step.program, self.profile.log_of(step.name))) for step in plan.steps]
        try:
            while not self.is_asked_to_stop:
                self.tick()
                time.sleep(TICK_SECONDS)
        finally:
            self.stop()

    def tick(self) -> None:
        """Take every ward one step on, and write down what changed."""
        self._renew_tokens(time.time())
        there = {ward.step.name for ward in self.wards if ward.was_ready}
        for ward in self.wards:
            ward.tick(time.monotonic(), there)
        self._write()

    def stop(self) -> None:
        """End everybody: first those who use the stores, all at once, then the stores."""
        for stores in (False, True):
            group = [ward for ward in self.wards if ward.step.is_store is stores]
            for ward in group:
                ward.process.ask_to_stop()
            deadline = time.monotonic() + max(ward.step.program.stop_seconds for ward in group)
            for ward in group:
                ward.process.wait_end(deadline - time.monotonic())
                ward.state = "stopped"
            self._write()

    def _ask_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.is_asked_to_stop = True

    def _hurry(self, _signal: int, _frame: FrameType | None) -> None:
        for ward in self.wards:
            ward.retry_at = 0.0

    def _renew_tokens(self, now: float) -> None:
        """Write the houses' tokens anew in good time; by the wall clock, which goes on while a machine sleeps."""
        if 0 <= now - self._renewed_at < RENEW_SECONDS:
            return
        try:
            write_service_tokens(self.profile)
            self._renewed_at = now
        except OSError as error:  # as below: the next tick tries again, and the tokens last for five more attempts
            print(f"the houses' tokens cannot be written: {error}", file=sys.stderr)

    def _write(self) -> None:
        entries = tuple(ward.entry() for ward in self.wards)
        if entries == self._written:
            return
        try:
            self.record.write(entries, self.notice)
            self._written = entries
        except OSError as error:  # a full disk is no reason to stop what runs; the next tick tries again
            print(f"the record cannot be written: {error}", file=sys.stderr)


def describe_status(status: int | None) -> str:
    """An exit status as an operator reads it."""
    if status is not None and status < 0:
        return f"signal {signal.Signals(-status).name}"
    return f"status {status}"


def main(folder: Path) -> int:
    """Supervise the profile in *folder*, unless somebody does already."""
    profile = load_profile(folder)
    supervisor = Supervisor(profile)
    supervisor.listen()
    lock = Lock(folder / LOCK)  # given back by the kernel when this process is gone, and not before
    if not lock.take(LOCK_SECONDS):
        return 0
    try:
        supervisor.run()
    except (PostgresUnavailable, OSError, subprocess.SubprocessError) as reason:
        supervisor.record.write((), None, failure=str(reason))
        raise
    return 0


def detach() -> None:
    """Leave whoever started us: in a session of our own, a child of nobody who might wait."""
    if os.fork():
        os._exit(0)
    os.setsid()


if __name__ == "__main__":
    detach()
    sys.exit(main(Path(sys.argv[1])))
