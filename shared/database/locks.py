"""Advisory locks are known by a name and a seed: names that others choose never meet names of ours, nor each other."""

from enum import IntEnum


class Names(IntEnum):
    """Whose names they are; the seed of `hashtextextended`."""

    OURS = 0
    """Fixed in the code, or a key with a word of ours before it."""
    EVENT = 1
    """A CloudEvents source and id."""
    LOAN = 2
    REQUEST = 3
    """A principal and an Idempotency-Key."""
