"""The whole system on one machine, with the smallest possible houses, for the tests of its life."""

import contextlib
import time
import urllib.request
from dataclasses import replace

import psutil

from deploy.local.lifecycle import down, empty, status
from deploy.local.ports import free_port
from deploy.local.profile import RUN
from tests.harness import open_folder

SECONDS = 20


def profile_in(folder, **changes):
    stand_ins = {"service": "tests.deploy.stand_in_service", "migrations": "tests.deploy.stand_in_migrations"}
    ports = {name: free_port() for name in RUN.ports}
    options = {**stand_ins, "ports": ports, "broker": False, "up_seconds": 30.0, **changes}
    return replace(RUN, folder=folder / "run", keys=folder / "keys", **options)


@contextlib.contextmanager
def some_system(**changes):
    with open_folder() as folder:
        profile = profile_in(folder, **changes)
        try:
            yield profile
        finally:
            down(profile)
            empty(profile)


def rows(profile):
    return {row["name"]: row for row in status(profile)[0]["processes"]}


def pids(profile):
    return {name: row["pid"] for name, row in rows(profile).items()}


def wait_for(is_so):
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def told(profile, house):
    with urllib.request.urlopen(f"http://127.0.0.1:{profile.ports[house]}/told") as answer:
        return dict(line.split("=", 1) for line in answer.read().decode().splitlines())


def is_running(pid):
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
