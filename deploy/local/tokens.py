"""Tokens of one machine: a key pair of its own, and JWTs that say who may do what until when (RFC 7519, RFC 8037)."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import OKPAlgorithm

from deploy.local.secrets import write_private

ISSUER = "forbear-local"
AUDIENCE = "forbear"
KEY_ID = "local"
OPERATOR = "operator"
TOKEN_SECONDS = 12 * 60 * 60
# A house's own token is written anew six times before it expires.
SERVICE_TOKEN_SECONDS = 60 * 60
RENEW_SECONDS = 10 * 60
SERVICE_SCOPES = ("street:read",)
SCOPES = (
    "agents:read", "agents:write", "audit:read", "borrowers:read", "budgets:write", "business-dates:write",
    "clock:write", "complaints:write", "contacts:approve", "contacts:read", "contacts:send", "contacts:write",
    "disputes:write", "docs:read", "events:read", "events:write", "feedback:read", "feedback:write", "holds:write",
    "killswitch:write", "loans:read", "metrics:read", "models:read", "models:write", "parked:read", "parked:write",
    "pauses:write", "pii:read", "pii:write", "policies:read", "policies:write", "promises:write", "replies:write",
    "risk:read", "strategies:read", "strategies:write", "street:read",
)  # fmt: skip


def ensure_keys(folder: Path) -> None:
    """A private key in *folder* that only we may read, and its public half as a JWKS file."""
    private = folder / "private.pem"
    if not private.exists():
        key = Ed25519PrivateKey.generate()
        write_private(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = json.loads(OKPAlgorithm.to_jwk(_load(private).public_key()))
    jwks = {"keys": [{**public, "kid": KEY_ID, "alg": "EdDSA", "use": "sig"}]}
    write_private(jwks_file(folder), json.dumps(jwks, indent=2))


def jwks_file(folder: Path) -> Path:
    """What the houses check signatures against."""
    return folder / "jwks.json"


def make_token(
    folder: Path, scopes: Sequence[str] = SCOPES, *, subject: str = OPERATOR, seconds: int = TOKEN_SECONDS
) -> str:
    """A token for *subject* with *scopes*, signed with the key in *folder*, good for *seconds* from now."""
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "scope": " ".join(scopes),
        "iat": now, "exp": now + seconds, "jti": str(uuid4()),
    }  # fmt: skip
    return jwt.encode(claims, _load(folder / "private.pem"), algorithm="EdDSA", headers={"kid": KEY_ID})


def write_service_token(keys: Path, path: Path, house: str) -> None:
    """The token with which *house* asks the others for their heads and announcements."""
    token = make_token(keys, SERVICE_SCOPES, subject=f"service:{house}", seconds=SERVICE_TOKEN_SECONDS)
    write_private(path, token)


def _load(path: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    return key
