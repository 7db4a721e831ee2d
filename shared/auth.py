"""Who is calling, and what they may do: bearer tokens (JWT, Ed25519 or RS256) with a scope for every action."""

import contextlib
import json
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final, Protocol

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.clock import wall
from shared.refusal import refuse

ALGORITHMS: Final = ("EdDSA", "RS256")
LEEWAY_SECONDS: Final = 30
AUDIENCE: Final = "forbear"
ISSUERS: Final = ("forbear-local",)
TOKEN_SECONDS_MAX: Final = 24 * 60 * 60
TOKENS_REMEMBERED_MAX: Final = 1024
CLAIMS_NEEDED: Final = ("iss", "sub", "aud", "iat", "exp")
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


class Turnstile(Protocol):
    """Counts the calls of each caller."""

    def admit(self, principal: str, scope: str) -> None:
        """Let one call of *principal* to a door that needs *scope* through. Raises: Refused (`too-many-calls`)."""


class Authenticator:
    """Checks tokens against a JWKS file (RFC 7517), read again whenever the file changes, so that keys can rotate.

    A token that was accepted is remembered by its digest until it expires or the keys change: checking a signature
    takes longer than most calls between houses.
    """

    def __init__(
        self,
        jwks_file: Path,
        audience: str = AUDIENCE,
        issuers: Collection[str] = ISSUERS,
        token_seconds_max: float = TOKEN_SECONDS_MAX,
    ) -> None:
        self._file, self._audience, self._issuers = jwks_file, audience, frozenset(issuers)
        self._token_seconds_max = token_seconds_max
        self._version: tuple[int, ...] = ()
        self._keys = dict[str, jwt.PyJWK]()
        self._accepted = dict[bytes, tuple[Principal, float]]()

    def principal_of(self, token: str) -> Principal:
        """The caller that *token* vouches for. Raises: Refused (`unauthenticated`, `token-expired`)."""
        self._keep_up()
        digest = sha256(token.encode(errors="replace")).digest()
        principal, until = self._accepted.get(digest, (None, 0.0))
        if principal is None or wall().timestamp() >= until:
            principal, until = self._check(token)
            self._remember(digest, principal, until)
        return principal

    def _check(self, token: str) -> tuple[Principal, float]:
        """The caller, and the moment (seconds since 1970, exclusive) up to which the token is good."""
        try:
            claims = self._claims_of(token)
        except jwt.ExpiredSignatureError:
            raise refuse("token-expired", "the token has expired") from None
        except (jwt.PyJWTError, ValueError, KeyError, TypeError, OverflowError):
            raise refuse("unauthenticated", "the token cannot be accepted") from None
        principal = Principal(_outsider(claims["sub"]), frozenset(str(claims.get("scope", "")).split()))
        return principal, int(claims["exp"]) + LEEWAY_SECONDS

    def _claims_of(self, token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys[jwt.get_unverified_header(token).get("kid") or ""],
            algorithms=list(ALGORITHMS),
            audience=self._audience,
            issuer=self._issuers,
            leeway=LEEWAY_SECONDS,
            options={"require": list(CLAIMS_NEEDED)},
        )
        if int(claims["exp"]) - int(claims["iat"]) > self._token_seconds_max:
            raise ValueError("a token that lives too long")
        return claims

    def _remember(self, digest: bytes, principal: Principal, until: float) -> None:
        """The oldest goes when there are too many."""
        self._accepted.pop(digest, None)
        if len(self._accepted) >= TOKENS_REMEMBERED_MAX:
            del self._accepted[next(iter(self._accepted))]
        self._accepted[digest] = (principal, until)

    def _keep_up(self) -> None:
        try:
            self._read_again()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("the keys cannot be read, those read before stay in force", extra={"error": type(error).__name__})

    def _read_again(self) -> None:
        stat = self._file.stat()
        version = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if version != self._version:
            self._keys = dict(_usable(json.loads(self._file.read_text())["keys"]))
            self._version = version
            self._accepted.clear()


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
        _count_once(request, principal, scope)
        if scope not in principal.scopes:
            raise refuse("scope-missing", f"this needs the scope {scope}")
        return principal

    caller.scope = scope  # type: ignore[attr-defined]
    return caller


def _count_once(request: Request, principal: Principal, scope: str) -> None:
    """A door that needs two scopes is still one call."""
    turnstile: Turnstile = request.app.state.turnstile
    if not getattr(request.state, "is_counted", False):
        turnstile.admit(principal.name, scope)
        request.state.is_counted = True
