"""Whether what a source has said is what was heard of it."""

from uuid import UUID

import pytest

from shared.heads import Heads

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
