"""Tokens as they should not be, made from the keys that the houses trust, and from others."""

import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.local.tokens import AUDIENCE, ISSUER, KEY_ID, SCOPES


class Tokens:
    """Signs what it is told with the key in *folder*."""

    def __init__(self, folder: Path) -> None:
        self._key: Any = load_pem_private_key((folder / "private.pem").read_bytes(), password=None)

    def bearer(self, **changed: Any) -> str:
        return f"Bearer {self._signed(self._key, **changed)}"

    def forged(self) -> str:
        """By a key that nobody has published, under the name of one that was."""
        return f"Bearer {self._signed(Ed25519PrivateKey.generate())}"

    def unsigned(self) -> str:
        return f"Bearer {jwt.encode(_claims(), None, algorithm='none', headers={'kid': KEY_ID})}"

    def _signed(self, key: Any, **changed: Any) -> str:
        return jwt.encode(_claims(**changed), key, algorithm="EdDSA", headers={"kid": KEY_ID})


def _claims(**changed: Any) -> dict[str, Any]:
    """Good claims, some *changed*; times are seconds from now."""
    times = {"iat": -120, "exp": 600} | {name: at for name, at in changed.items() if name in ("iat", "exp", "nbf")}
    names = {"iss": ISSUER, "aud": AUDIENCE, "sub": "tests", "scope": " ".join(SCOPES)} | changed
    return names | {name: int(time.time()) + at for name, at in times.items()}
