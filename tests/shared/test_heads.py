"""One house asking another: with the token of that moment, and whether what was said is what was heard."""

from uuid import UUID

import pytest

from shared.heads import Heads, PeerUnreachable
from tests.shared.street import peer_of, told


@pytest.fixture
async def peer(first, keys):
    peer = peer_of(first, keys)
    yield peer
    await peer.close()


@pytest.mark.postgres
@pytest.mark.parametrize("token", ["expired", "without the scope", "cut short", "away"])
async def test_a_house_whose_token_is_worth_nothing_goes_on_as_soon_as_it_is_renewed(first, keys, peer, token):
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
    with pytest.raises(PeerUnreachable):
        await peer.heads(["A"])
    keys.token_file("street:read")
    assert (await peer.heads(["A"])).numbers == {"A": 2}


@pytest.mark.postgres
async def test_an_expired_token_is_told_apart_and_never_repeated(first, keys, peer):
    file = keys.token_file("street:read")
    file.write_text(keys.token("street:read", expires_in=-3600))
    with pytest.raises(PeerUnreachable) as unreachable:
        await peer.heads(["A"])
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
