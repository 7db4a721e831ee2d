"""Who is calling, and what they may do: bearer tokens (JWT, Ed25519 or RS256) with a scope for every action."""

import contextlib
import json
import logging
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.refusal import refuse

ALGORITHMS: Final = ("EdDSA", "RS256")
LEEWAY_SECONDS: Final = 30
AUDIENCE: Final = "forbear"
SUBJECT_CHARACTERS_MAX: Final = 128
_INTERNAL: Final = "internal:"

log = logging.getLogger("forbear.auth")

_bearer = HTTPBearer(auto_error=False, description="A JWT whose `scope` names what it may do")


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller, and the scopes of its token."""

    name: str
    scopes: frozenset[str]


def internal(name: str) -> str:
    """The principal that a house itself acts under; no token can speak for it."""
    return f"{_INTERNAL}{name}"


class Authenticator:
    """Checks tokens against a JWKS file (RFC 7517), read again whenever the file changes, so that keys can rotate."""

    def __init__(self, jwks_file: Path, audience: str = AUDIENCE) -> None:
        self._file, self._audience = jwks_file, audience
        self._version: tuple[int, ...] = ()
        self._keys = dict[str, jwt.PyJWK]()

    def principal_of(self, token: str) -> Principal:
        """The caller that *token* vouches for. Raises: Refused (`unauthenticated`, `token-expired`)."""
        try:
            key = self._key(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "sub", "aud"]},
            )
        except jwt.ExpiredSignatureError:
            raise refuse("token-expired", "the token has expired") from None
        except (jwt.PyJWTError, ValueError, KeyError, TypeError):
            raise refuse("unauthenticated", "the token cannot be accepted") from None
        return Principal(_outsider(claims["sub"]), frozenset(str(claims.get("scope", "")).split()))

    def _key(self, kid: str | None) -> jwt.PyJWK:
        """Raises: KeyError."""
        try:
            self._read_again()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("the keys cannot be read, those read before stay in force", extra={"error": type(error).__name__})
        return self._keys[kid or ""]

    def _read_again(self) -> None:
        stat = self._file.stat()
        version = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if version != self._version:
            self._keys = dict(_usable(json.loads(self._file.read_text())["keys"]))
            self._version = version


def _outsider(subject: str) -> str:
    """*subject* as the name of a caller. Raises: Refused for one that no caller can have."""
    fits = 0 < len(subject) <= SUBJECT_CHARACTERS_MAX and subject.isprintable()
    if not fits or subject.startswith(_INTERNAL):
        raise refuse("unauthenticated", "the token's subject cannot be accepted")
    return subject


def _usable(keys: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, jwt.PyJWK]]:
    """The keys that tokens can be checked with; others in the same set are for somebody else."""
    for key in keys:
        with contextlib.suppress(jwt.PyJWTError):
            known = jwt.PyJWK(dict(key))
            if known.algorithm_name in ALGORITHMS:
                yield known.key_id or "", known


def requires(scope: str) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """A dependency that answers the caller, who must hold *scope*."""

    async def caller(
        request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Principal:
        if credentials is None:
            raise refuse("unauthenticated", "a bearer token is needed")
        authenticator: Authenticator = request.app.state.authenticator
        principal = authenticator.principal_of(credentials.credentials)
        if scope not in principal.scopes:
            raise refuse("scope-missing", f"this needs the scope {scope}")
        return principal

    caller.scope = scope  # type: ignore[attr-defined]
    return caller
