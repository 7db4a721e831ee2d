"""Announcements: numbered, chained, append-only; outbox, history and audit in one; and the envelope they travel in."""

from shared.announcements.envelope import BadEnvelope, from_headers, from_json, source_uri, to_headers, to_json
from shared.announcements.said import (
    BYTES_MAX,
    PAGE_MAX,
    Announcement,
    Cause,
    Chain,
    TooLarge,
    announce,
    chain,
    heads_of,
    heads_page,
    list_after,
    list_of,
    list_wanted,
    made_of,
)

__all__ = [
    "BYTES_MAX",
    "PAGE_MAX",
    "Announcement",
    "BadEnvelope",
    "Cause",
    "Chain",
    "TooLarge",
    "announce",
    "chain",
    "from_headers",
    "from_json",
    "heads_of",
    "heads_page",
    "list_after",
    "list_of",
    "list_wanted",
    "made_of",
    "source_uri",
    "to_headers",
    "to_json",
]
