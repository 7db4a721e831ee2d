"""Bodies that no door takes, each made of one that its door takes, and the one problem that each is answered with."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy.local.tokens import SCOPES
from tests.contracts.goods import Good
from tests.contracts.tokens import Tokens

MARK: Final = "SECRETMARK"
TEN_MEGABYTES: Final = 10_000_000


@dataclass(frozen=True)
class Bad:
    """What is done to a good body, and the status and code of the answer."""

    spoil: Callable[[bytes], bytes]
    status: int
    code: str


def _instead(body: bytes) -> Callable[[bytes], bytes]:
    return lambda _good: body


def _with(field: bytes) -> Callable[[bytes], bytes]:
    """The good body with one more *field*, in front, so that nothing that follows can take its place."""

    def spoil(good: bytes) -> bytes:
        at = good.index(b"{") + 1
        return good[:at] + field + b", " + good[at:]

    return spoil


def _twice(good: bytes) -> bytes:
    """The good body with its first name once more, and a value that is none: of a repeated name the last counts."""
    whole = json.loads(good)
    name = json.dumps(next(iter(whole[0] if isinstance(whole, list) else whole)))
    at = good.rindex(b"}")
    return good[:at] + f', {name}: 1.5, "{MARK}": "{MARK}"'.encode() + good[at:]


M: Final = MARK.encode()
SPOILT: Final[Mapping[str, Bad]] = {
    "nested a little too deep": Bad(_with(b'"%s": ' % M + b"[" * 32 + b"]" * 32), 400, "nested-too-deep"),
    "no UTF-8": Bad(_with(b'"%s": "\xff"' % M), 400, "not-utf-8"),
    "a surrogate in UTF-8": Bad(_with(b'"%s": "\xed\xa0\x80"' % M), 400, "not-utf-8"),
}
"""What spoils a whole body, unless it stands inside one event of several: then it spoils that event."""
UNREAD: Final[Mapping[str, Bad]] = {
    "nothing": Bad(_instead(b""), 400, "not-json"),
    "no JSON": Bad(_instead(b"{nope " + M), 400, "not-json"),
    "cut off": Bad(lambda good: good[:-1], 400, "not-json"),
    "something behind the end": Bad(lambda good: good + M, 400, "not-json"),
    "infinity": Bad(_with(b'"%s": Infinity' % M), 400, "not-json"),
    "ten megabytes": Bad(_instead(b'{"%s": "' % M + b"x" * TEN_MEGABYTES + b'"}'), 413, "body-too-large"),
    "nested without end": Bad(_instead(b'{"%s": ' % M + b"[" * 50_000), 400, "nested-too-deep"),
    "a number": Bad(_instead(b"7"), 422, "wrong-type"),
    "text": Bad(_instead(b'"%s"' % M), 422, "wrong-type"),
    "null": Bad(_instead(b"null"), 422, "wrong-type"),
}
UNFIT: Final[Mapping[str, Bad]] = {
    "U+0000 in a value": Bad(_with(b'"%s": "%s\\u0000"' % (M, M)), 422, "invalid-text"),
    "U+0000 in a name": Bad(_with(b'"%s\\u0000": 1' % M), 422, "invalid-text"),
    "half a pair in a value": Bad(_with(b'"%s": "%s\\ud800"' % (M, M)), 422, "invalid-text"),
    "the other half in a value": Bad(_with(b'"%s": "\\udc00%s"' % (M, M)), 422, "invalid-text"),
    "half a pair in a name": Bad(_with(b'"%s\\ud800": 1' % M), 422, "invalid-text"),
    "a float": Bad(_with(b'"%s": 1.5' % M), 422, "float"),
    "a huge exponent": Bad(_with(b'"%s": 1e400000' % M), 422, "float"),
    "a tiny exponent": Bad(_with(b'"%s": 1e-400000' % M), 422, "float"),
    "an endless number": Bad(_with(b'"%s": ' % M + b"9" * 5000), 422, "number-too-large"),
    "an endless number below zero": Bad(_with(b'"%s": -' % M + b"9" * 5000), 422, "number-too-large"),
    "a name twice, the last a float": Bad(_twice, 422, "float"),
}
_OF_STRANGERS: Final = {"POST /v1/contact-checks": "unknown-field"}
"""What names that nobody knows are answered with, where it is not that those that are needed are missing."""


def unfit_for(good: Good) -> Mapping[str, Bad]:
    """Bodies that are JSON, and still not acceptable at any door."""
    nothing_known = Bad(_instead(b'{"%s": "%s"}' % (M, M)), 422, _OF_STRANGERS.get(good.door, "missing-field"))
    return {**UNFIT, "nothing but names nobody knows": nothing_known}


@dataclass(frozen=True)
class Visitor:
    """Who knocks with a token that does not open the door, and what they are told."""

    header: Callable[[Tokens, Good, tuple[str, ...]], str | None]
    status: int
    code: str


VISITORS: Final[Mapping[str, Visitor]] = {
    "nobody": Visitor(lambda tokens, good, scopes: None, 401, "unauthenticated"),
    "no bearer": Visitor(lambda tokens, good, scopes: f"Basic {MARK}", 401, "unauthenticated"),
    "nonsense": Visitor(lambda tokens, good, scopes: f"Bearer {MARK}", 401, "unauthenticated"),
    "expired": Visitor(lambda tokens, good, scopes: tokens.bearer(exp=-60), 401, "token-expired"),
    "not valid yet": Visitor(lambda tokens, good, scopes: tokens.bearer(nbf=600), 401, "unauthenticated"),
    "made in the future": Visitor(lambda tokens, good, scopes: tokens.bearer(iat=600), 401, "unauthenticated"),
    "for somebody else": Visitor(lambda tokens, good, scopes: tokens.bearer(aud=MARK), 401, "unauthenticated"),
    "by somebody else": Visitor(lambda tokens, good, scopes: tokens.bearer(iss=MARK), 401, "unauthenticated"),
    "signed by another key": Visitor(lambda tokens, good, scopes: tokens.forged(), 401, "unauthenticated"),
    "signed by nobody": Visitor(lambda tokens, good, scopes: tokens.unsigned(), 401, "unauthenticated"),
    "every scope but its own": Visitor(
        lambda tokens, good, scopes: tokens.bearer(scope=" ".join(set(SCOPES) - set(scopes))), 403, "scope-missing"
    ),
}


def encoded(body: Any) -> bytes:
    return json.dumps(body).encode()
