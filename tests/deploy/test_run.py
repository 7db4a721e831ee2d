"""`make run`: one at a time, never at the cost of another, and an end that says what was wrong."""

import io
import subprocess
import sys
import threading
import time

import pytest
from rich.console import Console

from deploy.local import lifecycle
from deploy.local.java import kafka_version
from deploy.local.lifecycle import CannotStart, down, status, supervisor_of, up_afresh
from deploy.local.replay.generated import generated
from deploy.local.replay.street import NotQuiet
from deploy.local.run import cause_of, chosen_portfolio, kafka_name, run, stopping
from tests.deploy.small_system import pids, profile_in, some_system

PORTFOLIO = generated(seed=1, borrowers=2, months=1)
real = pytest.mark.postgres


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=400)


@real
def test_a_second_run_is_refused_by_name_and_leaves_the_first_alone(console):
    with some_system() as profile:
        up_afresh(profile)
        before = pids(profile)
        with pytest.raises(CannotStart, match=f"run runs already, under process {supervisor_of(profile)}"):
            up_afresh(profile)
        assert run(PORTFOLIO, profile, console) == 1
        assert "make down" in console.file.getvalue()
        assert pids(profile) == before
        assert status(profile)[1]


@real
def test_of_two_runs_begun_at_once_one_is_refused():
    with some_system() as profile:
        refused = []

        def begin() -> None:
            try:
                up_afresh(profile)
            except CannotStart as reason:
                refused.append(str(reason))

        threads = [threading.Thread(target=begin) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 1
        assert "runs already" in refused[0]
        assert status(profile)[1]


@real
def test_a_run_that_ends_takes_down_its_own_and_not_what_somebody_started_since(console):
    with some_system() as profile:
        up_afresh(profile)
        with stopping(profile, console):
            down(profile)
            up_afresh(profile)
            since = supervisor_of(profile)
        assert supervisor_of(profile) == since
        with stopping(profile, console):
            pass
        assert supervisor_of(profile) is None


@real
def test_a_run_that_cannot_come_up_leaves_nothing_running():
    with some_system(migrations="tests.deploy.no_such_module", up_seconds=5.0) as profile:
        with pytest.raises(CannotStart):
            up_afresh(profile)
        assert supervisor_of(profile) is None


@real
def test_a_house_that_breaks_during_a_run_is_named_with_its_log_and_all_is_stopped(console):
    with some_system(service="tests.deploy.broken_service") as profile:
        assert run(PORTFOLIO, profile, console) == 1
        said = console.file.getvalue()
        assert "answered 500 to PUT /v1/clock" in said
        assert any(str(profile.log_of(house)) in said for house in ("ingest", "scoring", "contact", "feedback"))
        assert "Traceback" not in said
        assert supervisor_of(profile) is None


def test_houses_that_do_not_come_to_rest_are_named_with_their_logs(tmp_path):
    profile = profile_in(tmp_path)
    told = cause_of(NotQuiet("still at work", "scoring", "contact"), profile)
    assert told == f"still at work; see {profile.log_of('scoring')}, {profile.log_of('contact')}"


STUBBORN = """
import signal, sys, time
from pathlib import Path
from deploy.local.record import Lock
from deploy.local.supervisor import LOCK
signal.signal(signal.SIGTERM, signal.SIG_IGN)
lock = Lock(Path(sys.argv[1]) / LOCK)
assert lock.take()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def stubborn(tmp_path):
    """Two profiles whose supervisors do not listen."""
    profiles = [profile_in(tmp_path / name) for name in ("one", "two")]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", STUBBORN, str(profile.folder)], stdout=subprocess.PIPE, start_new_session=True
        )
        for profile in profiles
    ]
    assert all(child.stdout.readline() == b"held\n" for child in children)
    yield profiles
    for child in children:
        child.kill()
        child.wait()
        child.stdout.close()


def test_everything_is_taken_down_at_once_however_stubborn(stubborn, monkeypatch):
    monkeypatch.setattr(lifecycle, "DOWN_SECONDS", 2.0)
    asked = time.monotonic()
    down(*stubborn)
    assert 2 <= time.monotonic() - asked < 4
    assert [supervisor_of(profile) for profile in stubborn] == [None, None]


def test_all_that_down_waits_for_is_less_than_a_minute():
    assert lifecycle.DOWN_SECONDS + lifecycle.GOING_SECONDS + 2 * lifecycle.LEFTOVER_SECONDS < 58


def test_the_broker_is_named_as_the_pom_names_it():
    assert kafka_name(None) == f"apache {kafka_version()}"
    assert kafka_name("there is no JDK") == "none"


WRONG = {
    "no number": ({"BORROWERS": "many"}, "BORROWERS is a whole number"),
    "a seed that is none": ({"SEED": "x"}, "SEED is a whole number"),
    "nobody": ({"BORROWERS": "0"}, "BORROWERS is 1 to 200,000"),
    "one too many": ({"BORROWERS": "200001"}, "BORROWERS is 1 to 200,000"),
    "too long": ({"MONTHS": "25"}, "MONTHS is 1 to 24"),
    "no real loan": ({"DATA": "somewhere", "LOANS": "0"}, "LOANS is 1 to 10,000"),
    "no real month": ({"DATA": "somewhere", "MONTHS": "-1"}, "MONTHS is 1 to 120"),
}


@pytest.mark.parametrize(("stated", "answer"), WRONG.values(), ids=WRONG)
def test_a_setting_that_cannot_be_is_refused_by_name(stated, answer, monkeypatch):
    for name in ("DATA", "LOANS", "SEED", "BORROWERS", "MONTHS"):
        monkeypatch.setenv(name, stated.get(name, ""))
    with pytest.raises(ValueError, match=f"^{answer}$"):
        chosen_portfolio()


def test_the_ends_of_what_may_be_asked_are_inside(monkeypatch):
    for name, value in {"DATA": "", "SEED": "7", "BORROWERS": "1", "MONTHS": "24"}.items():
        monkeypatch.setenv(name, value)
    assert chosen_portfolio() == generated(seed=7, borrowers=1, months=24)
