"""The life of the whole system on a machine without a broker: starts, kills, restarts, ends."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from deploy.local.databases import HOUSES, app_role_of, database_of
from deploy.local.lifecycle import CannotStart, down, status, supervisor_of, up, up_afresh
from deploy.local.postgres import PostgresServer
from deploy.local.profile import load_profile
from deploy.local.record import Record
from deploy.local.secrets import Passwords
from deploy.local.tokens import ISSUER
from tests.deploy.small_system import SECONDS, is_running, pids, profile_in, rows, some_system, told, wait_for

pytestmark = pytest.mark.postgres
NAMES = ["postgres", "kafka", "ingest", "scoring", "contact", "feedback", "sandbox", "inbox"]


def leave_something_of_an_earlier_run(profile):
    profile.folder.mkdir()
    (profile.folder / "earlier").touch()


@pytest.fixture(scope="module")
def system():
    with pytest.MonkeyPatch.context() as patch, some_system(broker=True) as profile:
        patch.setenv("JAVA_HOME", "/nonexistent")
        leave_something_of_an_earlier_run(profile)
        up_afresh(profile)
        yield profile


@pytest.fixture
def running(system):
    up(system)
    return system


def test_the_status_names_every_process_in_the_shape_that_was_promised(running):
    answer, is_well = status(running)
    assert is_well
    assert [row["name"] for row in answer["processes"]] == NAMES
    assert all(set(row) == {"name", "pid", "port", "state", "restarts"} for row in answer["processes"])
    assert json.loads(json.dumps(answer)) == answer


def test_a_pid_is_the_process_itself_and_not_a_wrapper(running):
    found = pids(running)
    for house in HOUSES:
        assert psutil.Process(found[house]).cmdline()[1:] == ["-m", running.service, house]
    assert psutil.Process(found["postgres"]).name() == "postgres"


def test_without_java_the_reason_is_kept_and_a_broker_that_cannot_be_had_is_not_missed(running):
    assert "/nonexistent/bin/java does not run" in Record(running.folder).read().notice
    assert rows(running)["kafka"]["state"] == "absent"
    assert told(running, "ingest")["FORBEAR_KAFKA_BOOTSTRAP"] == ""


def test_a_run_begins_with_nothing_of_an_earlier_one(running):
    assert not (running.folder / "earlier").exists()


def test_up_again_leaves_what_runs_alone(running):
    before = pids(running)
    up(running)
    assert pids(running) == before


def test_each_house_is_told_what_it_needs_and_its_own_role(running):
    for house in HOUSES:
        environment = told(running, house)
        assert environment["FORBEAR_HOUSE"] == house
        assert environment["FORBEAR_CLOCK"] == "simulated"
        assert f"//{app_role_of(house)}:" in environment["FORBEAR_DATABASE_URL"]
        assert set(json.loads(environment["FORBEAR_PEERS"])) == set(HOUSES)
        assert Path(environment["FORBEAR_SERVICE_TOKEN_FILE"]).stat().st_mode & 0o777 == 0o600
        assert ("FORBEAR_SMTP_PORT" in environment) == (house == "contact")
        assert json.loads(environment["FORBEAR_ISSUERS"]) == [ISSUER]
        assert (environment["FORBEAR_DOCS"], environment["FORBEAR_CALLS_PER_SECOND"]) == ("open", "0")


def test_the_master_key_has_32_bytes_and_is_ours_alone_to_read(running):
    path = Path(told(running, "contact")["FORBEAR_MASTER_KEY_FILE"])
    assert len(base64.b64decode(path.read_text(), validate=True)) == 32
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_password_is_on_any_command_line(running):
    passwords = json.loads((running.folder / "postgres" / "passwords.json").read_text()).values()
    lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert len(passwords) == 9
    assert not [line for line in lines if any(password in line for password in passwords)]


async def test_the_clock_was_written_once_before_the_houses_came(running):
    server = PostgresServer(running.folder / "postgres", running.ports["postgres"])
    for house in HOUSES:
        connection = await asyncpg.connect(server.url(database_of(house), app_role_of(house), driver=""))
        assert await connection.fetch("select now from clock") == [(running.clock_start,)]
        await connection.close()


@pytest.mark.parametrize("name", ["contact", "sandbox", "postgres"])
def test_a_process_that_dies_is_started_again(running, name):
    before = rows(running)[name]
    os.kill(before["pid"], signal.SIGKILL)
    wait_for(lambda: rows(running)[name]["pid"] not in (None, before["pid"]) and status(running)[1])
    assert rows(running)[name]["restarts"] > before["restarts"]


def test_up_does_not_return_before_a_process_that_died_is_back(running):
    os.kill(pids(running)["feedback"], signal.SIGKILL)
    up(running)
    assert status(running)[1]


def test_everybody_dies_with_a_killed_supervisor_and_up_brings_them_back(running):
    before, token = pids(running), told(running, "ingest")["FORBEAR_DATABASE_URL"]
    os.kill(supervisor_of(running), signal.SIGKILL)
    wait_for(lambda: not any(is_running(pid) for pid in before.values() if pid))
    assert not status(running)[1]
    up(running)
    assert status(running)[1]
    assert told(running, "ingest")["FORBEAR_DATABASE_URL"] == token


def test_down_leaves_nobody_however_often_and_up_finds_the_data_again(running):
    before = [pid for pid in (*pids(running).values(), supervisor_of(running)) if pid]
    down(running)
    down(running)
    assert not [pid for pid in before if is_running(pid)]
    assert not any(str(running.folder) in " ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"]))
    assert {row["state"] for row in rows(running).values()} == {"stopped"}
    up(running)
    assert status(running)[1]


def test_what_up_leaves_running_holds_none_of_the_caller_s_descriptors(system):
    down(system)
    program = "import sys; from pathlib import Path; from deploy.local.lifecycle import *; "
    program += "from deploy.local.profile import load_profile; up(load_profile(Path(sys.argv[1]))); print('up')"
    reading, writing = os.pipe()
    caller = subprocess.run(
        [sys.executable, "-c", program, str(system.folder)],
        capture_output=True,
        pass_fds=[writing],
        timeout=SECONDS,
        check=True,
    )
    os.close(writing)
    assert caller.stdout == b"up\n"
    assert os.read(reading, 1) == b"", "somebody still holds the other end"
    os.close(reading)
    assert status(system)[1]


def test_a_taken_port_is_refused_by_number_and_by_the_name_of_who_holds_it():
    with some_system() as profile, socket.create_server(("127.0.0.1", profile.ports["contact"])):
        leave_something_of_an_earlier_run(profile)
        with pytest.raises(CannotStart) as refused:
            up_afresh(profile)
        assert f"port {profile.ports['contact']}, which contact needs" in str(refused.value)
        assert f"{psutil.Process().name()} (pid {os.getpid()})" in str(refused.value)
        assert supervisor_of(profile) is None
        assert (profile.folder / "earlier").exists()


def test_a_start_that_fails_says_who_why_and_where_its_log_is():
    with some_system(migrations="tests.deploy.no_such_module", up_seconds=6.0) as profile:
        with pytest.raises(CannotStart) as failed:
            up(profile)
        assert "migrate-" in str(failed.value)
        assert "ended with status 1" in str(failed.value)
        log = Path(str(failed.value).split("; see ")[1])
        assert "no_such_module" in log.read_text()


def test_a_profile_is_read_back_as_it_was_saved(tmp_path):
    profile = profile_in(tmp_path)
    profile.save()
    assert load_profile(profile.folder) == profile


def test_passwords_are_drawn_once_and_kept_where_only_we_may_read(tmp_path):
    passwords = Passwords(tmp_path / "passwords.json")
    drawn = [passwords.of("one"), passwords.of("two")]
    assert len(set(drawn)) == 2
    assert [Passwords(tmp_path / "passwords.json").of(role) for role in ("one", "two")] == drawn
    assert (tmp_path / "passwords.json").stat().st_mode & 0o777 == 0o600
