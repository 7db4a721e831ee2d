"""Who may come in: a token of ours, in time, with the scope; keys rotate without a restart."""

import json
import os
from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

import shared.auth
from shared.auth import (
    ISSUERS,
    LEEWAY_SECONDS,
    SUBJECT_CHARACTERS_MAX,
    TOKEN_SECONDS_MAX,
    TOKENS_REMEMBERED_MAX,
    Authenticator,
    internal,
)
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
    token = jwt.encode(claims(sub="app"), private, "RS256", headers={"kid": "rsa"})
    assert Authenticator(file).principal_of(token).name == "app"


def claims(**given) -> dict:
    """What a token of ours says, whoever signs it."""
    now = int(datetime.now(UTC).timestamp())
    return {"iss": ISSUERS[0], "sub": "x", "aud": "forbear", "iat": now, "exp": now + 600, **given}


def unsigned(keys: Keys) -> str:
    return jwt.encode(claims(), None, "none", headers={"kid": keys.kid})


def by_shared_secret(keys: Keys) -> str:
    """The public key, taken for the secret of an HMAC."""
    secret = json.loads(keys.file.read_text())["keys"][0]["x"].encode()
    return jwt.encode(claims(), secret, "HS256", headers={"kid": keys.kid})


def soon(seconds: float) -> int:
    return int(datetime.now(UTC).timestamp() + seconds)


REFUSED = {
    "no token at all": lambda keys: "",
    "not a token": lambda keys: "a.b.c",
    "somebody else's audience": lambda keys: keys.token(audience="bank"),
    "no subject": lambda keys: keys.token(sub=None),
    "somebody else's issuer": lambda keys: keys.token(iss="https://login.example"),
    "no issuer": lambda keys: keys.signed({name: value for name, value in claims().items() if name != "iss"}),
    "an issuer that is no text": lambda keys: keys.signed(claims(iss=[ISSUERS[0]])),
    "an issuer that is no word": lambda keys: keys.signed(claims(iss={})),
    "not valid yet": lambda keys: keys.token(nbf=4102444800),
    "issued in the future": lambda keys: keys.token(iat=soon(LEEWAY_SECONDS + 10), exp=soon(600)),
    "no word of when it was issued": lambda keys: keys.token(iat=None),
    "issued at a time that is none": lambda keys: keys.signed(claims(iat="yesterday")),
    "an expiry that is no time": lambda keys: keys.signed(claims(exp=float("inf"))),
    "one that lives a minute too long": lambda keys: keys.token(iat=soon(0), exp=soon(TOKEN_SECONDS_MAX + 60)),
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
    forged = jwt.encode(claims(), b"secret" * 6, "HS256", headers={"kid": "h"})
    assert code_of(authenticator, forged) == "unauthenticated"


ACCEPTED = {
    "issued a moment ahead of our clock": lambda keys: keys.token(iat=soon(LEEWAY_SECONDS - 10), exp=soon(600)),
    "valid a moment from now": lambda keys: keys.token(nbf=soon(LEEWAY_SECONDS - 10)),
    "one that lives as long as it may": lambda keys: keys.token(iat=soon(0), exp=soon(0) + TOKEN_SECONDS_MAX),
}


@pytest.mark.parametrize("make", ACCEPTED.values(), ids=ACCEPTED)
def test_clocks_may_differ_a_little_and_a_token_may_live_a_day(keys, make):
    assert Authenticator(keys.file).principal_of(make(keys)).name == "tests"


def test_the_issuers_are_those_of_the_settings_and_no_other(keys):
    authenticator = Authenticator(keys.file, issuers=("https://login.example", "https://second.example"))
    for issuer in ("https://login.example", "https://second.example"):
        assert authenticator.principal_of(keys.token(iss=issuer)).name == "tests"
    for issuer in ("https://login.example/", "https://login", ISSUERS[0]):
        assert code_of(authenticator, keys.token(iss=issuer)) == "unauthenticated"


@pytest.fixture
def signatures(monkeypatch) -> list[str]:
    """Every token whose signature was checked."""
    checked = []
    decode = jwt.decode

    def counted(token, *positional, **named):
        checked.append(token)
        return decode(token, *positional, **named)

    monkeypatch.setattr(shared.auth.jwt, "decode", counted)
    return checked


def test_a_signature_is_checked_once(keys, signatures):
    authenticator, token, other = Authenticator(keys.file), keys.token("street:read"), keys.token()
    assert [authenticator.principal_of(token).scopes for _ in range(3)] == [{"street:read"}] * 3
    assert authenticator.principal_of(other).scopes == set()
    assert signatures == [token, other]


def test_a_token_that_was_refused_is_not_remembered(keys, signatures):
    authenticator, token = Authenticator(keys.file), keys.token(audience="bank")
    assert [code_of(authenticator, token) for _ in range(2)] == ["unauthenticated"] * 2
    assert len(signatures) == 2


def test_a_remembered_token_is_judged_again_once_it_has_expired(keys, signatures, monkeypatch):
    authenticator, token = Authenticator(keys.file), keys.token(exp=soon(60))
    authenticator.principal_of(token)
    for later, checked in ((60 + LEEWAY_SECONDS - 5, 1), (60 + LEEWAY_SECONDS + 5, 2)):
        ahead = datetime.fromtimestamp(soon(later), UTC)
        monkeypatch.setattr(shared.auth, "wall", lambda ahead=ahead: ahead)
        authenticator.principal_of(token)
        assert len(signatures) == checked


def test_what_is_remembered_is_forgotten_when_the_keys_change(keys):
    """A key that is withdrawn takes its tokens with it, also those that were seen before."""
    authenticator, old = Authenticator(keys.file), keys.token()
    authenticator.principal_of(old)
    keys.rotate(keys.kid)
    assert code_of(authenticator, old) == "unauthenticated"


def test_no_more_than_a_thousand_tokens_are_remembered(keys, signatures):
    authenticator = Authenticator(keys.file)
    tokens = [keys.token(jti=str(number)) for number in range(TOKENS_REMEMBERED_MAX + 1)]
    for token in tokens:
        authenticator.principal_of(token)
    signatures.clear()
    authenticator.principal_of(tokens[-1])
    authenticator.principal_of(tokens[0])
    assert signatures == [tokens[0]]
    assert len(authenticator._accepted) == TOKENS_REMEMBERED_MAX
