"""What the supervisor does between starts and restarts: it keeps the houses' own tokens fresh."""

import time
from types import SimpleNamespace

import jwt
import pytest

from deploy.local import supervisor as module
from deploy.local.databases import HOUSES
from deploy.local.supervisor import Supervisor
from deploy.local.tokens import RENEW_SECONDS, SERVICE_TOKEN_SECONDS, ensure_keys
from tests.deploy.small_system import profile_in

NOW = time.time()


@pytest.fixture
def profile(tmp_path):
    profile = profile_in(tmp_path)
    ensure_keys(profile.keys)
    return profile


@pytest.fixture
def at(profile, monkeypatch):
    """Lets the supervisor tick at a moment of the wall clock, and answers the tokens that the houses then have."""
    supervisor = Supervisor(profile)

    def tick_at(now: float) -> list[str]:
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: now, monotonic=time.monotonic))
        supervisor.tick()
        return [(profile.folder / "tokens" / f"{house}.jwt").read_text() for house in HOUSES]

    return tick_at


def test_the_houses_tokens_are_written_anew_long_before_they_expire(at):
    first = at(NOW)
    assert at(NOW + RENEW_SECONDS - 1) == first
    assert not set(at(NOW + RENEW_SECONDS)) & set(first)
    assert RENEW_SECONDS * 6 <= SERVICE_TOKEN_SECONDS


@pytest.mark.parametrize("hours", [10, -10], ids=["a machine that slept", "a clock that was put back"])
def test_a_clock_that_jumps_means_fresh_tokens_at_once(at, hours):
    first = at(NOW)
    assert not set(at(NOW + hours * 3600)) & set(first)


def test_a_token_that_cannot_be_written_is_tried_again_and_ends_nothing(at, monkeypatch, capsys):
    first = at(NOW)

    def full(_profile):
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(module, "write_service_tokens", full)
        assert at(NOW + RENEW_SECONDS) == first
    assert "cannot be written" in capsys.readouterr().err
    assert at(NOW + RENEW_SECONDS + 1) != first


def test_a_house_s_token_lives_an_hour(at):
    for token in at(NOW):
        claims = jwt.decode(token, options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == SERVICE_TOKEN_SECONDS == 3600
