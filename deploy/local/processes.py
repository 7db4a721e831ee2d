"""One process of ours: started in a session of its own, logged to a file, never outliving the one who started it."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from deploy import ROOT
from deploy.local.account import Account

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
LOG_BYTES_MAX = 32 * 1024 * 1024
POLL_SECONDS = 0.05


class NotReady(Exception):
    """A process did not answer in the time it was given; says where its log is."""


def accepts(port: int) -> bool:
    """Whether somebody on this machine takes connections at *port*."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class Program:
    """What to run and how it ends: *stop_signal* asks, SIGKILL follows after *stop_seconds*.

    *death_signal* is what the kernel sends when the starter dies, SIGKILL included.
    """

    name: str
    argv: tuple[str, ...]
    port: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    is_ready: Callable[[], bool] = bool
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    death_signal: signal.Signals = signal.SIGKILL


class Process:
    """A program that runs, or ran; start it from the main thread, for the kernel ties its life to the thread."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The id of the process itself, None while it does not run."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    @property
    def exit_status(self) -> int | None:
        """How it ended: negative for a signal, None if it runs or never ran."""
        return None if self._child is None else self._child.poll()

    def spawn(self) -> None:
        """Start it and return at once; a process that runs is left alone."""
        if self.pid is not None:
            return
        self._child = None
        program, identity = self.program, self.program.account
        with self._open_log() as log:
            self._child = subprocess.Popen(
                program.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**inherited_environment(), **program.environment},
                cwd="/" if identity else ROOT,
                start_new_session=True,
                user=identity.uid if identity else None,
                group=identity.gid if identity else None,
                extra_groups=[] if identity else None,
                preexec_fn=_dies_with(os.getpid(), program.death_signal),  # noqa: PLW1509  one thread starts them all
            )

    def wait_ready(self, seconds: float) -> None:
        """Return when it answers.

        Raises:
            NotReady: it ended, or *seconds* passed.
        """
        deadline = time.monotonic() + seconds
        while not self.program.is_ready():
            if self.pid is None:
                raise NotReady(f"{self.program.name} ended with status {self.exit_status}; see {self.log}")
            if time.monotonic() > deadline:
                raise NotReady(f"{self.program.name} did not answer within {seconds:g} s; see {self.log}")
            time.sleep(POLL_SECONDS)

    def ask_to_stop(self) -> None:
        """Send the signal that this program takes as a request."""
        if (pid := self.pid) is not None:
            os.kill(pid, self.program.stop_signal)

    def kill(self) -> None:
        """End it and all of its session now, and reap it."""
        if self._child is None:
            return
        kill_group(self._child.pid)
        self._child.wait()

    def stop(self) -> None:
        """Ask, wait, and in the end insist."""
        self.ask_to_stop()
        self.wait_end(self.program.stop_seconds)

    def wait_end(self, seconds: float) -> None:
        """Wait for it to end by itself, at most *seconds*; then kill what is left."""
        if self._child is None:
            return
        try:
            self._child.wait(timeout=max(seconds, 0))
            kill_group(self._child.pid)  # what it may have left behind
        except subprocess.TimeoutExpired:
            self.kill()

    def _open_log(self) -> BinaryIO:
        """Append to the log; one that has grown past its limit becomes `.1` first."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_name(self.log.name + ".1"))
        return self.log.open("ab")


def kill_group(pid: int) -> None:
    """SIGKILL the session led by *pid*; no complaint if it is gone."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def inherited_environment() -> dict[str, str]:
    """Our own environment without what make left in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}


def _dies_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    """What the child does before it becomes the program; set after the change of user, which would clear it."""

    def tie() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)

    return tie
