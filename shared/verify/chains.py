"""Whether what a house said of one subject is numbered, chained and untouched."""

from collections.abc import Iterator

from shared.verify.reading import Kept
from shared.verify.report import Mismatch


def check_chain(house: str, kept: Kept) -> Iterator[Mismatch]:
    """Numbers 1, 2, 3 …, each with the id of the one before, and each id the digest of what is announced."""
    number, previous = 0, None
    for said in kept.said:
        if said.number != number + 1:
            what = f"follows number {number}"
            yield Mismatch("announcement-misnumbered", kept.key, said.number, what)
        elif said.previous != previous:
            yield Mismatch("announcement-unchained", kept.key, said.number, "previous is not the id of the one before")
        if not said.is_intact(house):
            yield Mismatch("announcement-changed", kept.key, said.number, "the id is not the digest of the content")
        number, previous = said.number, said.event_id
