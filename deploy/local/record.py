"""What a supervisor writes down about its processes, and how others know that it is still true."""

import fcntl
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import psutil

from deploy.local.secrets import write_private

LOOK_SECONDS = 0.05
# The kernel tells the start of a process relative to boot; steps of the system's clock move it a little.
SAME_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One process as last seen; *created* (seconds since 1970) tells it from a later one with the same number."""

    name: str
    pid: int | None
    created: float | None
    port: int | None
    state: str
    restarts: int
    reason: str
    log: str
    once: bool

    @property
    def is_alive(self) -> bool:
        """Whether that very process runs now."""
        if self.pid is None or self.created is None:
            return False
        created = created_at(self.pid)
        return created is not None and abs(created - self.created) < SAME_SECONDS


@dataclass(frozen=True, slots=True)
class Written:
    """A record as read back: *notice* says why there is no broker, *failure* why there is nothing at all."""

    entries: tuple[Entry, ...] = ()
    notice: str | None = None
    failure: str | None = None

    def find(self, name: str) -> Entry | None:
        """The entry of *name*."""
        return next((entry for entry in self.entries if entry.name == name), None)


class Record:
    """The file `state.json` of one profile."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "state.json"

    def write(self, entries: Sequence[Entry], notice: str | None, failure: str | None = None) -> None:
        """Replace the record, whole or not at all."""
        plain = {"entries": [asdict(entry) for entry in entries], "notice": notice, "failure": failure}
        write_private(self._path, json.dumps(plain, indent=2))

    def read(self) -> Written:
        """What was written last; nothing if nothing was."""
        try:
            plain = json.loads(self._path.read_text())
        except FileNotFoundError:
            return Written()
        entries = tuple(Entry(**entry) for entry in plain["entries"])
        return Written(entries, plain["notice"], plain["failure"])

    def forget(self) -> None:
        """Remove what an earlier supervisor wrote."""
        self._path.unlink(missing_ok=True)


class Lock:
    """A lock that lives exactly as long as its holder's process, however that ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def take(self, seconds: float = 0.0) -> bool:
        """Whether it is ours now, after trying for *seconds*: others may hold it for a moment, to look."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + seconds
        while not self._try():
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def release(self) -> None:
        """Let others have it; no complaint if it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def holder(self) -> int | None:
        """The process that holds it, None if nobody does."""
        if not self._path.exists():
            return None
        look = Lock(self._path)
        if look._try(sign=False):
            look.release()
            return None
        written = self._path.read_text().strip()
        return int(written) if written else None

    def _try(self, *, sign: bool = True) -> bool:
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        if sign:
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
        return True


def created_at(pid: int) -> float | None:
    """When the process *pid* began, seconds since 1970; None if it does not run any more."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None
