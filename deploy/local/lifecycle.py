"""Bringing a profile up, taking it down, and saying how it stands."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import psutil

from deploy import ROOT
from deploy.local.account import PostgresUnavailable, copied_binaries
from deploy.local.databases import HOUSES
from deploy.local.plan import PROCESSES, is_http_ready
from deploy.local.ports import holder_of, is_taken, listeners
from deploy.local.postgres import remove_cluster
from deploy.local.processes import inherited_environment, kill_group
from deploy.local.profile import Profile
from deploy.local.record import Entry, Lock, Record, Written, created_at
from deploy.local.supervisor import LOCK

POLL_SECONDS = 0.2
# All that `down` waits for (this, who is going, and leftovers twice) is less than a minute.
DOWN_SECONDS = 35.0
DETACH_SECONDS = 30.0
# A process that was killed is there for a moment more, and holds its port though nobody is seen to listen.
GOING_SECONDS = 5.0
LEFTOVER_SECONDS = 7.0
TAKING_TURNS_SECONDS = 240.0
ABSENT = "absent"
# Who is to be named when several are not there: the cause before what waits for it.
BLAME = ("restarting", "starting", "running", "stopped", "waiting")


class CannotStart(Exception):
    """The system did not come up; the text says why and where to look."""


def up(profile: Profile, say: Callable[[str], None] = lambda _: None) -> None:
    """Return when all of *profile* runs and its four houses answer; what runs already is left alone.

    Raises:
        CannotStart: a port is taken, or not all answered within the profile's `up_seconds`.
    """
    turn = Lock(profile.folder / "up.lock")
    if not turn.take(TAKING_TURNS_SECONDS):
        raise CannotStart(f"another start of {profile.name} is still under way")
    try:
        supervisor = supervisor_of(profile)
        if supervisor is None:
            _start_afresh(profile)
        else:
            _refuse_taken_ports(profile, supervisor)
            _signal(supervisor, signal.SIGUSR1)
        _wait_until_up(profile, say)
    finally:
        turn.release()


def up_afresh(profile: Profile, say: Callable[[str], None] = lambda _: None) -> None:
    """The same with nothing kept from before; what was kept goes only when the ports are free.

    Raises:
        CannotStart: as `up`, with nothing left running; or *profile* runs already, and is left alone.
    """
    turn = Lock(profile.folder.with_name(f"{profile.folder.name}.lock"))  # not inside what is emptied
    if not turn.take(TAKING_TURNS_SECONDS):
        raise CannotStart(f"another start of {profile.name} is still under way")
    try:
        if (supervisor := supervisor_of(profile)) is not None:
            raise CannotStart(f"{profile.name} runs already, under process {supervisor}; `make down` ends it")
        end_leftovers(profile)
        _refuse_taken_ports(profile, None)
        empty(profile)
        _up_or_down(profile, say)
    finally:
        turn.release()


def _up_or_down(profile: Profile, say: Callable[[str], None]) -> None:
    try:
        up(profile, say)
    except BaseException:
        down(profile)
        raise


def down(*profiles: Profile) -> None:
    """Stop everything of *profiles*, all at once; return when nothing of them runs, within a minute."""
    supervisors = [pid for profile in profiles if (pid := supervisor_of(profile)) is not None]
    for supervisor in supervisors:
        _signal(supervisor, signal.SIGTERM)
    if not _within(DOWN_SECONDS, lambda: _are_gone(supervisors)):
        for supervisor in supervisors:
            kill_group(supervisor)
        _within(GOING_SECONDS, lambda: _are_gone(supervisors))
    end_leftovers(*profiles)


def _are_gone(pids: Sequence[int]) -> bool:
    return all(created_at(pid) is None for pid in pids)


def supervisor_of(profile: Profile) -> int | None:
    """The process that supervises *profile*, None if nobody does."""
    return Lock(profile.folder / LOCK).holder()


def status(profile: Profile) -> tuple[dict[str, object], bool]:
    """How each process stands, and whether all of them run: a broker that cannot be had here is not missed."""
    written = Record(profile.folder).read()
    is_supervised = supervisor_of(profile) is not None
    rows = [_row(profile, name, written, is_supervised=is_supervised) for name in PROCESSES]
    return {"processes": rows}, is_supervised and all(row["state"] in ("running", ABSENT) for row in rows)


def reset(profiles: Iterable[Profile], keys: Path) -> None:
    """Take down and forget everything: data, keys, logs, and copies made outside the repository."""
    profiles = list(profiles)
    down(*profiles)
    for profile in profiles:
        empty(profile)
    shutil.rmtree(keys, ignore_errors=True)
    try:
        copies = copied_binaries()
    except PostgresUnavailable:
        return
    for copy in copies:
        shutil.rmtree(copy, ignore_errors=True)


def empty(profile: Profile) -> None:
    """Delete all that *profile* keeps; it must be down."""
    remove_cluster(profile.folder / "postgres")
    shutil.rmtree(profile.folder, ignore_errors=True)


def end_leftovers(*profiles: Profile) -> None:
    """End what a killed supervisor left behind: most of it is ending by itself."""
    entries = [entry for profile in profiles for entry in Record(profile.folder).read().entries]
    if _within(LEFTOVER_SECONDS, lambda: not any(entry.is_alive for entry in entries)):
        return
    for entry in entries:
        if entry.is_alive and entry.pid is not None:
            kill_group(entry.pid)
    _within(LEFTOVER_SECONDS, lambda: not any(entry.is_alive for entry in entries))


def _start_afresh(profile: Profile) -> None:
    end_leftovers(profile)
    _refuse_taken_ports(profile, None)
    Record(profile.folder).forget()
    profile.folder.chmod(0o711)  # PostgreSQL's account passes through it
    profile.save()
    log = profile.log_of("supervisor")
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as output:
        subprocess.run(
            (sys.executable, "-m", "deploy.local.supervisor", str(profile.folder)),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT,
            env=inherited_environment(), timeout=DETACH_SECONDS, check=True,
        )  # fmt: skip


def _refuse_taken_ports(profile: Profile, supervisor: int | None) -> None:
    """Ports held by our own supervisor's children are not taken."""
    for name, port in profile.ports.items():
        if _is_strangers(port, supervisor):
            raise CannotStart(f"port {port}, which {name} needs, is taken by {holder_of(port)}")


def _is_strangers(port: int, supervisor: int | None) -> bool:
    _within(GOING_SECONDS, lambda: not is_taken(port) or bool(listeners(port)))
    return is_taken(port) and not set(listeners(port)) & _children(supervisor)


def _children(supervisor: int | None) -> set[int]:
    try:
        return {child.pid for child in psutil.Process(supervisor).children()} if supervisor is not None else set()
    except psutil.Error:
        return set()


def _wait_until_up(profile: Profile, say: Callable[[str], None]) -> None:
    deadline = time.monotonic() + profile.up_seconds
    said: set[str] = set()
    while missing := _what_is_missing(profile):
        if missing not in said:
            said.add(missing)
            say(missing)
        if supervisor_of(profile) is None and _has_failed(profile):
            raise CannotStart(missing)
        if time.monotonic() > deadline:
            raise CannotStart(f"not up after {profile.up_seconds:g} s: {missing}")
        time.sleep(POLL_SECONDS)


def _has_failed(profile: Profile) -> bool:
    return Record(profile.folder).read().failure is not None


def _what_is_missing(profile: Profile) -> str | None:
    """The first thing that is not there yet, in words; None if all is well."""
    written = Record(profile.folder).read()
    if written.failure:
        return f"{written.failure}; see {profile.log_of('supervisor')}"
    if not written.entries:
        return f"the supervisor is preparing; see {profile.log_of('supervisor')}"
    lagging = [entry for entry in written.entries if not _is_there(entry)]
    if lagging:
        return _describe(min(lagging, key=lambda entry: BLAME.index(entry.state)))
    silent = [house for house in HOUSES if not is_http_ready(profile.ports[house])]
    return f"{silent[0]} does not answer /readyz with 200; see {profile.log_of(silent[0])}" if silent else None


def _is_there(entry: Entry) -> bool:
    return entry.state == "done" or (entry.state == "running" and entry.is_alive)


def _describe(entry: Entry) -> str:
    return f"{entry.name} is {entry.state}{f' ({entry.reason})' if entry.reason else ''}; see {entry.log}"


def _row(profile: Profile, name: str, written: Written, *, is_supervised: bool) -> dict[str, object]:
    entry = written.find(name)
    if entry is None:
        is_absent = name == "kafka" and is_supervised and written.notice is not None
        state = ABSENT if is_absent else "stopped"
        return {"name": name, "pid": None, "port": profile.ports[name], "state": state, "restarts": 0}
    state = entry.state if is_supervised else "stopped"
    if state in ("running", "starting") and not entry.is_alive:
        state = "restarting"
    pid = entry.pid if entry.is_alive else None
    return {"name": name, "pid": pid, "port": entry.port, "state": state, "restarts": entry.restarts}


def _within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
