"""One house asking another: with the token that stands in its file at that moment."""

import pytest

from shared.heads import PeerUnreachable
from tests.shared.street import peer_of, told

pytestmark = pytest.mark.postgres


@pytest.fixture
async def peer(first, keys):
    peer = peer_of(first, keys)
    yield peer
    await peer.close()


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


async def test_an_expired_token_is_told_apart_and_never_repeated(first, keys, peer):
    file = keys.token_file("street:read")
    file.write_text(keys.token("street:read", expires_in=-3600))
    with pytest.raises(PeerUnreachable) as unreachable:
        await peer.heads(["A"])
    assert file.read_text() not in str(unreachable.value)
