"""Between dataclasses and JSON: what is stored, what travels, and what strangers send."""

from shared.codec.decoding import Unreadable, decode
from shared.codec.encoding import canonical, encode
from shared.codec.strict import decode_strict, names_within, parse, parse_leniently, split

__all__ = [
    "Unreadable",
    "canonical",
    "decode",
    "decode_strict",
    "encode",
    "names_within",
    "parse",
    "parse_leniently",
    "split",
]
