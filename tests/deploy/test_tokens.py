"""Tokens of one machine, as a house would check them."""

import json
import os
import subprocess
import sys

import jwt
import pytest

from deploy.local.tokens import (
    AUDIENCE,
    ISSUER,
    SCOPES,
    SERVICE_SCOPES,
    ensure_keys,
    jwks_file,
    make_token,
    write_service_token,
)


@pytest.fixture
def keys(tmp_path):
    ensure_keys(tmp_path)
    return tmp_path


def verify(token, keys):
    key = jwt.PyJWKSet.from_dict(json.loads(jwks_file(keys).read_text()))[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["EdDSA"], audience=AUDIENCE, issuer=ISSUER)


def test_a_token_says_who_may_do_what_until_when(keys):
    claims = verify(make_token(keys, ["events:write", "clock:write"]), keys)
    assert claims["scope"] == "events:write clock:write"
    assert claims["exp"] - claims["iat"] == 12 * 60 * 60
    assert set(claims) == {"iss", "aud", "sub", "scope", "iat", "exp", "jti"}


def test_a_token_may_do_everything_unless_told_otherwise(keys):
    assert verify(make_token(keys), keys)["scope"].split() == list(SCOPES)
    assert set(SERVICE_SCOPES) <= set(SCOPES)


def test_no_two_tokens_are_the_same(keys):
    assert make_token(keys) != make_token(keys)


def test_another_machine_s_token_is_worth_nothing(keys, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    ensure_keys(other)
    with pytest.raises(jwt.InvalidSignatureError):
        verify(make_token(other), keys)


def test_the_private_key_is_made_once_is_ours_alone_and_is_not_published(keys):
    before = (keys / "private.pem").read_bytes()
    ensure_keys(keys)
    assert (keys / "private.pem").read_bytes() == before
    assert (keys / "private.pem").stat().st_mode & 0o777 == 0o600
    assert "d" not in json.loads(jwks_file(keys).read_text())["keys"][0]


def test_a_house_s_own_token_opens_only_heads_and_announcements(keys):
    write_service_token(keys, keys / "scoring.jwt", "scoring")
    claims = verify((keys / "scoring.jwt").read_text(), keys)
    assert (claims["sub"], claims["scope"].split()) == ("service:scoring", list(SERVICE_SCOPES))


def test_the_command_prints_the_token_alone_on_its_last_line():
    command = [sys.executable, "-m", "deploy.local", "token", "events:write"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    claims = jwt.decode(done.stdout.splitlines()[-1], options={"verify_signature": False})
    assert claims["scope"] == "events:write"
