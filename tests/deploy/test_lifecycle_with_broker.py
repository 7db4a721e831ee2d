"""The life of the whole system where a broker can run."""

import os
import signal
import time

import pytest

from deploy.local.lifecycle import down, up
from tests.deploy.small_system import is_running, pids, rows, some_system, told

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]


def test_with_a_broker_all_eight_run_and_a_killed_broker_comes_back():
    with some_system(broker=True) as profile:
        up(profile)
        before = pids(profile)
        assert {row["state"] for row in rows(profile).values()} == {"running"}
        assert told(profile, "scoring")["FORBEAR_KAFKA_BOOTSTRAP"] == f"127.0.0.1:{profile.ports['kafka']}"
        os.kill(before["kafka"], signal.SIGKILL)
        up(profile)
        assert pids(profile)["kafka"] != before["kafka"]
        began = time.monotonic()
        down(profile)
        assert time.monotonic() - began < 60
        assert not [pid for pid in before.values() if is_running(pid)]
