"""One house asking another: with the token of that moment, and whether what was said is what was heard."""

from uuid import UUID

import httpx
import pytest

from shared.heads import Heads, PeerUnreachable
from tests.shared.street import peer_of, told


@pytest.fixture
async def peer(first, keys):
    peer = peer_of(first, keys)
    yield peer
    await peer.close()


WORTHLESS: dict[str, tuple[int, str] | type[Exception]] = {
    "expired": (401, "token-expired"),
    "without the scope": (403, "scope-missing"),
    "cut short": (401, "unauthenticated"),
    "away": FileNotFoundError,
}


def refusal_in(cause: BaseException | None) -> tuple[int, str] | type[BaseException]:
    """What the other house answered; where it was not even asked, what kept us from asking."""
    if isinstance(cause, httpx.HTTPStatusError):
        return cause.response.status_code, cause.response.json()["code"]
    return type(cause)


@pytest.mark.postgres
@pytest.mark.parametrize(("token", "why"), WORTHLESS.items(), ids=WORTHLESS)
async def test_a_house_whose_token_is_worth_nothing_goes_on_as_soon_as_it_is_renewed(first, keys, peer, token, why):
    await told(first, "A", "1.00", "2.00")
    file = keys.token_file("street:read")
    assert (await peer.heads(["A"])).numbers == {"A": 2}
    spoil = {
        "expired": lambda: file.write_text(keys.token("street:read", expires_in=-3600)),
        "without the scope": lambda: file.write_text(keys.token("events:read")),
        "cut short": lambda: file.write_text(keys.token("street:read")[:20]),
        "away": file.unlink,
    }
    spoil[token]()
    with pytest.raises(PeerUnreachable) as unreachable:
        await peer.heads(["A"])
    assert refusal_in(unreachable.value.__cause__) == why
    keys.token_file("street:read")
    assert (await peer.heads(["A"])).numbers == {"A": 2}


@pytest.mark.postgres
async def test_an_expired_token_is_told_apart_and_never_repeated(first, keys, peer):
    file = keys.token_file("street:read")
    file.write_text(keys.token("street:read", expires_in=-3600))
    with pytest.raises(PeerUnreachable) as unreachable:
        await peer.heads(["A"])
    assert refusal_in(unreachable.value.__cause__) == WORTHLESS["expired"]
    assert file.read_text() not in str(unreachable.value)


FIRST, SECOND, OTHER = (UUID(int=n) for n in (1, 2, 3))
HEADS = Heads({"A": 2, "B": 0}, {"A": SECOND, "B": None}, None)

CASES = {
    "all is heard": ("A", 2, SECOND, True),
    "the last is not heard": ("A", 1, FIRST, False),
    "more was heard since": ("A", 3, OTHER, False),
    "as much was heard, of another story": ("A", 2, OTHER, False),
    "as much was heard, the last of it discarded unread": ("A", 2, None, True),
    "nothing is said and nothing heard": ("B", 0, None, True),
    "nothing is said of whom something was heard": ("B", 1, FIRST, False),
    "a key that was not asked about, and nothing heard": ("C", 0, None, True),
    "something is said and nothing heard": ("A", 0, None, False),
}


@pytest.mark.parametrize(("key", "number", "id_", "expected"), CASES.values(), ids=CASES)
def test_what_is_heard_is_what_was_said_no_less_and_no_other_story(key, number, id_, expected):
    assert HEADS.are_heard(key, number, id_) is expected
