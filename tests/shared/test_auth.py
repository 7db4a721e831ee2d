"""Who may come in: a token of ours, in time, with the scope; keys rotate without a restart."""

import json
import os

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from shared.auth import SUBJECT_CHARACTERS_MAX, Authenticator, internal
from shared.refusal import Refused
from tests.shared.street import Keys


@pytest.fixture
def keys(tmp_path) -> Keys:
    return Keys(tmp_path)


def code_of(authenticator: Authenticator, token: str) -> str:
    with pytest.raises(Refused) as refused:
        authenticator.principal_of(token)
    return refused.value.refusal.code


def test_a_token_of_ours_names_its_holder_and_scopes(keys):
    principal = Authenticator(keys.file).principal_of(keys.token("street:read", "pii:read"))
    assert (principal.name, principal.scopes) == ("tests", {"street:read", "pii:read"})


@pytest.mark.parametrize("subject", ["sender", "ingest", "a" * SUBJECT_CHARACTERS_MAX])
def test_a_subject_that_a_caller_may_have_is_taken_as_it_is(keys, subject):
    assert Authenticator(keys.file).principal_of(keys.token(sub=subject)).name == subject
    assert subject != internal(subject)


def test_rs256_is_taken_too(tmp_path):
    private = generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [{**public, "kid": "rsa", "alg": "RS256"}]}))
    token = jwt.encode({"sub": "app", "aud": "forbear", "exp": 4102444800}, private, "RS256", headers={"kid": "rsa"})
    assert Authenticator(file).principal_of(token).name == "app"


def unsigned(keys: Keys) -> str:
    return jwt.encode({"sub": "x", "aud": "forbear", "exp": 4102444800}, None, "none", headers={"kid": keys.kid})


def by_shared_secret(keys: Keys) -> str:
    """The public key, taken for the secret of an HMAC."""
    secret = json.loads(keys.file.read_text())["keys"][0]["x"].encode()
    return jwt.encode({"sub": "x", "aud": "forbear", "exp": 4102444800}, secret, "HS256", headers={"kid": keys.kid})


REFUSED = {
    "no token at all": lambda keys: "",
    "not a token": lambda keys: "a.b.c",
    "somebody else's audience": lambda keys: keys.token(audience="bank"),
    "no subject": lambda keys: keys.token(sub=None),
    "not valid yet": lambda keys: keys.token(nbf=4102444800),
    "unsigned": unsigned,
    "signed by a secret": by_shared_secret,
    "a principal of the house itself": lambda keys: keys.token(sub=internal("sender")),
    "a subject that is none": lambda keys: keys.token(sub=""),
    "a subject with U+0000": lambda keys: keys.token(sub="a\x00"),
    "a subject of two lines": lambda keys: keys.token(sub="a\nb"),
    "a subject one too long": lambda keys: keys.token(sub="a" * (SUBJECT_CHARACTERS_MAX + 1)),
    "cut short": lambda keys: keys.token()[:-4],
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_what_is_not_ours_is_refused(keys, make):
    assert code_of(Authenticator(keys.file), make(keys)) == "unauthenticated"


def test_an_expired_token_is_told_so_after_a_leeway(keys):
    authenticator = Authenticator(keys.file)
    assert authenticator.principal_of(keys.token(expires_in=-20)).name == "tests"
    assert code_of(authenticator, keys.token(expires_in=-40)) == "token-expired"


def test_keys_rotate_without_a_restart(keys):
    authenticator, old = Authenticator(keys.file), keys.token()
    authenticator.principal_of(old)
    keys.rotate("second")
    assert authenticator.principal_of(keys.token()).name == "tests"
    assert code_of(authenticator, old) == "unauthenticated"


def test_keys_rotated_within_the_same_instant_are_seen(keys):
    authenticator = Authenticator(keys.file)
    authenticator.principal_of(keys.token())
    at = keys.file.stat().st_mtime_ns
    keys.rotate("another name of another length")
    os.utime(keys.file, ns=(at, at))
    assert authenticator.principal_of(keys.token()).name == "tests"


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"keys": 3}'])
def test_a_key_file_half_written_leaves_the_keys_before_it_in_force(keys, broken):
    authenticator, token = Authenticator(keys.file), keys.token()
    authenticator.principal_of(token)
    keys.file.write_text(broken)
    assert authenticator.principal_of(token).name == "tests"
    keys.file.unlink()
    assert authenticator.principal_of(token).name == "tests"


def test_keys_for_somebody_else_in_the_same_set_do_no_harm(keys):
    held = json.loads(keys.file.read_text())["keys"]
    strange = [{"kty": "unheard-of", "kid": "x"}, {"kty": "oct", "k": "c2VjcmV0" * 6, "kid": "h", "alg": "HS256"}]
    keys.file.write_text(json.dumps({"keys": [*strange, *held]}))
    authenticator = Authenticator(keys.file)
    assert authenticator.principal_of(keys.token()).name == "tests"
    forged = jwt.encode({"sub": "x", "aud": "forbear", "exp": 4102444800}, b"secret" * 6, "HS256", headers={"kid": "h"})
    assert code_of(authenticator, forged) == "unauthenticated"
